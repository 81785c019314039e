"""Resolve requirements to exact versions with hashes; uv does the resolving.

This happens only when something is locked, never in a build that has a lock.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import tomli_w

from longshore.errors import LockError, PreflightError
from longshore.types import NormalizedName, PythonVersion, parse_name
from longshore.wheels.reasons import add_dependencies

SECONDS = 300
_SHOWN = 8
_HINT = "change the requirements, or the index"
_NEEDS_WHEEL = re.compile(r"Wheels are required for `([^`]+)`")
_EXTRA = re.compile(r"""\bextra\s*==\s*["']([^"']+)["']""")
_USERINFO = re.compile(r"(?<=://)[^/\s@]+@")


class SourcesOnlyError(LockError):
    """There is no solution made of wheels; ``names`` are packages that have none that would do."""

    names: tuple[NormalizedName, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMetadata:
    """What a package that is taken as its source distribution depends on.

    Args:
        name: of the package.
        version: whose answer this is; the resolver takes it for any version.
        requires: PEP 508 lines, as the metadata of its wheel has them.
    """

    name: NormalizedName
    version: str
    requires: tuple[str, ...]

    @property
    def extras(self) -> tuple[str, ...]:
        """The extras that its requirements speak of."""
        return tuple(sorted({name for line in self.requires for name in _EXTRA.findall(line)}))


def resolve_requirements(
    requirements: Sequence[str],
    *,
    python: PythonVersion,
    index_url: str | None,
    environment: Mapping[str, str],
    subject: str,
) -> str:
    """Return hashed requirements (one line each, with markers) for every platform.

    Args:
        requirements: PEP 508 lines.
        python: the interpreter that the result is for.
        index_url: the simple index to ask, or ``None`` for uv's own choice.
        environment: variables that uv may read; the index's URL travels in them, not in ``argv``.
        subject: what is resolved, for messages: ``build requirements of taskapi``.

    Raises:
        LockError: if there is no solution, or the index can't be reached.
        PreflightError: if uv can't be started.
    """
    argv = (
        *("-", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"),
        *("--python-version", python.short, "--no-config"),
    )
    variables = dict(environment)
    if index_url is not None:
        variables["UV_DEFAULT_INDEX"] = index_url
    return _compile(argv, "\n".join(requirements) + "\n", variables, subject)


def resolve_pylock(
    requirements: Sequence[str],
    *,
    constraints: Sequence[str],
    overrides: Sequence[str] = (),
    python: PythonVersion,
    indexes: tuple[str | None, Sequence[str]],
    known: str | None,
    sources: Sequence[SourceMetadata] = (),
    environment: Mapping[str, str],
    subject: str,
) -> str:
    """Return a ``pylock.toml`` with a wheel of every package, for every platform.

    uv builds nothing: to learn what a package without a wheel depends on, it would run its code,
    and not in our sandbox. It takes such a package where it is told that (``sources``).

    Args:
        requirements: PEP 508 lines.
        constraints: versions that are kept where a package is needed.
        overrides: versions that hold whatever a package asks for.
        python: the oldest interpreter that the result is for.
        indexes: the URL of the main index or ``None`` for uv's own choice, and further ones.
        known: an older result, whose versions are kept where they fit.
        sources: the packages that are taken as source distributions.
        environment: variables that uv may read; URLs of indexes travel in them, not in ``argv``.
        subject: what is resolved, for messages.

    Raises:
        SourcesOnlyError: if there is no solution, and packages without wheels are a reason.
        LockError: if there is no solution, or the index can't be reached.
        PreflightError: if uv can't be started.
    """
    variables = dict(environment)
    main, extra = indexes
    if main is not None:
        variables["UV_DEFAULT_INDEX"] = main
    if extra:
        variables["UV_INDEX"] = " ".join(extra)
    with tempfile.TemporaryDirectory(prefix="longshore-lock-") as folder:
        limits, output = Path(folder, "constraints.txt"), Path(folder, "pylock.toml")
        limits.write_text("".join(f"{line}\n" for line in constraints), "utf-8")
        if known is not None:
            output.write_text(known, "utf-8")
        text = "".join(f"{line}\n" for line in requirements)
        forced = Path(folder, "overrides.txt")
        forced.write_text("".join(f"{line}\n" for line in overrides), "utf-8")
        argv = (
            *("-", "--constraints", str(limits), "--overrides", str(forced)),
            *("--python-version", python.short, *_tell(sources, Path(folder))),
        )
        _compile(
            (*argv, "--format", "pylock.toml", "--output-file", str(output)),
            text,
            variables,
            subject,
        )
        # The same again with that as its preferences, from uv's cache, for who needs what.
        lock = output.read_text("utf-8")
        annotated = _compile(
            (*argv, "--constraints", str(_pins(lock, folder))),
            text,
            variables,
            subject,
        )
        return add_dependencies(lock, annotated)


def _pins(lock: str, folder: str) -> Path:
    """Write constraints that give a lock's versions again; forks of one name are left to uv."""
    versions: dict[str, set[str]] = {}
    for package in tomllib.loads(lock)["packages"]:
        versions.setdefault(package["name"], set()).add(package.get("version", ""))
    path = Path(folder, "pins.txt")
    pins = [f"{name}=={one}\n" for name, (one, *more) in versions.items() if one and not more]
    path.write_text("".join(pins), "utf-8")
    return path


def _compile(
    arguments: Sequence[str],
    requirements: str,
    environment: Mapping[str, str],
    subject: str,
) -> str:
    argv = [
        *(_find_uv(), "pip", "compile", "--only-binary", ":all:", *arguments),
        *("--quiet", "--universal", "--generate-hashes", "--no-header"),
        *("--color", "never", "--python", sys.executable),
    ]
    try:
        completed = subprocess.run(
            argv,
            input=requirements,
            capture_output=True,
            text=True,
            env=dict(environment),
            check=False,
            timeout=SECONDS,
        )
    except OSError as error:
        msg = f"uv can't be started: {error.strerror}"
        raise PreflightError(
            msg, hint="reinstall longshore: uv is one of its dependencies"
        ) from error
    except subprocess.TimeoutExpired as error:
        msg = f"{subject}: uv did not finish in {SECONDS} s"
        raise LockError(msg, hint="is the package index reachable?") from error
    if completed.returncode != 0:
        msg = f"{subject}: no versions satisfy {_shorten(requirements.splitlines())}"
        lines = _USERINFO.sub("***@", completed.stderr).strip().splitlines()
        raise _no_solution(msg, lines)
    return completed.stdout


def _no_solution(message: str, lines: Sequence[str]) -> LockError:
    """Return the error; uv says in so many words which packages it may not build."""
    names = [match for line in lines for match in _NEEDS_WHEEL.findall(line)]
    if not names:
        return LockError(message, context=lines, hint=_HINT)
    error = SourcesOnlyError(message, context=lines, hint=_HINT)
    error.names = tuple(dict.fromkeys(map(parse_name, names)))
    return error


def _tell(sources: Sequence[SourceMetadata], folder: Path) -> tuple[str, ...]:
    """Return the options that tell uv what sources depend on, for it to build none of them.

    Without a version each answer holds for all of them: whoever asks sees which one was taken.
    """
    if not sources:
        return ("--no-config",)
    tables = [
        {"name": each.name, "requires-dist": list(each.requires), "provides-extra": [*each.extras]}
        for each in sources
    ]
    path = folder / "uv.toml"
    path.write_text(tomli_w.dumps({"dependency-metadata": tables}), "utf-8")
    names = [word for each in sources for word in ("--no-binary", each.name)]
    return ("--config-file", str(path), *names)


def _shorten(requirements: Sequence[str]) -> str:
    shown = ", ".join(map(repr, requirements[:_SHOWN]))
    rest = len(requirements) - _SHOWN
    return f"{shown} and {rest} more" if rest > 0 else shown


def _find_uv() -> str:
    from uv import find_uv_bin  # noqa: PLC0415 - looks through the file system when imported

    try:
        return find_uv_bin()
    except FileNotFoundError as error:
        msg = "uv is not there"
        hint = "reinstall longshore: uv is one of its dependencies"
        raise PreflightError(msg, hint=hint) from error

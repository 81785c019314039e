"""Resolve requirements to exact versions with hashes; uv does the resolving.

This happens only when something is locked, never in a build that has a lock.
"""

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence

from longshore.errors import LockError, PreflightError
from longshore.types import PythonVersion

SECONDS = 300
_USERINFO = re.compile(r"(?<=://)[^/\s@]+@")


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
    variables = dict(environment)
    if index_url is not None:
        variables["UV_DEFAULT_INDEX"] = index_url
    argv = [
        _find_uv(),
        *("pip", "compile", "-", "--quiet", "--universal", "--generate-hashes"),
        *("--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"),
        *("--no-config", "--only-binary", ":all:", "--color", "never"),
        *("--python", sys.executable, "--python-version", python.short),
    ]
    try:
        completed = subprocess.run(
            argv,
            input="\n".join(requirements) + "\n",
            capture_output=True,
            text=True,
            env=variables,
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
        msg = f"{subject}: no versions satisfy {', '.join(map(repr, requirements))}"
        lines = _USERINFO.sub("***@", completed.stderr).strip().splitlines()
        raise LockError(msg, context=lines, hint="change the requirements, or the index")
    return completed.stdout


def _find_uv() -> str:
    from uv import find_uv_bin  # noqa: PLC0415 - looks through the file system when imported

    try:
        return find_uv_bin()
    except FileNotFoundError as error:
        msg = "uv is not there"
        hint = "reinstall longshore: uv is one of its dependencies"
        raise PreflightError(msg, hint=hint) from error

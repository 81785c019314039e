"""Run a PEP 517 backend in the sandbox: with the base's Python, and the network off.

It sees the sources that it builds, its pinned requirements, and nothing else of the host.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from packaging.requirements import InvalidRequirement, Requirement

from longshore.errors import WheelError
from longshore.sandbox.interface import Command, Completed, Limits, Mount, Sandbox
from longshore.types import Digest, parse_name
from longshore.wheels._hook import BACKEND_MISSING
from longshore.wheels.produced import open_produced
from longshore.wheels.toolbox import ENVIRONMENT

LEGACY_BACKEND = "setuptools.build_meta:__legacy__"
"""What PEP 517 prescribes where ``[build-system]`` names no backend."""

SECONDS = 900.0
SOURCE = PurePosixPath("/build/source")
OUTPUT = PurePosixPath("/build/output")
SOURCE_DATE_EPOCH = "315532800"  # 1980-01-01, the first moment that a zip can hold
_TAIL = 20
_END = 6
_NO_DEBUG = "-g0"
"""Added to the compiler's options: what debuggers need is most of a module, and names paths."""

_MAX_RESULT = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildEnvironment:
    """Where backends run.

    Args:
        sandbox: what runs them.
        rootfs: the unpacked base.
        interpreter: the base's Python, a path inside.
        base_key: identifies the base's content; part of every cached wheel's key.
        packages: an unpacked folder of the pinned build requirements.
        packages_key: identifies that folder's content.
        table: what messages call the project's configuration.
    """

    sandbox: Sandbox
    rootfs: Path
    interpreter: PurePosixPath
    base_key: Digest
    packages: Path
    packages_key: Digest
    table: str = "[tool.longshore]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """What is to be run, and how to speak of it.

    Args:
        subject: what it builds, for messages: ``taskapi``, ``docopt 0.6.2``.
        name: ``module:object``; empty for the one that PEP 517 prescribes.
        path: folders of the sources that it is imported from, for one that lies in them.
        missing: the hint where it can't be imported.
        failed: what to do where it failed, from all that it wrote.
        env: settings, in addition to those that all have.
        docs: the page about what can be wrong with it.
    """

    subject: str
    name: str
    path: tuple[str, ...]
    missing: str
    failed: Callable[[str], str]
    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    docs: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HookResult:
    """What a backend answered: its further requirements, and the wheel that it made, if any."""

    requires: tuple[str, ...]
    filename: str


def run_backend(
    backend: Backend, environment: BuildEnvironment, source: Path, output: Path, *, build: bool
) -> HookResult:
    """Ask a backend for its requirements beyond the static ones, then for a wheel.

    Args:
        backend: which one.
        environment: where it runs.
        source: a folder with what it builds; it may write there.
        output: an empty folder; the wheel is written there.
        build: whether a wheel is wanted, too.

    Raises:
        WheelError: if the backend is missing, fails, takes too long or gives no usable answer.
    """
    request = {
        "backend": backend.name or LEGACY_BACKEND,
        "backend_path": list(backend.path),
        "output": str(OUTPUT),
        "build": build,
    }
    command = _command(environment, source, output, json.dumps(request))
    command = replace(command, env={**command.env, **backend.env})
    completed = environment.sandbox.run(command, stdin=_hook())
    if completed.returncode != 0:
        raise _backend_error(backend, completed)
    return _read_result(backend, output, build=build)


def _command(environment: BuildEnvironment, source: Path, output: Path, request: str) -> Command:
    return Command(
        root=environment.rootfs,
        argv=(str(environment.interpreter), "-P", "-", request),
        env={
            "CFLAGS": _NO_DEBUG,
            "CXXFLAGS": _NO_DEBUG,
            "HOME": "/tmp",  # noqa: S108 - the sandbox's own, empty
            "LANG": "C.UTF-8",
            "PATH": f"{ENVIRONMENT}/bin:/usr/bin:/bin",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": str(ENVIRONMENT),
            "SOURCE_DATE_EPOCH": SOURCE_DATE_EPOCH,
            "TZ": "UTC",
        },
        cwd=SOURCE,
        mounts=(
            Mount(source=None, target=SOURCE.parent),
            Mount(source=environment.packages, target=ENVIRONMENT),
            Mount(source=source, target=SOURCE, writable=True),
            Mount(source=output, target=OUTPUT, writable=True),
        ),
        limits=Limits(seconds=SECONDS),
    )


def _hook() -> bytes:
    # By standard input, not by path: the sandbox's user may not read where we are installed.
    return files("longshore.wheels").joinpath("_hook.py").read_bytes()


def _read_result(backend: Backend, output: Path, *, build: bool) -> HookResult:
    try:
        with open_produced(output, "result.json") as file:
            result = json.loads(file.read(_MAX_RESULT))
        requires = tuple(str(item) for item in result["requires"])
        filename = str(result["wheel"]) if build else ""
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        msg = f"{backend.subject}: the build backend gave no usable answer"
        raise WheelError(msg, hint="check that its hooks follow PEP 517") from error
    return HookResult(requires=requires, filename=filename)


def _backend_error(backend: Backend, completed: Completed) -> WheelError:
    name = backend.name or LEGACY_BACKEND
    output, error = (
        stream.decode("utf-8", "replace") for stream in (completed.stdout, completed.stderr)
    )
    context = _telling_lines((error or output).strip().splitlines())
    if completed.timed_out:
        return WheelError(
            f"{backend.subject}: the build backend {name!r} did not finish in {SECONDS:.0f} s",
            context=context,
            docs=backend.docs,
        )
    if completed.returncode == BACKEND_MISSING:
        return WheelError(
            f"{backend.subject}: the build backend {name!r} can't be imported",
            context=context,
            docs=backend.docs,
            hint=backend.missing,
        )
    return WheelError(
        f"{backend.subject}: the build backend {name!r} failed",
        context=context,
        docs=backend.docs,
        hint=backend.failed(f"{output}\n{error}"),
    )


def _telling_lines(lines: Sequence[str]) -> list[str]:
    """Return the lines that tell most: what a compiler said, and how the backend ended.

    A backend that called another program ends with a long traceback about that.
    """
    start = next((at for at, line in enumerate(lines) if line.startswith("Traceback (")), 0)
    said = lines[max(0, start - _TAIL + _END) : start]
    end = lines[start:][-(_TAIL - len(said)) :] if len(said) < _TAIL - _END else lines[-_END:]
    return [*said, *end]


def check_requirements(subject: str, requires: Sequence[str], packages: Path) -> None:
    """Refuse dynamic requirements that the pinned environment does not hold.

    Raises:
        WheelError: naming them.
    """
    present = {parse_name(entry.name.split("-")[0]) for entry in packages.glob("*.dist-info")}
    missing = []
    for text in requires:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            missing.append(text)
            continue
        # Whether a marker holds was decided when the environment was resolved.
        if requirement.marker is None and parse_name(requirement.name) not in present:
            missing.append(text)
    if missing:
        names = ", ".join(repr(text) for text in missing)
        msg = f"{subject}: the build backend also wants {names}, which longshore.lock lacks"
        raise WheelError(msg, hint="run `longshore lock`")

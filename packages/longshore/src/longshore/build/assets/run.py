"""One command of the project, run in the sandbox.

Its root is the base with the image's virtual environment; ``/app`` is a copy of its inputs.
"""

import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from longshore.build.assets.outputs import DOCS, show
from longshore.config import AssetConfig
from longshore.errors import ProjectError
from longshore.sandbox.interface import Command, Completed, Limits, Mount, Sandbox

SECONDS = 900.0
ROOT = PurePosixPath("/app")
_TAIL = 20
_NODE = frozenset({"bun", "corepack", "deno", "node", "npm", "npx", "pnpm", "yarn"})
_ENVIRONMENT = MappingProxyType(
    {
        "HOME": "/tmp",  # noqa: S108 - the sandbox's own, empty
        "PATH": "/app/.venv/bin:/usr/local/bin:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        "SOURCE_DATE_EPOCH": "315532800",  # 1980-01-01, as all files of the image have
        "TZ": "UTC",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetRoom:
    """Where a command runs.

    Args:
        sandbox: what runs it.
        rootfs: the unpacked base.
        environment: a folder with ``app/.venv``, and ``app/.longshore`` where there is one.
        folder: becomes ``/app``; the command may write to it.
        writable: the absolute folders that processes of the image write to; empty here.
    """

    sandbox: Sandbox
    rootfs: Path
    environment: Path
    folder: Path
    writable: tuple[PurePosixPath, ...] = ()

    def host_path(self, inside: PurePosixPath) -> Path:
        """Return where a path of the sandbox is on the host; links are not followed."""
        if not inside.is_relative_to(ROOT):
            return self.rootfs / inside.relative_to("/")
        below = inside.relative_to(ROOT)
        if below.parts and below.parts[0] in (".venv", ".longshore"):
            return self.environment / inside.relative_to("/")
        return self.folder / below


def run_command(entry: AssetConfig, room: AssetRoom, *, location: str) -> None:
    """Run a command to its end.

    Args:
        entry: the command.
        room: where it runs.
        location: where it is written down.

    Raises:
        ProjectError: if its program is not there, or it fails.
        PreflightError: if this machine can't provide the sandbox.
    """
    environment = {**_ENVIRONMENT, **entry.env}
    if not _has_program(entry.command[0], room, environment["PATH"]):
        raise _missing_program(entry, location)
    command = Command(
        root=room.rootfs,
        argv=entry.command,
        env=environment,
        cwd=ROOT,
        mounts=tuple(_mounts(room)),
        limits=Limits(seconds=SECONDS),
    )
    completed = room.sandbox.run(command)
    if completed.returncode != 0:
        raise _failure(entry, completed, location)


def _mounts(room: AssetRoom) -> Iterable[Mount]:
    yield Mount(source=room.folder, target=ROOT, writable=True)
    for name in (".venv", ".longshore"):
        source = room.environment / "app" / name
        if source.is_dir():
            yield Mount(source=source, target=ROOT / name)
    for path in room.writable:
        if not path.is_relative_to(ROOT):  # else it is a folder of the copy
            yield Mount(source=None, target=path)


def _has_program(name: str, room: AssetRoom, path: str) -> bool:
    if "/" in name:
        return _is_there(room, ROOT / name)
    folders = (PurePosixPath(folder) for folder in path.split(":") if folder)
    return any(_is_there(room, ROOT / folder / name) for folder in folders)


def _is_there(room: AssetRoom, inside: PurePosixPath) -> bool:
    place = room.host_path(inside)
    return place.is_symlink() or place.exists()


def _missing_program(entry: AssetConfig, location: str) -> ProjectError:
    name = entry.command[0]
    msg = f"{location}: there is no program {name!r} in the base or the locked packages"
    if name in _NODE:
        hint = (
            "build the front end before `longshore build`, and `git add --force` what it makes; "
            'or use a bundler that Debian has: build-packages = ["esbuild"]'
        )
    elif "/" in name:
        hint = "check the path; a file counts from `git add` on, and inputs must name it"
    else:
        hint = "lock a package that brings it, or add Debian's package of it to build-packages"
    return ProjectError(msg, hint=hint, docs=DOCS)


def _failure(entry: AssetConfig, completed: Completed, location: str) -> ProjectError:
    lines = (completed.stdout + b"\n" + completed.stderr).decode("utf-8", "replace").splitlines()
    return ProjectError(
        f"{location}: the command {show(entry.command)!r} {_how_it_ended(completed)}",
        context=[line for line in lines if line.strip()][-_TAIL:],
        hint=_hint("\n".join(lines), entry.env),
        docs=DOCS,
    )


def _how_it_ended(completed: Completed) -> str:
    if completed.timed_out:
        return f"did not finish in {SECONDS:.0f} s"
    if completed.returncode < 0:
        return f"was ended by {signal.Signals(-completed.returncode).name}"
    return f"exited with status {completed.returncode}"


def _hint(output: str, env: Mapping[str, str]) -> str:
    if "Read-only file system" in output:
        return "only /app and /tmp can be written to: have it write to a folder below /app"
    if "SECRET_KEY" in output and not any("SECRET_KEY" in name for name in env):
        return 'give it one that opens nothing: env = { SECRET_KEY = "only-for-the-build" }'
    return "it gets the tracked files, the settings in its env, and no network"

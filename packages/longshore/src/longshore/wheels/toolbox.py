"""The folder of build requirements that a backend imports from: unpacked once, and cached."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Protocol

from longshore.errors import WheelError
from longshore.oci.tar import EPOCH
from longshore.types import Digest
from longshore.wheels.archive import ZipArchive
from longshore.wheels.read import Script, read_scripts

FORMAT = 2
"""Part of every environment's key: raised when the same wheels would give another folder."""

_OPEN = b"#!python"

ENVIRONMENT = PurePosixPath("/build/environment")
"""Where it is mounted, and so what its bytecode says."""


def packages_key(wheels: Sequence[tuple[str, Digest]]) -> Digest:
    """Return the key of an environment made of these wheels (file name, SHA-256)."""
    lines = sorted(f"{digest} {name}\n" for name, digest in wheels)
    return Digest.of("".join([f"environment {FORMAT}\n", *lines]).encode())


class EnvironmentCompiler(Protocol):
    """Compiles what is below a folder as if it were at ``prefix``: ``compile_tree``, bound."""

    def __call__(self, *, source: Path, prefix: PurePosixPath, output: Path) -> object:
        """Write ``__pycache__`` folders in the same structure below ``output``."""


def unpack_environment(
    wheels: Sequence[tuple[str, Digest, Path]],
    cache: Path,
    *,
    python: str,
    interpreter: PurePosixPath,
    compiler: EnvironmentCompiler,
) -> Path:
    """Return a folder with the wheels' modules, their bytecode and scripts, made once.

    Without bytecode every build would compile the backend anew: half of its time.

    Args:
        wheels: file name, SHA-256 and path of each; their bytes were verified by whoever fetched.
        cache: the folder of all such environments.
        python: the magic number of the bytecode.
        interpreter: what runs its scripts, a path inside.
        compiler: makes the bytecode.

    Raises:
        WheelError: if a wheel holds a path that leaves the folder.
    """
    key = packages_key([(name, digest) for name, digest, _ in wheels])
    target = cache / f"{key.hex}-{python}"
    if target.is_dir():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".incoming-") as folder:
        fresh = Path(folder) / "environment"
        fresh.mkdir()
        for name, _, path in sorted(wheels):
            _unpack_wheel(name, path, fresh, interpreter)
        _open_up(fresh)
        _add_bytecode(fresh, Path(folder) / "bytecode", compiler)
        try:
            fresh.rename(target)
        except OSError:
            if not target.is_dir():  # else: another build was faster
                raise
    return target


def _unpack_wheel(name: str, path: Path, folder: Path, interpreter: PurePosixPath) -> None:
    with ZipArchive.open(path, name) as archive:  # it refuses whatever could leave the folder
        for entry in archive.entries:
            inside = PurePosixPath(entry.name)
            target = folder.joinpath(*_installed_parts(inside))
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                file = target.open("wb")
            except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
                msg = f"{name}: {entry.name!r} would be a file and a folder at once"
                raise WheelError(msg, hint="ask the publisher for a sound wheel") from error
            is_program = target.parent == folder / "bin" or entry.executable
            with file:
                chunks = archive.content(entry)
                file.writelines(_addressed(chunks, interpreter) if is_program else chunks)
            target.chmod(0o755 if is_program else 0o644)
            os.utime(target, (EPOCH, EPOCH))  # what bytecode is dated by
            if inside.match("*.dist-info/entry_points.txt"):
                _add_scripts(read_scripts(archive, entry), folder / "bin", interpreter)


def _addressed(chunks: Iterator[bytes], interpreter: PurePosixPath) -> Iterator[bytes]:
    """Name the interpreter where a script leaves it open (§recommended installer features)."""
    first = next(chunks, b"")
    if first.startswith(_OPEN):
        first = f"#!{interpreter} -P".encode() + first.removeprefix(_OPEN)
    yield first
    yield from chunks


def _add_scripts(scripts: Sequence[Script], folder: Path, interpreter: PurePosixPath) -> None:
    """Write the commands that backends call, such as ``meson`` and ``cython``."""
    for script in scripts:
        folder.mkdir(exist_ok=True)
        target = folder / script.name
        name = script.attribute.partition(".")[0]
        target.write_text(
            f"#!{interpreter} -P\n"
            "import sys\n\n"
            f"from {script.module} import {name}\n\n"
            f"sys.exit({script.attribute}())\n"
        )
        target.chmod(0o755)


def _add_bytecode(folder: Path, output: Path, compiler: EnvironmentCompiler) -> None:
    output.mkdir()
    output.chmod(0o777)  # the sandbox has a user of its own; the folder around it is private
    compiler(source=folder, prefix=ENVIRONMENT, output=output)
    for made in output.rglob("*.pyc"):
        target = folder / made.relative_to(output)
        target.parent.mkdir(exist_ok=True)
        target.parent.chmod(0o755)
        shutil.copyfile(made, target)
        target.chmod(0o644)


def _open_up(folder: Path) -> None:
    """Let the sandbox's user enter every folder, whatever the umask was."""
    folder.chmod(0o755)
    for parent, folders, _ in os.walk(folder):
        for name in folders:
            Path(parent, name).chmod(0o755)


def _installed_parts(inside: PurePosixPath) -> tuple[str, ...]:
    """Map ``x.data/<scheme>/…`` to where it goes (binary distribution format §the .data dir)."""
    head, *rest = inside.parts
    if not head.endswith(".data") or not rest:
        return inside.parts
    scheme, *tail = rest
    match scheme:
        case "purelib" | "platlib":
            return tuple(tail)
        case "scripts":
            return ("bin", *tail)
        case _:
            return (".data", *rest)

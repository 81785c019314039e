"""Build first-party wheels by their PEP 517 backend, in the sandbox, with the network off.

The backend runs on the base's own Python, in an environment of pinned wheels that is unpacked once
and cached. It sees a copy of the member's tracked files and nothing else of the host.
"""

import json
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from packaging.requirements import InvalidRequirement, Requirement

from longshore.errors import WheelError
from longshore.oci.blobs import BlobStore, Stored
from longshore.oci.memos import MemoStore
from longshore.oci.tar import EPOCH
from longshore.sandbox.interface import Command, Completed, Limits, Mount, Sandbox
from longshore.types import Digest, Member, NormalizedName, SourceTree, parse_name
from longshore.wheels._hook import BACKEND_MISSING
from longshore.wheels.archive import ZipArchive
from longshore.wheels.produced import open_produced

FORMAT = 1
"""Part of every cached wheel's key: raised when the same inputs would give another wheel."""

LEGACY_BACKEND = "setuptools.build_meta:__legacy__"
"""What PEP 517 prescribes where ``[build-system]`` names no backend."""

SECONDS = 900.0
SOURCE = PurePosixPath("/build/source")
OUTPUT = PurePosixPath("/build/output")
ENVIRONMENT = PurePosixPath("/build/environment")
SOURCE_DATE_EPOCH = "315532800"  # 1980-01-01, the first moment that a zip can hold
_TAIL = 20
_MAX_RESULT = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._]*[A-Za-z0-9])?")  # as in file names of wheels
_EXECUTABLE = 0o111


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
    """

    sandbox: Sandbox
    rootfs: Path
    interpreter: PurePosixPath
    base_key: Digest
    packages: Path
    packages_key: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltWheel:
    """A first-party wheel in the blob store, and whether the backend had to run for it."""

    name: NormalizedName
    filename: str
    sha256: Digest
    path: Path
    cached: bool


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
    compiler: EnvironmentCompiler,
) -> Path:
    """Return a folder with the wheels' modules, their bytecode and scripts, made once.

    Without bytecode every build would compile the backend anew: half of its time.

    Args:
        wheels: file name, SHA-256 and path of each; their bytes were verified by whoever fetched.
        cache: the folder of all such environments.
        python: the magic number of the bytecode.
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
            _unpack_wheel(name, path, fresh)
        _open_up(fresh)
        _add_bytecode(fresh, Path(folder) / "bytecode", compiler)
        try:
            fresh.rename(target)
        except OSError:
            if not target.is_dir():  # else: another build was faster
                raise
    return target


def _unpack_wheel(name: str, path: Path, folder: Path) -> None:
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
            with file:
                file.writelines(archive.content(entry))
            is_program = target.parent == folder / "bin" or entry.executable
            target.chmod(0o755 if is_program else 0o644)
            os.utime(target, (EPOCH, EPOCH))  # what bytecode is dated by


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


def dynamic_requirements(
    member: Member, tree: SourceTree, environment: BuildEnvironment
) -> tuple[str, ...]:
    """Ask a backend which requirements it wants beyond the static ones; nothing is built.

    Raises:
        WheelError: if the backend fails.
    """
    with tempfile.TemporaryDirectory(prefix="longshore-build-") as folder:
        return _run_backend(member, tree, environment, Path(folder), build=False).requires


def build_wheel(
    member: Member,
    tree: SourceTree,
    environment: BuildEnvironment,
    *,
    blobs: BlobStore,
    memos: MemoStore,
) -> BuiltWheel:
    """Return a member's wheel, from the cache if nothing that decides it has changed.

    Raises:
        WheelError: if the backend fails, asks for a requirement that is not pinned, or gives
            something else than a wheel of that member.
    """
    key = _wheel_key(member, tree, environment)
    remembered = _remembered(member, key, blobs, memos)
    if remembered is not None:
        return remembered
    with tempfile.TemporaryDirectory(prefix="longshore-build-") as folder:
        result = _run_backend(member, tree, environment, Path(folder), build=True)
        _check_requirements(member, result.requires, environment.packages)
        with _open_wheel(member, Path(folder) / "output", result.filename) as file:
            stored: Stored = blobs.put(iter(lambda: file.read(1 << 20), b""))
    note = {"filename": result.filename, "sha256": str(stored.digest)}
    memos.put(key, json.dumps(note, sort_keys=True).encode())
    return BuiltWheel(
        name=member.name,
        filename=result.filename,
        sha256=stored.digest,
        path=blobs.path(stored.digest),
        cached=False,
    )


@dataclass(frozen=True, slots=True)
class _Result:
    requires: tuple[str, ...]
    filename: str


def member_files(member: Member, tree: SourceTree) -> SourceTree:
    """Return the part of a source tree that belongs to a member, with paths below its root."""
    if member.root == tree.root:
        return tree
    prefix = PurePosixPath(member.root.relative_to(tree.root).as_posix())
    kept = [
        type(file)(path=file.path.relative_to(prefix), mode=file.mode, sha256=file.sha256)
        for file in tree.files
        if file.path.is_relative_to(prefix)
    ]
    return SourceTree(root=member.root, files=tuple(kept), revision=tree.revision, dirty=tree.dirty)


def _wheel_key(member: Member, tree: SourceTree, environment: BuildEnvironment) -> Digest:
    parts = {
        "format": FORMAT,
        "member": member.name,
        "backend": member.backend or LEGACY_BACKEND,
        "backend-path": list(member.backend_path),
        "source": str(member_files(member, tree).digest),
        "base": str(environment.base_key),
        "interpreter": str(environment.interpreter),
        "packages": str(environment.packages_key),
    }
    return Digest.of(b"wheel " + json.dumps(parts, sort_keys=True).encode())


def _remembered(
    member: Member, key: Digest, blobs: BlobStore, memos: MemoStore
) -> BuiltWheel | None:
    memo = memos.get(key)
    if memo is None:
        return None
    note = json.loads(memo)
    digest = Digest.parse(note["sha256"])
    path = blobs.verified(digest)
    if path is None:
        return None
    return BuiltWheel(
        name=member.name, filename=note["filename"], sha256=digest, path=path, cached=True
    )


def copy_source(tree: SourceTree, target: Path) -> None:
    """Copy the files of a source tree into a folder."""
    for file in tree.files:
        source, copy = tree.root / file.path, target / file.path
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            copy.symlink_to(source.readlink())
        else:
            shutil.copyfile(source, copy)
            copy.chmod(0o755 if file.mode & _EXECUTABLE else 0o644)


def _run_backend(
    member: Member,
    tree: SourceTree,
    environment: BuildEnvironment,
    folder: Path,
    *,
    build: bool,
) -> _Result:
    source, output = folder / "source", folder / "output"
    source.mkdir()
    output.mkdir()
    copy_source(member_files(member, tree), source)
    request = {
        "backend": member.backend or LEGACY_BACKEND,
        "backend_path": list(member.backend_path),
        "output": str(OUTPUT),
        "build": build,
    }
    command = _command(environment, source, output, json.dumps(request))
    completed = environment.sandbox.run(command, stdin=_hook())
    if completed.returncode != 0:
        raise _backend_error(member, completed)
    return _read_result(member, output, build=build)


def _command(environment: BuildEnvironment, source: Path, output: Path, request: str) -> Command:
    return Command(
        root=environment.rootfs,
        argv=(str(environment.interpreter), "-P", "-", request),
        env={
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


def _read_result(member: Member, output: Path, *, build: bool) -> _Result:
    try:
        with open_produced(output, "result.json") as file:
            result = json.loads(file.read(_MAX_RESULT))
        requires = tuple(str(item) for item in result["requires"])
        filename = str(result["wheel"]) if build else ""
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        msg = f"{member.name}: the build backend gave no usable answer"
        raise WheelError(msg, hint="check that its hooks follow PEP 517") from error
    return _Result(requires, filename)


def _backend_error(member: Member, completed: Completed) -> WheelError:
    backend = member.backend or LEGACY_BACKEND
    text = completed.stderr.decode("utf-8", "replace") or completed.stdout.decode(
        "utf-8", "replace"
    )
    context = text.strip().splitlines()[-_TAIL:]
    if completed.timed_out:
        return WheelError(
            f"{member.name}: the build backend {backend!r} did not finish in {SECONDS:.0f} s",
            context=context,
        )
    if completed.returncode == BACKEND_MISSING:
        return WheelError(
            f"{member.name}: the build backend {backend!r} can't be imported",
            context=context,
            hint="name it in [build-system] requires, then run `longshore lock`",
        )
    return WheelError(
        f"{member.name}: the build backend {backend!r} failed",
        context=context,
        hint="it runs without network, on the tracked files only: is a file it reads not in git?",
    )


def _check_requirements(member: Member, requires: Sequence[str], packages: Path) -> None:
    """Refuse dynamic requirements that the pinned environment does not hold."""
    present = {parse_name(entry.name.split("-")[0]) for entry in packages.glob("*.dist-info")}
    missing = []
    for text in requires:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            missing.append(text)
            continue
        if parse_name(requirement.name) not in present:
            missing.append(text)
    if missing:
        names = ", ".join(repr(text) for text in missing)
        msg = f"{member.name}: the build backend also wants {names}, which longshore.lock lacks"
        raise WheelError(msg, hint="run `longshore lock`")


def _open_wheel(member: Member, output: Path, filename: str) -> IO[bytes]:
    """Open the file that a backend says is the wheel, and check that it is one of the member."""
    try:
        file = open_produced(output, filename)
    except OSError as error:
        raise _no_wheel(member, filename) from error
    if not filename.endswith(".whl") or not zipfile.is_zipfile(file):
        file.close()
        raise _no_wheel(member, filename)
    file.seek(0)
    name = filename.split("-", maxsplit=1)[0]
    if _NAME.fullmatch(name) is None or parse_name(name) != member.name:
        file.close()
        msg = f"{member.name}: the build backend gave a wheel of {name!r}"
        raise WheelError(msg, hint="check project.name and the backend's settings")
    return file


def _no_wheel(member: Member, filename: str) -> WheelError:
    msg = f"{member.name}: the build backend gave {filename!r}, which is not a wheel"
    return WheelError(msg, hint="check that its hooks follow PEP 517")

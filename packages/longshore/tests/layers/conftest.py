"""Wheels on disk, a compiler that runs this Python, and a way to look into layers."""

import io
import marshal
import os
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.util import MAGIC_NUMBER
from pathlib import Path, PurePosixPath

import pytest

from longshore.base.bytecode import CompileResult, Tree
from longshore.base.interface import Interpreter
from longshore.layers.inputs import LayerInputs, WheelInput
from longshore.oci.blobs import BlobStore
from longshore.oci.gzip import inflate
from longshore.oci.layer import Layer
from longshore.oci.memos import MemoStore
from longshore.oci.tar import EPOCH
from longshore.testing.wheel import Archive
from longshore.types import PythonVersion

PYTHON = Interpreter(
    path=PurePosixPath("/usr/bin/python3.13"),
    version=PythonVersion(3, 13, 5),
    magic="f30d0d0a",
    soabi="cpython-313-x86_64-linux-gnu",
)


@dataclass
class HostCompiler:
    """Compiles with the Python of the tests and remembers for which folders."""

    prefixes: list[str] = field(default_factory=list)

    def __call__(self, trees: Sequence[Tree]) -> tuple[CompileResult, ...]:
        return tuple(self._compile(tree.source, tree.prefix, tree.output) for tree in trees)

    def _compile(self, source: Path, prefix: PurePosixPath, output: Path) -> CompileResult:
        self.prefixes.append(str(prefix))
        skipped = []
        for path in sorted(source.rglob("*.py")):
            assert path.stat().st_mtime == EPOCH
            name = path.relative_to(source)
            try:
                code = compile(path.read_bytes(), str(prefix / name), "exec", dont_inherit=True)
            except SyntaxError as error:
                skipped.append((PurePosixPath(name), f"SyntaxError: {error.msg}"))
                continue
            target = output / name.parent / "__pycache__" / f"{name.stem}.cpython-313.pyc"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(MAGIC_NUMBER + bytes(12) + marshal.dumps(code))
        return CompileResult(compiled=(), skipped=tuple(skipped))


@dataclass(frozen=True)
class Stores:
    """The stores of one cache."""

    blobs: BlobStore
    memos: MemoStore


@pytest.fixture
def compiler() -> HostCompiler:
    return HostCompiler()


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    return Stores(BlobStore(tmp_path / "fragments"), MemoStore(tmp_path / "memos"))


@pytest.fixture
def put(tmp_path: Path) -> Callable[[Archive], WheelInput]:
    """Write a wheel to a content-addressed place."""

    def write(archive: Archive) -> WheelInput:
        path = tmp_path / archive.digest.hex
        path.write_bytes(archive.content)
        return WheelInput(path=path, sha256=archive.digest, filename=archive.filename)

    return write


@pytest.fixture
def make_inputs() -> Callable[..., LayerInputs]:
    """Return inputs for Python 3.13."""
    return partial(LayerInputs, interpreter=PYTHON)


@pytest.fixture
def look() -> Callable[[Layer], dict[str, tuple[tarfile.TarInfo, bytes]]]:
    """Return the entries of a layer by path, in order."""

    def read(layer: Layer) -> dict[str, tuple[tarfile.TarInfo, bytes]]:
        data = b"".join(inflate(layer.open()))
        found: dict[str, tuple[tarfile.TarInfo, bytes]] = {}
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for member in archive:
                assert member.name not in found
                file = archive.extractfile(member) if member.isreg() else None
                found[member.name] = (member, file.read() if file else b"")
        return found

    return read


@pytest.fixture
def with_umask() -> Iterator[Callable[[int], None]]:
    """Set the umask for one test."""
    old = os.umask(0o022)
    os.umask(old)

    def change(mask: int) -> None:
        os.umask(mask)

    yield change
    os.umask(old)

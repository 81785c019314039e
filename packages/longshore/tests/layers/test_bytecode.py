"""``layers.bytecode``: compiled once, kept, and made again when damaged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import pytest

from longshore.base.bytecode import CompileResult, Tree
from longshore.base.interface import Interpreter
from longshore.errors import PreflightError
from longshore.layers.bytecode import BytecodeFragment, BytecodeStore, TreeCompiler, Unit
from longshore.oci.blobs import BlobStore
from longshore.oci.gzip import GzipEncoder, inflate
from longshore.oci.memos import MemoStore
from longshore.testing.reporter import RecordingReporter
from longshore.types import Phase, PythonVersion


@dataclass
class Bench:
    """A store and what it was given."""

    root: Path
    compiler: TreeCompiler
    micro: int = 5
    reporter: RecordingReporter = field(default_factory=RecordingReporter)

    def store(self) -> BytecodeStore:
        return BytecodeStore(
            compiler=self.compiler,
            interpreter=Interpreter(
                path=PurePosixPath("/usr/bin/python3.13"),
                version=PythonVersion(3, 13, self.micro),
                magic="f30d0d0a",
                soabi="cpython-313-x86_64-linux-gnu",
            ),
            blobs=BlobStore(self.root / "blobs"),
            memos=MemoStore(self.root / "memos"),
            encoder=GzipEncoder(),
            reporter=self.reporter,
        )


def unit(**modules: str) -> Unit:
    return Unit(
        title="sample 1.0",
        identity=tuple(sorted(modules.values())),
        folder="app/site",
        modules=[
            (f"pkg/{name}.py", lambda text=text: [text.encode()])  # type: ignore[misc] # default
            for name, text in modules.items()
        ],
    )


class CountingCompiler:
    """Writes a fixed file per module and counts."""

    def __init__(self) -> None:
        self.prefixes: list[PurePosixPath] = []

    def __call__(self, trees: Sequence[Tree]) -> tuple[CompileResult, ...]:
        return tuple(self._compile(tree.source, tree.prefix, tree.output) for tree in trees)

    def _compile(self, source: Path, prefix: PurePosixPath, output: Path) -> CompileResult:
        self.prefixes.append(prefix)
        skipped = []
        for path in sorted(source.rglob("*.py")):
            name = path.relative_to(source)
            if "print " in path.read_text():
                skipped.append((PurePosixPath(name), "SyntaxError: Missing parentheses"))
                continue
            target = output / name.parent / "__pycache__" / f"{name.stem}.cpython-313.pyc"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(b"pyc of " + path.read_bytes())
        return CompileResult(compiled=(), skipped=tuple(skipped))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, CountingCompiler())


def prefixes(bench: Bench) -> list[PurePosixPath]:
    assert isinstance(bench.compiler, CountingCompiler)
    return bench.compiler.prefixes


def test_a_unit_is_compiled_once_for_its_place(bench: Bench) -> None:
    first = bench.store().compile(unit(a="x = 1"))
    assert bench.store().compile(unit(a="x = 1")) == first
    assert first.paths == ("app/site/pkg/__pycache__/a.cpython-313.pyc",)
    assert prefixes(bench) == [PurePosixPath("/app/site")]
    data = b"".join(inflate(bench.store().open(first)))
    assert b"pyc of x = 1" in data


def test_units_asked_for_at_once_are_compiled_once(bench: Bench) -> None:
    found = bench.store().compile_all([unit(a="x = 1")] * 8)
    assert len(set(found)) == 1
    assert len(prefixes(bench)) == 1


@pytest.mark.parametrize("change", ["content", "interpreter", "folder"])
def test_other_inputs_are_compiled_again(bench: Bench, change: str) -> None:
    bench.store().compile(unit(a="x = 1"))
    if change == "interpreter":
        bench.micro = 6
    other = unit(a="x = 2" if change == "content" else "x = 1")
    if change == "folder":
        other = Unit(title="", identity=other.identity, folder="app/lib", modules=other.modules)
    bench.store().compile(other)
    assert len(prefixes(bench)) == 2


def test_a_damaged_blob_is_made_again(bench: Bench) -> None:
    first = bench.store().compile(unit(a="x = 1"))
    assert first.blob is not None
    BlobStore(bench.root / "blobs").path(first.blob).write_bytes(b"damaged")
    assert bench.store().compile(unit(a="x = 1")) == first
    assert len(prefixes(bench)) == 2
    assert b"".join(inflate(bench.store().open(first)))


def test_a_module_that_is_not_valid_is_told(bench: Bench) -> None:
    compiled = bench.store().compile(unit(a="x = 1", old="print 1"))
    assert compiled.paths == ("app/site/pkg/__pycache__/a.cpython-313.pyc",)
    (note,) = [event for event in bench.reporter.events if event.phase is Phase.NOTE]
    assert note.subject == "sample 1.0"
    assert note.detail == "pkg/old.py is not compiled: SyntaxError: Missing parentheses"


def test_nothing_compiled_is_remembered_too(bench: Bench) -> None:
    for _ in range(2):
        compiled = bench.store().compile(unit(old="print 1"))
        assert (compiled.paths, compiled.blob) == ((), None)
        assert list(bench.store().open(compiled)) == []
    assert len(prefixes(bench)) == 1


def test_a_unit_without_modules_starts_no_interpreter(bench: Bench) -> None:
    assert bench.store().compile(unit()).paths == ()
    assert prefixes(bench) == []


def test_a_fragment_is_its_units_in_order(bench: Bench) -> None:
    units = (unit(b="x = 1"), unit(a="x = 2"))
    fragment = BytecodeFragment(units=units, store=bench.store())
    assert list(fragment.paths()) == [
        "app/site/pkg/__pycache__/b.cpython-313.pyc",
        "app/site/pkg/__pycache__/a.cpython-313.pyc",
    ]
    data = b"".join(inflate(fragment.open()))
    assert data.index(b"pyc of x = 1") < data.index(b"pyc of x = 2")
    assert fragment.key != BytecodeFragment(units=units[::-1], store=bench.store()).key


def test_the_interpreters_failure_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    def fail(trees: Sequence[Tree]) -> tuple[CompileResult, ...]:
        [tree] = trees
        assert tree.source.is_dir()
        assert tree.output.is_dir()
        msg = f"base: compiling {tree.prefix} timed out"
        raise PreflightError(msg)

    store = Bench(tmp_path, fail).store()
    with pytest.raises(PreflightError, match="timed out"):
        store.compile_all([unit(a="x = 1")])
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_modules_are_readable_by_the_sandboxs_user_whatever_the_umask(
    tmp_path: Path, with_umask: Callable[[int], None]
) -> None:
    modes: list[int] = []

    def look(trees: Sequence[Tree]) -> tuple[CompileResult, ...]:
        [tree] = trees
        source, output = tree.source, tree.output
        assert str(tree.prefix) == "/app/site"
        places = (source, source / "pkg", source / "pkg/a.py", output)
        modes.extend(path.stat().st_mode & 0o777 for path in places)
        return (CompileResult(compiled=(), skipped=()),)

    with_umask(0o077)
    Bench(tmp_path, look).store().compile(unit(a="x = 1"))
    assert modes == [0o755, 0o755, 0o644, 0o777]

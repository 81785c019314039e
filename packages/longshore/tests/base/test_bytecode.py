"""Bytecode of a tree, compiled by the interpreter that a sandbox runs (here the host's)."""

import importlib.util
import marshal
import os
import sys
import types
from pathlib import Path, PurePosixPath
from typing import Protocol

import pytest

from longshore.base.bytecode import CompileResult, compile_tree, probe_interpreter
from longshore.base.interface import Interpreter
from longshore.errors import PreflightError
from longshore.oci.tar import EPOCH
from longshore.sandbox import Command, Completed
from longshore.types import PythonVersion

TAG = sys.implementation.cache_tag
PYTHON = PurePosixPath("/usr/bin/python3")


class Recording(Protocol):
    name: str
    commands: list[Command]

    def run(self, command: Command, *, stdin: bytes = b"") -> Completed: ...


def compile_here(sandbox: Recording, source: Path, output: Path) -> CompileResult:
    output.mkdir()
    interpreter = Interpreter(path=PYTHON, version=PythonVersion.host(), magic="", soabi="")
    return compile_tree(
        sandbox,
        rootfs=source,
        interpreter=interpreter,
        source=source,
        prefix=PurePosixPath("/app/lib"),
        output=output,
    )


def make_tree(folder: Path) -> Path:
    modules = {
        "pkg/__init__.py": "NAMES = {'a', 'b', 'c'} - frozenset(('x', 'y', 'z'))\n",
        "pkg/module.py": "def f():\n    '''Doc.'''\n    return {1, 2} & {'a', 'b', 'c', 'd'}\n",
        "pkg/unusual-name.py": "x = 1\n",
        "pkg/old.py": "print 'two'\n",
        "pkg/null.py": "x = '\0'\n",
        "pkg/warns.py": "x = 1 is 1\n",
        "pkg/data.txt": "no module\n",
        "pkg/__pycache__/stale.py": "x = 1\n",
    }
    for name, text in modules.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def read_all(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_every_module_gets_its_bytecode(host_sandbox: Recording, tmp_path: Path) -> None:
    result = compile_here(host_sandbox, make_tree(tmp_path / "in"), tmp_path / "out")
    names = ["__init__", "module", "unusual-name", "warns"]
    expected = [f"pkg/__pycache__/{name}.{TAG}.pyc" for name in names]
    assert sorted(read_all(tmp_path / "out")) == expected
    assert list(map(str, result.compiled)) == expected


def test_what_can_not_be_compiled_is_named(host_sandbox: Recording, tmp_path: Path) -> None:
    result = compile_here(host_sandbox, make_tree(tmp_path / "in"), tmp_path / "out")
    assert [str(path) for path, _ in result.skipped] == ["pkg/null.py", "pkg/old.py"]
    assert result.skipped[1][1].startswith("SyntaxError: ")


def test_the_header_names_the_fixed_time_and_the_size(
    host_sandbox: Recording, tmp_path: Path
) -> None:
    source = make_tree(tmp_path / "in")
    compile_here(host_sandbox, source, tmp_path / "out")
    data = (tmp_path / f"out/pkg/__pycache__/module.{TAG}.pyc").read_bytes()
    assert data[:4] == importlib.util.MAGIC_NUMBER
    numbers = [int.from_bytes(data[at : at + 4], "little") for at in (4, 8, 12)]
    assert numbers == [0, EPOCH, (source / "pkg/module.py").stat().st_size]
    code = marshal.loads(data[16:])
    assert isinstance(code, types.CodeType)
    assert code.co_consts[0].co_consts[0] == "Doc."  # optimisation 0 keeps docstrings


def test_python_takes_it(
    host_sandbox: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_tree(tmp_path / "in")
    compile_here(host_sandbox, source, tmp_path / "out")
    pyc = f"pkg/__pycache__/unusual-name.{TAG}.pyc"
    (source / pyc).write_bytes((tmp_path / "out" / pyc).read_bytes())
    module = source / "pkg/unusual-name.py"
    module.write_text("x = 2\n")  # of the same size and time: only the bytecode says 1
    os.utime(module, (EPOCH, EPOCH))
    monkeypatch.syspath_prepend(source)
    assert importlib.import_module("pkg.unusual-name").x == 1


def test_the_same_bytes_again(host_sandbox: Recording, tmp_path: Path) -> None:
    compile_here(host_sandbox, make_tree(tmp_path / "one"), tmp_path / "out1")
    compile_here(host_sandbox, make_tree(tmp_path / "one"), tmp_path / "out2")
    assert read_all(tmp_path / "out1") == read_all(tmp_path / "out2")


def test_the_command_is_isolated_and_its_seed_is_fixed(
    host_sandbox: Recording, tmp_path: Path
) -> None:
    compile_here(host_sandbox, make_tree(tmp_path / "in"), tmp_path / "out")
    (command,) = host_sandbox.commands
    assert command.argv[0] == str(PYTHON)
    assert {"-P", "-s", "-S"} <= set(command.argv)
    assert command.env["PYTHONHASHSEED"] == "0"
    source, output = command.mounts
    assert (source.target, source.writable) == (PurePosixPath("/.longshore/sources/0"), False)
    assert output.writable


def test_the_interpreter_says_what_it_is(host_sandbox: Recording, tmp_path: Path) -> None:
    interpreter = probe_interpreter(host_sandbox, rootfs=tmp_path, path=PYTHON)
    assert interpreter.version == PythonVersion.host()
    assert interpreter.magic == importlib.util.MAGIC_NUMBER.hex()
    assert interpreter.soabi.startswith("cpython-3")


class Failing:
    name = "failing"

    def run(self, command: Command, *, stdin: bytes = b"") -> Completed:
        del command, stdin
        return Completed(returncode=127, stdout=b"", stderr=b"first\nno libc.so.6\n")


def test_an_interpreter_that_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(PreflightError) as caught:
        probe_interpreter(Failing(), rootfs=tmp_path, path=PYTHON)
    assert str(caught.value) == "base: starting /usr/bin/python3 ended with 127"
    assert caught.value.context == ("first", "no libc.so.6")

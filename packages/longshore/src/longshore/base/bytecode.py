"""Bytecode that is the same wherever it is made (PEP 552, timestamp pycs with a fixed time).

What a process compiled before changes what it writes next, so each tree gets a fresh process of
the base's own interpreter, in a fixed order, with a fixed hash seed.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path, PurePosixPath

from longshore.base.interface import Interpreter
from longshore.errors import PreflightError
from longshore.oci.tar import EPOCH
from longshore.sandbox.interface import Command, Completed, Limits, Mount, Sandbox
from longshore.types import PythonVersion

FORMAT = 1
"""Raised whenever the same source would give other bytecode; part of every key."""

SECONDS = 900.0
_SOURCES = PurePosixPath("/.longshore/sources")
_OUTPUTS = PurePosixPath("/.longshore/outputs")
_TAIL = 20
_ENVIRONMENT = {"LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "TZ": "UTC"}

_PROBE = """\
import importlib.util, json, sys, sysconfig
version = ".".join(map(str, sys.version_info[:3]))
soabi = sysconfig.get_config_var("SOABI")
json.dump([version, importlib.util.MAGIC_NUMBER.hex(), soabi], sys.stdout)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileResult:
    """What was written, relative to the output folder, and which modules could not be compiled.

    ``skipped`` pairs the module's path, relative to the source folder, with the reason.
    """

    compiled: tuple[PurePosixPath, ...]
    skipped: tuple[tuple[PurePosixPath, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Modules to compile.

    Args:
        source: the host folder of the modules, readable by everybody.
        prefix: where that folder is in the image; what ``co_filename`` says.
        output: an existing host folder; ``__pycache__`` folders appear in the same structure.
    """

    source: Path
    prefix: PurePosixPath
    output: Path


def compile_tree(
    sandbox: Sandbox,
    *,
    rootfs: Path,
    interpreter: Interpreter,
    source: Path,
    prefix: PurePosixPath,
    output: Path,
) -> CompileResult:
    """Compile every module below one folder; see ``compile_trees``."""
    tree = Tree(source=source, prefix=prefix, output=output)
    return compile_trees(sandbox, [tree], rootfs=rootfs, interpreter=interpreter)[0]


def compile_trees(
    sandbox: Sandbox, trees: Sequence[Tree], *, rootfs: Path, interpreter: Interpreter
) -> tuple[CompileResult, ...]:
    """Compile every module below some folders, each in a process that has compiled nothing else.

    One sandbox and one interpreter are started for all of them; that takes longer than to compile
    a small wheel.

    Args:
        sandbox: where the interpreter runs.
        trees: what to compile.
        rootfs: the unpacked base.
        interpreter: the base's Python.

    Raises:
        PreflightError: if there is no sandbox, or the interpreter fails.
    """
    numbered = [(tree, _SOURCES / str(n), _OUTPUTS / str(n)) for n, tree in enumerate(trees)]
    places = [(source, tree.prefix, output) for tree, source, output in numbered]
    command = Command(
        root=rootfs,
        argv=(
            *(str(interpreter.path), "-P", "-s", "-S", "-W", "ignore"),
            *("-", str(EPOCH), *(str(place) for three in places for place in three)),
        ),
        env=_ENVIRONMENT,
        mounts=(
            *(Mount(source=tree.source, target=source) for tree, source, _ in numbered),
            *(Mount(source=tree.output, target=out, writable=True) for tree, _, out in numbered),
        ),
        limits=Limits(seconds=SECONDS),
    )
    completed = sandbox.run(command, stdin=_script())
    _check(completed, f"compiling {', '.join(sorted({str(tree.prefix) for tree in trees}))}")
    return tuple(
        CompileResult(
            compiled=tuple(map(PurePosixPath, answer["compiled"])),
            skipped=tuple((PurePosixPath(path), reason) for path, reason in answer["skipped"]),
        )
        for answer in json.loads(completed.stdout)
    )


def probe_interpreter(sandbox: Sandbox, *, rootfs: Path, path: PurePosixPath) -> Interpreter:
    """Ask a base's Python what it is.

    Raises:
        PreflightError: if there is no sandbox, or the interpreter fails.
    """
    argv = (str(path), "-I", "-S", "-c", _PROBE)
    completed = sandbox.run(
        Command(root=rootfs, argv=argv, env=_ENVIRONMENT, limits=Limits(seconds=60))
    )
    _check(completed, f"starting {path}")
    version, magic, soabi = json.loads(completed.stdout)
    return Interpreter(path=path, version=PythonVersion.parse(version), magic=magic, soabi=soabi)


@cache
def _script() -> bytes:
    return files("longshore.base").joinpath("_compile.py").read_bytes()


def _check(completed: Completed, what: str) -> None:
    if completed.returncode == 0:
        return
    context = completed.stderr.decode("utf-8", "replace").strip().splitlines()[-_TAIL:]
    how = "timed out" if completed.timed_out else f"ended with {completed.returncode}"
    msg = f"base: {what} {how}"
    raise PreflightError(
        msg, context=context, hint="does this machine run the base's architecture?"
    )

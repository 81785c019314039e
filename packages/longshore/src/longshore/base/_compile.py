"""Compile trees of modules; runs in the sandbox, on the base's own interpreter.

    python -P -s -S -W ignore - SECONDS SOURCE PREFIX OUTPUT ... < _compile.py

Every ``.py`` below each SOURCE is compiled, in the order of its path, as if it were below PREFIX,
to a timestamp ``.pyc`` (PEP 552, flags 0) below OUTPUT. SECONDS is the modification time that
sources have in the image. What was compiled before changes what is written next, so each tree is
compiled by a fork of this process, which itself never compiles: as good as a new interpreter, and
twenty times quicker. Standard output is a JSON list, for each tree: what was compiled, and what was
not, with the reason.
"""

import importlib.util
import json
import marshal
import os
import sys
from collections import deque

seconds = int(sys.argv[1])
trees = list(zip(sys.argv[2::3], sys.argv[3::3], sys.argv[4::3], strict=True))


def pack(number: int) -> bytes:
    """Return 32 bits, little-endian."""
    return (number & 0xFFFFFFFF).to_bytes(4, "little")


def compile_one(path: str, shown: str, target: str) -> None:
    """Write the bytecode of one module."""
    with open(path, "rb") as file:  # noqa: PTH123 - pathlib would triple the start-up time
        source = file.read()
    code = compile(source, shown, "exec", dont_inherit=True, optimize=0)
    header = importlib.util.MAGIC_NUMBER + pack(0) + pack(seconds) + pack(len(source))
    os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
    with open(target, "wb") as file:  # noqa: PTH123
        file.write(header + marshal.dumps(code))


def compile_tree(top: str, prefix: str, output: str) -> dict[str, list[object]]:
    """Compile what is below a folder."""
    compiled: list[object] = []
    skipped: list[object] = []
    for folder, folders, names in os.walk(top):
        folders.sort()
        if "__pycache__" in folders:
            folders.remove("__pycache__")
        for name in sorted(names):
            path = os.path.join(folder, name)  # noqa: PTH118
            if not name.endswith(".py") or not os.path.isfile(path):  # noqa: PTH113
                continue
            relative = os.path.relpath(path, top)
            parent, stem = os.path.split(relative[:-3])
            pyc = os.path.join(parent, "__pycache__", f"{stem}.{sys.implementation.cache_tag}.pyc")  # noqa: PTH118
            try:
                compile_one(path, os.path.join(prefix, relative), os.path.join(output, pyc))  # noqa: PTH118
            except (SyntaxError, ValueError, RecursionError) as error:
                skipped.append([relative, f"{type(error).__name__}: {error}"])
            else:
                compiled.append(pyc)
    return {"compiled": compiled, "skipped": skipped}


def start(tree: tuple[str, str, str]) -> tuple[int, int]:
    """Compile a tree in a fork; return its process and where its answer can be read."""
    answer, told = os.pipe()
    child = os.fork()
    if child:
        os.close(told)
        return child, answer
    status = 1
    try:
        with open(told, "w", encoding="utf-8") as file:  # noqa: PTH123
            json.dump(compile_tree(*tree), file)
        status = 0
    except BaseException:  # noqa: BLE001 - the parent sees the status, the user the traceback
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)


def finish(child: int, answer: int) -> object:
    """Return a fork's answer."""
    with open(answer, encoding="utf-8") as file:
        text = file.read()
    if os.waitpid(child, 0)[1]:
        sys.exit(1)
    return json.loads(text)


running: deque[tuple[int, int]] = deque()
answers = []
for each in trees:
    if len(running) >= len(os.sched_getaffinity(0)):
        answers.append(finish(*running.popleft()))
    running.append(start(each))
answers.extend(finish(*process) for process in running)
json.dump(answers, sys.stdout)

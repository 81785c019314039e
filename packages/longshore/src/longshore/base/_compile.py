"""Compile a tree of modules; runs in the sandbox, on the base's own interpreter.

    python -P -s -S -W ignore - PREFIX OUTPUT SECONDS < _compile.py

Every ``.py`` below PREFIX is compiled, in the order of its path, to a timestamp ``.pyc`` (PEP 552,
flags 0) below OUTPUT. SECONDS is the modification time that sources have in the image. Standard
output is one JSON object: what was compiled, and what was not, with the reason.
"""

import importlib.util
import json
import marshal
import os
import sys

prefix, output, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3])
compiled = []
skipped = []


def pack(number: int) -> bytes:
    """Return 32 bits, little-endian."""
    return (number & 0xFFFFFFFF).to_bytes(4, "little")


def compile_one(path: str, target: str) -> None:
    """Write the bytecode of one module."""
    with open(path, "rb") as file:  # noqa: PTH123 - pathlib would triple the start-up time
        source = file.read()
    code = compile(source, path, "exec", dont_inherit=True, optimize=0)
    header = importlib.util.MAGIC_NUMBER + pack(0) + pack(seconds) + pack(len(source))
    os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
    with open(target, "wb") as file:  # noqa: PTH123
        file.write(header + marshal.dumps(code))


for folder, folders, names in os.walk(prefix):
    folders.sort()
    if "__pycache__" in folders:
        folders.remove("__pycache__")
    for name in sorted(names):
        source_path = os.path.join(folder, name)  # noqa: PTH118
        if not name.endswith(".py") or not os.path.isfile(source_path):  # noqa: PTH113
            continue
        relative = os.path.relpath(source_path, prefix)
        parent, stem = os.path.split(relative[:-3])
        pyc = os.path.join(parent, "__pycache__", f"{stem}.{sys.implementation.cache_tag}.pyc")  # noqa: PTH118
        try:
            compile_one(source_path, os.path.join(output, pyc))  # noqa: PTH118
        except (SyntaxError, ValueError, RecursionError) as error:
            skipped.append([relative, f"{type(error).__name__}: {error}"])
        else:
            compiled.append(pyc)

json.dump({"compiled": compiled, "skipped": skipped}, sys.stdout)

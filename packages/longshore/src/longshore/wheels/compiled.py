"""Whether a source distribution has code for a compiler, told by reading it; nothing is run.

Too much costs a toolchain that stays unused, too little a build that fails: so any sign counts.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement

from longshore.types import parse_name

COMPILING: Final = frozenset(
    {
        *("cffi", "cmake", "cmeel", "cppy", "cython", "enscons", "hatch-cython", "hatch-mypyc"),
        *("meson", "meson-python", "mypy", "nanobind", "ninja", "numpy", "oldest-supported-numpy"),
        *("pdm-build-mypyc", "py-build-cmake", "pybind11", "pythran", "scikit-build"),
        *("scikit-build-core", "setuptools-cpp", "sip", "pyqt-builder", "swig"),
    }
)
"""Build requirements that are there to compile something."""

RUST: Final = frozenset({"maturin", "puccinialin", "setuptools-rust"})
"""Build requirements that compile Rust; there is no toolchain for it."""

_SETUP_FILES = ("pyproject.toml", "setup.cfg", "setup.py")
_SETUP_WORDS = re.compile(
    r"\b(?:ext_modules|ext-modules|cffi_modules|build_ext|Extension|cythonize|mypycify|Pybind11Ext)"
)
_SOURCES = frozenset(
    {".c", ".cc", ".cpp", ".cxx", ".f", ".f90", ".pxd", ".pyx", ".s", ".S", ".asm"}
)
_ASIDE = frozenset({"doc", "docs", "example", "examples", "test", "testing", "tests"})
_MAX_SETUP = 4 << 20


def needs_compiler(root: Path, requires: Iterable[str]) -> bool:
    """Tell whether what lies in a folder is to be compiled.

    It is if its build requirements have a tool for it, if ``setup.py``, ``setup.cfg`` or
    ``pyproject.toml`` speak of extension modules, or if there are sources in C, C++, Cython,
    Fortran or assembler that are not in a folder of tests, examples or documentation.
    """
    if not COMPILING.isdisjoint(requirement_names(requires)):
        return True
    texts = (_read(root / name) for name in _SETUP_FILES)
    return any(map(_SETUP_WORDS.search, texts)) or _has_sources(root)


def requirement_names(requires: Iterable[str]) -> frozenset[str]:
    """Return the normalised names of requirements; what is none is left out."""
    names = set()
    for text in requires:
        try:
            names.add(str(parse_name(Requirement(text).name)))
        except (InvalidRequirement, ValueError):
            continue
    return frozenset(names)


def _has_sources(root: Path) -> bool:
    for _, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name.lower() not in _ASIDE]
        if any(Path(name).suffix in _SOURCES for name in files):
            return True
    return False


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_SETUP).decode("utf-8", "replace")
    except OSError:
        return ""

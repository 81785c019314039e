"""Which source distributions have code for a compiler, by reading them."""

from pathlib import Path

import pytest

from longshore.wheels.compiled import needs_compiler, requirement_names


@pytest.mark.parametrize(
    ("files", "requires", "expected"),
    [
        ({"a.py": ""}, ["setuptools"], False),
        ({"a.py": ""}, ["setuptools", "Cython>=3"], True),
        ({"a.py": ""}, ["meson_python"], True),
        ({"setup.py": "setup(ext_modules=[Extension('a', ['a.c'])])"}, [], True),
        ({"setup.py": "setup(cffi_modules=['build.py:ffi'])"}, [], True),
        ({"setup.py": "setup(py_modules=['extension'])"}, [], False),
        ({"pyproject.toml": "[tool.setuptools]\next-modules = []\n"}, ["setuptools"], True),
        ({"src/a/speedups.c": ""}, ["setuptools"], True),
        ({"src/a/_a.pyx": ""}, ["hatchling"], True),
        ({"tests/data/a.c": "", "docs/examples/b.cpp": "", "Examples/c.f90": ""}, [], False),
    ],
)
def test_any_sign_of_code_for_a_compiler_counts(
    tmp_path: Path, files: dict[str, str], requires: list[str], expected: bool
) -> None:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert needs_compiler(tmp_path, requires) is expected


def test_what_is_no_requirement_has_no_name() -> None:
    assert requirement_names(["Foo_Bar>=1", "???"]) == {"foo-bar"}

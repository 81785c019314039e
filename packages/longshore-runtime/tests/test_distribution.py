"""What the package promises of itself: only the standard library, and little of it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import longshore_runtime

SOURCE = Path(longshore_runtime.__file__).parent
OPTIONAL = {
    "uvicorn_server.py": {"uvicorn"},
    "serve.py": {"uvicorn", "uvloop"},
    "gunicorn_program.py": {"gunicorn"},
}
MODULES = sorted(SOURCE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_module_imports_only_the_standard_library(path: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add((node.module or "").partition(".")[0])
    allowed = sys.stdlib_module_names | {"longshore_runtime", "_typeshed"}
    assert imported - allowed <= OPTIONAL.get(path.name, set())


def test_wrap_is_light_and_leaves_asyncio_to_the_server() -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(SOURCE.parent)!r})\n"
        "from longshore_runtime import wrap\n"
        "print(sorted({'asyncio', 'argparse', 'http', 'logging'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_package_runs_from_a_plain_directory_without_metadata(tmp_path: Path) -> None:
    (tmp_path / "longshore_runtime").symlink_to(SOURCE)
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from longshore_runtime.cli import main\n"
        "sys.exit(main(['--version']))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == f"longshore-runtime {longshore_runtime.__version__}"

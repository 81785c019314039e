"""The first table of a project."""

from pathlib import Path, PurePosixPath

import pytest

from longshore.config import load_config
from longshore.errors import UsageError
from longshore.project import read_project
from longshore.project.initial import Proposal, propose_table, write_table

PYPROJECT = '[project]\nname = "demo"\nversion = "1"\ndependencies = ["fastapi"]\n'
APP = "from fastapi import FastAPI\n\napp = FastAPI()\n"


def propose(root: Path) -> Proposal:
    paths = [
        PurePosixPath(path.relative_to(root).as_posix())
        for path in sorted(root.rglob("*"))
        if path.is_file()
    ]
    return propose_table(root, load_config(root, environment={}, flags={}), paths)


def write(root: Path, name: str, text: str) -> None:
    (root / name).write_text(text)


def test_the_table_says_what_was_found_and_reads_back(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", PYPROJECT)
    write(tmp_path, "main.py", APP)
    proposal = propose(tmp_path)
    assert proposal.open_questions == ()
    path = write_table(tmp_path, proposal)
    assert path.read_text() == (f'{PYPROJECT}\n[tool.longshore.processes.web]\nasgi = "main:app"\n')
    config = load_config(tmp_path, environment={}, flags={})
    (web,) = read_project(tmp_path, config).processes
    assert web.name == "web"


def test_secrets_that_the_code_needs_are_declared(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", PYPROJECT)
    reads = "import os\nKEY = os.environ['STRIPE_API_KEY']\nDIR = os.environ['UPLOADS']\n"
    write(tmp_path, "main.py", f"{reads}URL = os.environ['DATABASE_URL']\n{APP}")
    proposal = propose(tmp_path)
    assert proposal.text == (
        '[tool.longshore.processes.web]\nasgi = "main:app"\n'
        'secrets = ["DATABASE_URL", "STRIPE_API_KEY"]\n'
    )
    assert [(one.name, one.location) for one in proposal.settings] == [("UPLOADS", "main.py:3")]
    assert proposal.open_questions == ()
    write_table(tmp_path, proposal)
    config = load_config(tmp_path, environment={}, flags={})
    (web,) = read_project(tmp_path, config).processes
    assert web.secrets == ("DATABASE_URL", "STRIPE_API_KEY")


def test_a_table_that_is_there_stays(tmp_path: Path) -> None:
    text = f'{PYPROJECT}[tool.longshore.processes.api]\nasgi = "main:app"\n'
    write(tmp_path, "pyproject.toml", text)
    with pytest.raises(UsageError, match=r"tool\.longshore\.processes: already there: api"):
        propose(tmp_path)
    assert (tmp_path / "pyproject.toml").read_text() == text


def test_a_library_gets_a_placeholder_and_a_question(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", PYPROJECT)
    write(tmp_path, "demo.py", "def add(a, b):\n    return a + b\n")
    proposal = propose(tmp_path)
    assert "PACKAGE.MODULE:app" in proposal.text
    assert len(proposal.open_questions) == 1


def test_a_file_without_a_newline_at_its_end(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", PYPROJECT.rstrip())
    write_table(tmp_path, Proposal(file="pyproject.toml", text="[tool.longshore]\n"))
    assert (tmp_path / "pyproject.toml").read_text() == f"{PYPROJECT}\n[tool.longshore]\n"


def test_a_table_of_the_same_name_is_not_written_twice(tmp_path: Path) -> None:
    text = f"{PYPROJECT}[tool.longshore]\nbytecode = true\n"
    write(tmp_path, "pyproject.toml", text)
    with pytest.raises(UsageError, match="a table of the same name is there already"):
        write_table(tmp_path, Proposal(file="pyproject.toml", text="[tool.longshore]\n"))
    assert (tmp_path / "pyproject.toml").read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == ["pyproject.toml"]


def test_a_new_file_where_there_is_no_pyproject(tmp_path: Path) -> None:
    write(tmp_path, "requirements.txt", "flask\n")
    write(tmp_path, "app.py", "from flask import Flask\n\napp = Flask(__name__)\n")
    path = write_table(tmp_path, propose(tmp_path))
    assert path.name == "longshore.toml"
    assert path.read_text() == '[processes.web]\nwsgi = "app:app"\n'

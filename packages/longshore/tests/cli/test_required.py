"""Settings that the code requires: what ``up``, ``run``, ``init`` and ``build`` say of them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from longshore.cli.context import Context
from longshore.cli.main import main
from longshore.cli.required import note_required
from longshore.engines.choose import Engines
from longshore.engines.ports import find_free_port
from longshore.engines.required import read_required
from longshore.testing.engine import MemoryEngine
from longshore.types import Asgi, EntryPoint, NullReporter, Process, ProcessKind

PROJECT = """
[project]
name = "shop"
version = "1"
dependencies = ["starlette"]

[tool.longshore.processes.web]
asgi = "shop:app"
port = {port}
{more}
"""
APP = """
import os

from starlette.applications import Starlette

DATABASE_URL = os.environ["DATABASE_URL"]
app = Starlette()
"""
WORKER = """
[tool.longshore.processes.worker]
command = ["python", "-m", "work"]
"""
HINT = (
    "give it with -e DATABASE_URL=..., in a file with --env-file, or in .env; or run one here: "
    'db = { image = "postgres:17", url = ["DATABASE_URL"] } in [tool.longshore.services]'
)


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryEngine]:
    """The only engine of this machine."""
    engine = MemoryEngine()
    engines = Engines((engine,), reporter=NullReporter())
    monkeypatch.setattr("longshore.engines.choose.open_engines", lambda _: engines)
    monkeypatch.setattr("longshore.engines.service.open_engines", lambda _: engines)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("CI", "true")  # no lock is written: a build stops there
    yield engine
    engine.close()


def write(project: Path, *, more: str = "", app: str = APP) -> None:
    text = PROJECT.format(port=find_free_port(), more=more)
    (project / "pyproject.toml").write_text(text)
    (project / "shop.py").write_text(app)


def up(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """Return what ``up`` warns of; the build after it has no lock and fails."""
    assert main(["up", "--detach", *argv]) == 3
    warning, separator, rest = capsys.readouterr().err.partition("error:")
    assert separator
    assert "lock" in rest
    return warning


def test_it_is_said_before_the_build(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project)
    assert up(capsys) == (
        "warning: shop.py:6: DATABASE_URL is not set, and web needs it to start: "
        "os.environ['DATABASE_URL']\n"
        f"hint: {HINT}\n"
        "docs: how-to/pass-settings.md\n"
    )


@pytest.mark.parametrize("argv", [["-e", "DATABASE_URL=x"], ["--env-file", "dev.env"]])
def test_who_gives_it_reads_nothing(
    argv: list[str], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project)
    (project / "dev.env").write_text("DATABASE_URL=x\n")
    assert up(capsys, *argv) == ""


def test_the_projects_own_file_gives_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project)
    (project / ".env").write_text("DATABASE_URL=x\n")
    assert up(capsys) == ""


def test_the_table_gives_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project, more='env = { DATABASE_URL = "sqlite://" }')
    assert up(capsys) == ""


def test_the_shells_value_is_not_passed_by_itself(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project)
    monkeypatch.setenv("DATABASE_URL", "postgresql://hidden")
    warning = up(capsys)
    assert (
        "hint: -e DATABASE_URL passes the value that is set here; "
        'secrets = ["DATABASE_URL"] in the table of a process always does\n'
    ) in warning
    assert "hidden" not in warning
    assert up(capsys, "-e", "DATABASE_URL") == ""


def test_a_declared_secret_is_an_error_and_said_once(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project, more='secrets = ["DATABASE_URL"]')
    assert main(["up"]) == 7
    err = capsys.readouterr().err
    assert err.startswith("error: secret DATABASE_URL, for web, is not set\n")
    assert "shop.py" not in err


def test_all_are_said_at_once(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project, more=WORKER)
    (project / "work.py").write_text("import os\nimport shop\nQUEUE = os.environ['QUEUE']\n")
    assert up(capsys) == (
        "warning: 2 settings are not set that the code needs to start\n"
        "  DATABASE_URL  shop.py:6: os.environ['DATABASE_URL']  (for web and worker)\n"
        "  QUEUE         work.py:3: os.environ['QUEUE']  (for worker)\n"
        f"hint: {HINT.replace('it', 'them', 1)}\n"
        "docs: how-to/pass-settings.md\n"
    )


def test_as_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project)
    assert main(["up", "--detach", "--format", "json"]) == 3
    first = json.loads(capsys.readouterr().err.splitlines()[0])
    assert first["warning"]["message"].startswith("shop.py:6: DATABASE_URL is not set")
    assert first["warning"]["hint"] == HINT


def test_the_answer_is_remembered_for_the_same_code(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project)
    first = up(capsys)
    with monkeypatch.context() as patch:
        patch.setattr("longshore.engines.required.required_settings", None)
        assert up(capsys) == first
    write(project, app=APP.replace("DATABASE_URL", "OTHER_URL"))
    assert "OTHER_URL" in up(capsys)


def test_run_looks_at_its_command_only(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project)
    assert main(["run", "--", "python", "-m", "shop"]) == 3
    assert "shop.py:6: DATABASE_URL is not set, and run needs it" in capsys.readouterr().err
    assert main(["run", "--", "python", "-V"]) == 3
    assert "DATABASE_URL" not in capsys.readouterr().err


@pytest.mark.parametrize("verbosity", [0, 1])
def test_a_build_notes_it_on_request(
    verbosity: int, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project)
    context = Context()
    context.output = replace(context.output, verbosity=verbosity)
    note_required(context)
    note = "note: shop.py:6: web needs DATABASE_URL to start\n"
    assert capsys.readouterr().err == note * verbosity


def test_init_declares_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "requirements.txt").write_text("starlette\n")
    (project / "shop.py").write_text(APP.replace("app =", "DIR = os.environ['UPLOADS']\napp ="))
    assert main(["init", "--dry-run"]) == 0
    out, err = capsys.readouterr()
    assert out == '[processes.web]\nasgi = "shop:app"\nsecrets = ["DATABASE_URL"]\n'
    assert err == (
        "shop.py:7: UPLOADS is needed to start: give it with -e, in .env, or as env in the table\n"
    )


MEMBER = '[project]\nname = "{}"\nversion = "1"\ndependencies = [{}]\n'
UV_LOCK = """
version = 1
requires-python = ">=3.11"

[[package]]
name = "api"
version = "1"
source = { editable = "api" }
dependencies = [{ name = "common" }]

[[package]]
name = "common"
version = "1"
source = { editable = "common" }
"""


@pytest.mark.parametrize("is_locked", [True, False])
def test_members_that_the_lock_leads_to_are_read(*, is_locked: bool, project: Path) -> None:
    files = {
        "pyproject.toml": '[tool.uv.workspace]\nmembers = ["api", "common", "other"]\n',
        "api/pyproject.toml": MEMBER.format("api", '"common"'),
        "api/api.py": "import common\nimport other\napp = 1\n",
        "common/pyproject.toml": MEMBER.format("common", ""),
        "common/common.py": "import os\nX = os.environ['X']\n",
        "other/pyproject.toml": MEMBER.format("other", ""),
        "other/other.py": "import os\nY = os.environ['Y']\n",
    }
    if is_locked:
        files["uv.lock"] = UV_LOCK
    for path, text in files.items():
        target = project / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(text)
    web = Process(name="web", kind=ProcessKind.WEB, serve=Asgi(EntryPoint.parse("api:app")))
    found = read_required(Context(start=str(project / "api")), [web])["web"]
    assert [one.location for one in found] == ["../common/common.py:2"] * is_locked

"""What people write wrongly into the table of a process: the message, and what to write instead."""

import subprocess
from pathlib import Path

import pytest

from longshore.cli.context import Context
from longshore.cli.main import main

Capture = pytest.CaptureFixture[str]

WEB = "[tool.longshore.processes.web]\n"
PLACE = "tool.longshore.processes.web"


@pytest.fixture(autouse=True)
def application(project: Path) -> None:
    """An application that is found once the table is right or gone."""
    (project / "main.py").write_text("from flask import Flask\napp = Flask(__name__)\n")


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        (
            "[tool.longshore.process.web]\nasgi = 'main:app'",
            "tool.longshore.process: unknown key",
            "did you mean 'processes'?",
        ),
        (
            "[tool.longshore]\nasgi = 'main:app'",
            "tool.longshore.asgi: unknown key",
            "it belongs to a process: write it below [tool.longshore.processes.web]",
        ),
        (
            "[tool.longshore.web]\nasgi = 'main:app'",
            "tool.longshore.web: unknown key",
            "write [tool.longshore.processes.web]",
        ),
        (
            "[[tool.longshore.processes]]\nname = 'web'\nasgi = 'main:app'",
            "tool.longshore.processes: expected a table, got an array",
            "give each a table with its name: [tool.longshore.processes.web]",
        ),
        (
            "[tool.longshore.processes.Web_1]\nasgi = 'main:app'",
            (
                "tool.longshore.processes.Web_1: expected a name of at most 40 lower-case letters, "
                "digits and hyphens that starts with a letter, got 'Web_1'"
            ),
            "write 'web-1'",
        ),
        (
            f"{WEB}asgi = 'main.py'",
            f"{PLACE}.asgi: expected 'package.module:attribute', got 'main.py'",
            "write 'main:app'",
        ),
        (
            f"{WEB}asgi = 'main.app'",
            f"{PLACE}.asgi: expected 'package.module:attribute', got 'main.app'",
            "write 'main:app'",
        ),
        (
            f"{WEB}asgi = 'shop.main'",
            f"{PLACE}.asgi: expected 'package.module:attribute', got 'shop.main'",
            "write 'shop.main:app'",
        ),
        (
            f"{WEB}asgi = 'main.py:api'",
            f"{PLACE}.asgi: expected 'package.module:attribute', got 'main.py:api'",
            "write 'main:api'",
        ),
        (
            f"{WEB}wsgi = './src/shop/main.py:app'",
            f"{PLACE}.wsgi: expected 'package.module:attribute', got './src/shop/main.py:app'",
            "write 'shop.main:app'",
        ),
        (
            f"{WEB}command = 'gunicorn main:app'",
            f"{PLACE}.command: expected an array of words, got 'gunicorn main:app'",
            'no shell is involved; write ["gunicorn", "main:app"]',
        ),
        (
            f"{WEB}asgi = 'main:app'\nwsgi = 'main:app'",
            f"{PLACE}: expected one of asgi, wsgi, command, got asgi and wsgi",
            "give each its own process",
        ),
        (
            f"{WEB}port = '8080'",
            f"{PLACE}.port: expected an integer between 1 and 65535, got '8080'",
            "write 8080 without quotes",
        ),
        (
            f"{WEB}scale = 3",
            f"{PLACE}.scale: expected a table, got 3",
            "write { min = 3, max = 3 }",
        ),
        (
            f"{WEB}resources = {{ memory = '256MB' }}",
            f"{PLACE}.resources.memory: expected a size such as '256Mi' or '1Gi', got '256MB'",
            "write '256M'",
        ),
        (
            f"{WEB}env = ['A=1']",
            f"{PLACE}.env: expected a table, got an array",
            'write { NAME = "value" }',
        ),
        (
            f"{WEB}secrets = {{ TOKEN = 'hunter2' }}",
            f"{PLACE}.secrets: expected an array, got a table",
            'write the names only, ["TOKEN"]; the values belong elsewhere',
        ),
        (
            f"{WEB}command = ['a']\nrun = 'before_deploy'",
            f"{PLACE}.run: expected 'before-deploy', got 'before_deploy'",
            "did you mean 'before-deploy'?",
        ),
        (
            f"{WEB}command = ['a']\nschedule = '@daily'",
            (
                f"{PLACE}.schedule: expected the five fields of crontab(5) such as '0 3 * * *', "
                "got '@daily'"
            ),
            "write '0 0 * * *'",
        ),
        (
            f"{WEB}command = ['a']\nschedule = '0 25 * * *'",
            f"{PLACE}.schedule: expected an hour between 0 and 23, got '25'",
            None,
        ),
    ],
)
@pytest.mark.parametrize("command", ["config", "up", "build"])
def test_a_mistake_in_the_table(  # noqa: PLR0917 - pytest gives them by name
    project: Path, capsys: Capture, command: str, text: str, said: str, hint: str | None
) -> None:
    path = project / "pyproject.toml"
    path.write_text(f'[project]\nname = "shop"\nversion = "1"\n{text}\n', encoding="utf-8")

    assert main([command]) == 2
    out, err = capsys.readouterr()
    lines = [f"error: pyproject.toml: {said}", *([f"hint: {hint}"] if hint else [])]
    assert (out, err.splitlines()) == ("", lines)
    assert "hunter2" not in err
    assert sorted(each.name for each in project.iterdir()) == ["main.py", "pyproject.toml"]


def test_in_a_file_of_its_own_the_headers_are_shorter(project: Path, capsys: Capture) -> None:
    (project / "longshore.toml").write_text("[web]\nasgi = 'main:app'\n")
    assert main(["build"]) == 2
    assert capsys.readouterr().err == (
        "error: longshore.toml: web: unknown key\nhint: write [processes.web]\n"
    )


def test_a_framework_that_is_not_locked(project: Path, capsys: Capture) -> None:
    digest = "0" * 64
    (project / "requirements.txt").write_text(f"helper==2.0 --hash=sha256:{digest}\n")
    assert main(["build", "--locked"]) == 3
    assert capsys.readouterr().err == (
        "error: nothing to run was found: main.py:2: app = Flask(…) needs Flask, "
        "which is not locked\n"
        "hint: add it to what the project needs, and lock again\n"
        "docs: explanation/detection.md\n"
    )


def test_what_is_not_found_may_be_untracked(project: Path, capsys: Capture) -> None:
    (project / "requirements.txt").write_text("")
    for words in (("init", "-q"), ("add", "requirements.txt")):
        subprocess.run(["git", *words], cwd=project, check=True, capture_output=True)
    assert main(["build", "--quiet"]) == 3
    assert capsys.readouterr().err.splitlines()[:2] == [
        (
            "warning: not in the image, because git does not track them: 1 file: main.py: "
            "run `git add` on what belongs to the project; a commit is not needed"
        ),
        "error: nothing to run was found: the project has no Python file",
    ]


@pytest.mark.parametrize("python", [">=3.15", "<3.10"])
def test_a_python_that_no_base_has(project: Path, capsys: Capture, python: str) -> None:
    (project / "pyproject.toml").write_text(
        f'[project]\nname = "shop"\nversion = "1"\nrequires-python = "{python}"\n'
    )
    assert main(["build", "--quiet"]) == 3
    assert capsys.readouterr().err == (
        f"error: shop: no base has the Python that requires-python {python!r} asks for\n"
        "  debian:trixie has 3.13, debian:bookworm has 3.11\n"
        "hint: widen it, or set base = 'debian:trixie' in [tool.longshore]\n"
    )
    assert Context().layout.names() == {}

"""The ``[[assets]]`` tables."""

from pathlib import Path, PurePosixPath

import pytest

from longshore.config import AssetConfig, load_config
from longshore.config.view import settings
from longshore.errors import ConfigError

COLLECT = """
[[tool.longshore.assets]]
command = ["python", "manage.py", "collectstatic", "--noinput"]
outputs = ["staticfiles/"]
env = { SECRET_KEY = "only-for-the-build" }
inputs = ["manage.py", "shop/**/*.css"]
"""


def _assets(root: Path, text: str) -> tuple[AssetConfig, ...]:
    (root / "pyproject.toml").write_text(text, encoding="utf-8")
    return load_config(root, environment={}).assets


def _problems(root: Path, text: str) -> list[tuple[str, str | None]]:
    with pytest.raises(ConfigError) as raised:
        _assets(root, text)
    return [(str(finding), finding.hint) for finding in raised.value.findings]


def test_steps_keep_their_order(tmp_path: Path) -> None:
    text = COLLECT + '[[tool.longshore.assets]]\ncommand = ["make"]\noutputs = ["a.css", "a.css"]\n'
    assert _assets(tmp_path, text) == (
        AssetConfig(
            command=("python", "manage.py", "collectstatic", "--noinput"),
            outputs=(PurePosixPath("staticfiles"),),
            inputs=("manage.py", "shop/**/*.css"),
            env={"SECRET_KEY": "only-for-the-build"},
        ),
        AssetConfig(command=("make",), outputs=(PurePosixPath("a.css"),)),
    )


def test_the_view_has_every_value_and_its_source(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(COLLECT)
    shown = settings(load_config(tmp_path, environment={}))
    found = [(one.path, one.value, str(one.source)) for one in shown if "assets" in one.path]
    command = ["python", "manage.py", "collectstatic", "--noinput"]
    assert found == [
        ("assets[0].command", command, "pyproject.toml"),
        ("assets[0].outputs", ["staticfiles"], "pyproject.toml"),
        ("assets[0].inputs", ["manage.py", "shop/**/*.css"], "pyproject.toml"),
        ("assets[0].env.SECRET_KEY", "only-for-the-build", "pyproject.toml"),
    ]


@pytest.mark.parametrize(
    ("lines", "message", "hint"),
    [
        (
            'command = "make css"\noutputs = ["x"]',
            ".command: expected an array of words, got 'make css'",
            'no shell is involved; write ["make", "css"]',
        ),
        (
            'outputs = ["x"]',
            ": no command",
            'add command = ["python", "manage.py", "collectstatic"]',
        ),
        (
            'command = ["make"]',
            ": no outputs: nothing of it would be in the image",
            'name what the command makes, below the project: outputs = ["staticfiles/"]',
        ),
        (
            'command = ["make"]\noutputs = []',
            ": no outputs: nothing of it would be in the image",
            'name what the command makes, below the project: outputs = ["staticfiles/"]',
        ),
        (
            'command = ["make"]\noutputs = ["/srv/x"]',
            ".outputs[0]: expected a path inside the project such as 'migrations/', got '/srv/x'",
            None,
        ),
        (
            'command = ["make"]\noutputs = ["../x"]',
            ".outputs[0]: expected a path inside the project such as 'migrations/', got '../x'",
            None,
        ),
        (
            'command = ["make"]\noutputs = ["."]',
            ".outputs[0]: expected a file or a folder below the project, got the project itself",
            None,
        ),
        (
            'command = ["make"]\noutputs = [".venv/x"]',
            ".outputs[0]: expected a path outside '.venv', which Longshore writes, got '.venv/x'",
            "have the command write to a folder below the project, such as 'staticfiles/'",
        ),
        (
            'command = ["make"]\noutputs = ["x"]\ninputs = ["../*.css"]',
            ".inputs[0]: expected a path inside the project such as 'migrations/', got '../*.css'",
            None,
        ),
        (
            'command = ["make"]\noutputs = ["x"]\nenv = { DEBUG = false }',
            ".env.DEBUG: expected a string, got false",
            'write "false"',
        ),
        (
            'command = ["make"]\noutputs = ["x"]\nenv = { DB = "postgres://me:hunter2@db/x" }',
            ".env.DB: looks like a URL with a password",
            "nothing is in reach of the command: give it a DB that opens nothing",
        ),
        ('command = ["make"]\noutput = ["x"]', ".output: unknown key", "did you mean 'outputs'?"),
    ],
)
def test_a_mistake_says_what_was_expected(
    tmp_path: Path, lines: str, message: str, hint: str | None
) -> None:
    found = _problems(tmp_path, f"[[tool.longshore.assets]]\n{lines}\n")
    assert (f"pyproject.toml: tool.longshore.assets[0]{message}", hint) in found


def test_one_pair_of_brackets_is_noticed(tmp_path: Path) -> None:
    assert _problems(tmp_path, COLLECT.replace("[[", "[").replace("]]", "]")) == [
        (
            "pyproject.toml: tool.longshore.assets: expected an array of tables, got a table",
            "write its name in two pairs of brackets: [[...]]",
        )
    ]

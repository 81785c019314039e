"""Everything that is wrong with a configuration: all at once, each with its path and its hint."""
# ruff: noqa: E501 - a case on one line is easier to compare with the next one

from pathlib import Path

import pytest

from longshore.config import load_config
from longshore.errors import ConfigError


def load(
    root: Path,
    text: str,
    *,
    environment: dict[str, str] | None = None,
    flags: dict[str, str | bool | None] | None = None,
) -> None:
    (root / "pyproject.toml").write_text(text, encoding="utf-8")
    load_config(root, environment=environment or {}, flags=flags or {})


def problems(root: Path, text: str) -> list[tuple[str, str | None]]:
    with pytest.raises(ConfigError) as raised:
        load(root, text)
    return [(str(finding), finding.hint) for finding in raised.value.findings]


def test_everything_that_is_wrong_is_found_at_once(tmp_path: Path) -> None:
    text = """
[tool.longshore]
bas = "debian:trixie"
bytecode = "yes"
packages = ["libpq5", 5, "Lib PQ"]
registry = "registry.test/acme"

[tool.longshore.processes.web]
asgi = "taskapi"
prot = 8000
port = 80000
resources = { memory = "lots" }

[tool.longshore.processes.Worker]
command = ["worker"]
"""
    place = "pyproject.toml: tool.longshore"
    assert problems(tmp_path, text) == [
        (f"{place}.packages[1]: expected a string, got 5", None),
        (
            f"{place}.packages[2]: expected the name of a Debian package such as 'libpq5', got 'Lib PQ'",
            "versions are pinned by longshore.lock",
        ),
        (f"{place}.bytecode: expected true or false, got 'yes'", None),
        (
            f"{place}.processes.web.asgi: expected 'package.module:attribute', got 'taskapi'",
            "write 'taskapi:app'",
        ),
        (f"{place}.processes.web.port: expected an integer between 1 and 65535, got 80000", None),
        (
            f"{place}.processes.web.resources.memory: expected a size such as '256Mi' or '1Gi', got 'lots'",
            None,
        ),
        (f"{place}.processes.web.prot: unknown key", "did you mean 'port'?"),
        (
            f"{place}.processes.Worker: expected a name of at most 40 lower-case letters, digits and hyphens that starts with a letter, got 'Worker'",
            "write 'worker'",
        ),
        (f"{place}.bas: unknown key", "did you mean 'base'?"),
        (
            f"{place}.registry: unknown key",
            "this version of longshore does not support it yet: remove it",
        ),
    ]


def test_several_problems_have_a_summary_and_one_problem_is_its_own(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, "[tool.longshore]\nbas = 1\nbytecode = 2\n")
    assert str(raised.value) == "pyproject.toml: 2 problems"
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, "[tool.longshore]\nbas = 1\n")
    assert str(raised.value) == "pyproject.toml: tool.longshore.bas: unknown key"
    assert raised.value.hint == "did you mean 'base'?"
    assert raised.value.exit_code == 2


def test_file_environment_and_flags_are_checked_together(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        load(
            tmp_path,
            "[tool.longshore]\nbytecode = 2\n",
            environment={"LONGSHORE_BASE": "trixie", "LONGSHORE_DEBIAN_MIRROR": "deb.test"},
            flags={"--bytecode": "perhaps"},
        )
    assert str(raised.value) == (
        "--bytecode, LONGSHORE_BASE, LONGSHORE_DEBIAN_MIRROR, pyproject.toml: 4 problems"
    )
    assert [str(finding) for finding in raised.value.findings] == [
        "pyproject.toml: tool.longshore.bytecode: expected true or false, got 2",
        "LONGSHORE_BASE: expected a base such as 'debian:trixie', got 'trixie'",
        "LONGSHORE_DEBIAN_MIRROR: expected an http or https URL, got 'deb.test'",
        "--bytecode: expected true or false, got 'perhaps'",
    ]


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[tool]\nlongshore = 1", ": expected a table, got 1", None),
        ("[tool.longshore]\nzzz = 1", ".zzz: unknown key", "known keys: assets, base, build-packages, bytecode, include, mirrors, packages, processes, services"),
        ('[tool.longshore]\n"my key" = 1', ".'my key': unknown key", None),
        ('[tool.longshore]\npackages = "libpq5"', ".packages: expected an array, got 'libpq5'", 'write ["libpq5"]'),
        ("[tool.longshore]\nbase = 2026-01-01", ".base: expected a string, got a date", None),
        ('[tool.longshore]\nbase = " "', ".base: expected a string that is not empty, got ' '", None),
        ('[tool.longshore]\nbase = "image:python"', ".base: bases of kind 'image' are not supported by this version", "use a Debian suite, for example 'debian:trixie'"),
        ('[tool.longshore]\ninclude = ["*.ini"]', ".include[0]: expected a file or a folder, got the pattern '*.ini'", "name the folder: everything tracked below it is included"),
        ('[tool.longshore]\ninclude = ["../x"]', ".include[0]: expected a path inside the project such as 'migrations/', got '../x'", None),
        ('[tool.longshore]\ninclude = ["/etc"]', ".include[0]: expected a path inside the project such as 'migrations/', got '/etc'", None),
        ('[tool.longshore.mirrors]\ndebian = "http://a:b@deb.test"', ".mirrors.debian: expected a URL without credentials", "put the credentials into ~/.netrc"),
        ('[tool.longshore.mirrors]\ndeban = "http://deb.test"', ".mirrors.deban: unknown key", "did you mean 'debian'?"),
        ("[tool.longshore]\nprocesses = []", ".processes: expected a table, got an array", None),
    ],
)  # fmt: skip
def test_a_wrong_value_says_what_was_expected(
    tmp_path: Path, text: str, message: str, hint: str | None
) -> None:
    [(found, found_hint)] = problems(tmp_path, text)
    assert found == f"pyproject.toml: tool.longshore{message}"
    if hint is not None:
        assert found_hint == hint


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('asgi = "a:b"\nwsgi = "a:b"', ": expected one of asgi, wsgi, command, got asgi and wsgi", "give each its own process"),
        ('command = "gunicorn -b :80 app"', ".command: expected an array of words, got 'gunicorn -b :80 app'", 'no shell is involved; write ["gunicorn", "-b", ":80", "app"]'),
        ("command = []", ".command: expected a program and its arguments, got an empty array", None),
        ('command = ["x", 1]', ".command[1]: expected a string, got 1", None),
        ('command = ["x"]\nkind = "wrker"', ".kind: expected one of 'web', 'worker', 'scheduler', 'cron', 'release', 'job', got 'wrker'", "did you mean 'worker'?"),
        ('command = ["x"]\nkind = "cron"', ".kind: kind 'cron' needs a schedule", 'add schedule = "0 3 * * *"'),
        ('asgi = "a:b"\nkind = "worker"', ".kind: asgi goes with kind 'web' only, got 'worker'", None),
        ('command = ["x"]\nrun = "after"', ".run: expected 'before-deploy', got 'after'", None),
        ('asgi = "a:b"\nschedule = "0 3 * * *"', ": asgi and schedule do not go together", None),
        ('command = ["x"]\nsecrets = ["a b"]', ".secrets[0]: expected the name of an environment variable, got 'a b'", None),
        ('command = ["x"]\nsecrets = ["A"]\nenv = { A = "1" }', ".secrets: 'A' is also in env", "keep one of them"),
        ('command = ["x"]\nenv = { A = 1 }', ".env.A: expected a string, got 1", 'write "1"'),
        ('command = ["x"]\nenv = { A = true }', ".env.A: expected a string, got true", 'write "true"'),
        ('command = ["x"]\nwritable = ["data"]', ".writable[0]: expected an absolute folder such as '/data', got 'data'", None),
        ('command = ["x"]\nwritable = ["/"]', ".writable[0]: expected an absolute folder such as '/data', got '/'", None),
        ('command = ["x"]\ndrain = "fast"', ".drain: expected a duration such as '30s' or '2m', got 'fast'", None),
        ('command = ["x"]\nschedule = "@daily"', ".schedule: expected the five fields of crontab(5) such as '0 3 * * *', got '@daily'", "write '0 0 * * *'"),
        ('command = ["x"]\nscale = { min = 3, max = 2 }', ".scale: expected min <= max, got min 3 and max 2", None),
        ('command = ["x"]\nscale = { mni = 3 }', ".scale.mni: unknown key", "did you mean 'min'?"),
        ('command = ["x"]\nsingleton = true\nscale = { max = 2 }', ".scale: a singleton runs once, got max 2", "remove singleton, or scale"),
        ('command = ["x"]\nrestart = "allways"', ".restart: expected one of 'no', 'on-failure', 'always', got 'allways'", "did you mean 'always'?"),
        ('command = ["x"]\nrestart = true', ".restart: expected one of 'no', 'on-failure', 'always', got true", None),
        ('command = ["x"]\nrun = "before-deploy"\nrestart = "always"', ".restart: a process of kind 'release' runs once, and is not started again", "remove it"),
        ('asgi = "a:b"\nserver = "gunicron"', ".server: expected one of 'daphne', 'granian', 'gunicorn', 'hypercorn', 'uvicorn', 'waitress', got 'gunicron'", "did you mean 'gunicorn'?"),
        ('asgi = "a:b"\nserver = "waitress"', ".server: waitress serves WSGI applications only", None),
        ('wsgi = "a:b"\nserver = "hypercorn"', ".server: hypercorn serves ASGI applications only", None),
        ('command = ["x"]\nserver = "gunicorn"', ".server: a command is its own server", "remove it, or command"),
        ('command = ["x"]\nresources = { cpu = 0 }', ".resources.cpu: expected cores such as '100m' or '0.5', got 0", None),
    ],
)  # fmt: skip
def test_a_wrong_process_says_what_was_expected(
    tmp_path: Path, text: str, message: str, hint: str | None
) -> None:
    [(found, found_hint)] = problems(tmp_path, f"[tool.longshore.processes.one]\n{text}\n")
    assert found == f"pyproject.toml: tool.longshore.processes.one{message}"
    assert found_hint == hint


def test_a_credential_in_env_is_refused_and_not_repeated(tmp_path: Path) -> None:
    text = """
[tool.longshore.processes.web]
asgi = "a:b"
env = { DATABASE_URL = "postgresql://app:hunter2@db.test/app", API_KEY = "k-123456" }
"""
    place = "pyproject.toml: tool.longshore.processes.web.env"
    found = problems(tmp_path, text)
    assert found == [
        (
            f"{place}.DATABASE_URL: looks like a URL with a password",
            'write secrets = ["DATABASE_URL"] instead, and set the value where the service runs',
        ),
        (
            f"{place}.API_KEY: looks like a credential",
            'write secrets = ["API_KEY"] instead, and set the value where the service runs',
        ),
    ]
    assert "hunter2" not in str(found)

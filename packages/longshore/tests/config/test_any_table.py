"""Whatever a file says, it is a configuration or a list of problems; never another failure."""

import datetime as dt
from pathlib import Path

import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longshore.config import load_config
from longshore.config.view import settings as shown_settings
from longshore.errors import ConfigError, LongshoreError, ProjectError
from longshore.project import read_project
from longshore.types import Project

WORDS = [
    "",
    "a:app",
    "web",
    "cron",
    "before-deploy",
    "0 3 * * *",
    "30s",
    "256Mi",
    "100m",
    "/data",
    "debian:trixie",
    "http://deb.test",
]
keys = st.sampled_from(["a", "LOG_LEVEL", "cpu", "memory", "min", "max", "debian", "a b"])
scalars = (
    st.sampled_from(WORDS)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=5)
    | st.integers(-10, 100_000)
    | st.floats()
    | st.booleans()
    | st.just(dt.date(2026, 11, 21))
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)
)


def table_of(*names: str) -> st.SearchStrategy[dict[str, object]]:
    return st.dictionaries(st.sampled_from(names), values, max_size=4)


processes = st.dictionaries(
    st.sampled_from(["web", "worker", "Web", "a b"]),
    values
    | table_of(
        "asgi",
        "wsgi",
        "command",
        "kind",
        "port",
        "schedule",
        "run",
        "singleton",
        "drain",
        "writable",
        "env",
        "secrets",
        "resources",
        "scale",
        "restart",
        "server",
        "other",
    ),
    max_size=2,
)
tables = st.builds(
    lambda table, found: {**table, "processes": found},
    table_of("base", "packages", "include", "bytecode", "mirrors", "registry", "zzz"),
    values | processes,
)


unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def outcome(root: Path) -> Project | LongshoreError:
    """Read the project in a folder; any error but ours fails the test."""
    try:
        return read_project(root, load_config(root, environment={}))
    except LongshoreError as error:
        return error


@unhurried
@given(tables)
def test_a_table_is_a_configuration_or_a_list_of_problems(
    tmp_path: Path, table: dict[str, object]
) -> None:
    (tmp_path / "longshore.toml").write_text(tomli_w.dumps(table), encoding="utf-8")
    found = outcome(tmp_path)
    match found:
        case ConfigError():
            places = [finding.location for finding in found.findings]
            assert places
            assert all(place.startswith("longshore.toml") for place in places)
        case LongshoreError():
            assert isinstance(found, ProjectError)
            assert "nothing to run" in str(found) or "the folder's name" in str(found)
        case Project():
            config = load_config(tmp_path, environment={})
            assert len(config.processes) == len(found.processes)
            assert len(shown_settings(config)) >= 4


@unhurried
@given(
    table_of("name", "version", "requires-python", "description", "dynamic"),
    st.none() | values | table_of("requires", "build-backend", "backend-path"),
)
def test_metadata_is_a_project_or_a_list_of_problems(
    tmp_path: Path, project: dict[str, object], build_system: object
) -> None:
    document = {"project": project, "build-system": build_system}
    text = tomli_w.dumps({key: value for key, value in document.items() if value is not None})
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    found = outcome(tmp_path)
    if isinstance(found, LongshoreError):
        assert isinstance(found, ProjectError)
        assert str(found).startswith("pyproject.toml: ")

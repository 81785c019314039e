"""How messages name the tables of a project's configuration."""

from pathlib import Path

import pytest

from longshore.config.places import configuration_file, name_table


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        ((), "longshore.toml"),
        (("pyproject.toml",), "pyproject.toml"),
        (("longshore.toml",), "longshore.toml"),
        (("longshore.toml", "pyproject.toml"), "longshore.toml"),
    ],
)
def test_file_is_the_one_that_a_build_reads(
    tmp_path: Path, files: tuple[str, ...], chosen: str
) -> None:
    for name in files:
        (tmp_path / name).write_text("", "utf-8")
    assert configuration_file(tmp_path) == chosen


def test_tables_are_named_as_they_are_written(tmp_path: Path) -> None:
    assert name_table(tmp_path) == "the top of longshore.toml"
    assert name_table(tmp_path, "processes.web") == "[processes.web] in longshore.toml"
    (tmp_path / "pyproject.toml").write_text("", "utf-8")
    assert name_table(tmp_path) == "[tool.longshore]"
    assert name_table(tmp_path, "processes.web") == "[tool.longshore.processes.web]"

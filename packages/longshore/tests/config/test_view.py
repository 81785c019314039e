"""The configuration as a list of values."""

from pathlib import Path

import pytest

from longshore.config import load_config
from longshore.config.view import render_size, settings


@pytest.mark.parametrize(
    ("table", "shown"),
    [
        ('wsgi = "a:app()"', {"wsgi": "a:app()", "kind": "web", "port": 8000}),
        ('command = ["a", "b"]', {"command": ["a", "b"], "kind": "worker"}),
        ("port = 1", {"port": 1}),
        (
            'command = ["a"]\nscale = { max = 3, cpu = 70 }\nresources = { cpu = 0.5 }',
            {
                "command": ["a"],
                "kind": "worker",
                "resources.cpu": "500m",
                "scale.cpu": 70,
                "scale.max": 3,
            },
        ),
    ],
)
def test_a_process_shows_what_it_has(tmp_path: Path, table: str, shown: dict[str, object]) -> None:
    (tmp_path / "longshore.toml").write_text(f"[processes.one]\n{table}\n")
    config = load_config(tmp_path, environment={})
    found = {setting.path: setting.value for setting in settings(config)}
    assert found == {
        "base": None,
        "packages": [],
        "build-packages": None,
        "include": [],
        "bytecode": True,
        "processes.one.singleton": False,
        "processes.one.drain": "15s",
        "processes.one.writable": [],
        "processes.one.secrets": [],
        "processes.one.scale.min": 1,
        "processes.one.scale.max": 1,
        "processes.one.restart": "on-failure",
        **{f"processes.one.{key}": value for key, value in shown.items()},
    }


def test_mirrors_are_shown_with_their_sources(tmp_path: Path) -> None:
    environment = {"LONGSHORE_DEBIAN_MIRROR": "http://deb.test"}
    config = load_config(tmp_path, environment=environment)
    found = {setting.path: (setting.value, str(setting.source)) for setting in settings(config)}
    assert found["mirrors.debian"] == ("http://deb.test", "LONGSHORE_DEBIAN_MIRROR")


@pytest.mark.parametrize(
    ("count", "text"), [(1 << 30, "1Gi"), (3 << 19, "1536Ki"), (1000, "1000"), (1024, "1Ki")]
)
def test_a_size_is_in_the_largest_unit_that_divides_it(count: int, text: str) -> None:
    assert render_size(count) == text

"""A setting that only the code knows of: told before the build, then by the service itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.conftest import unusable
from tests.e2e.harness import Bench, ask, free_port, give_up

APP = """\
import os

DATABASE_URL = os.environ["DATABASE_URL"]


async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": DATABASE_URL.encode()})
"""


@pytest.fixture
def shop(built: Bench, tmp_path: Path) -> Iterator[Bench]:
    """A project without a table, whose one module reads a setting at import."""
    if reason := unusable("builtin"):
        give_up(f"engine builtin: {reason}")
    folder = tmp_path / "shop-e2e"
    folder.mkdir()
    (folder / "requirements.txt").touch()
    (folder / "shop.py").write_text(APP)
    environment = {name: one for name, one in built.environment.items() if name != "CI"}
    environment.pop("DATABASE_URL", None)
    bench = Bench(project=folder, environment=environment, engine="builtin", port=free_port())
    yield bench
    completed = bench.down("--volumes")
    assert completed.returncode == 0, completed.stderr


def test_a_missing_setting_is_told_twice(shop: Bench) -> None:
    argv = ("up", "--engine", "builtin", "--port", str(shop.port), "--detach")
    completed = shop.run(*argv)
    assert completed.returncode == 8
    warning = (
        "warning: shop.py:3: DATABASE_URL is not set, and web needs it to start: "
        "os.environ['DATABASE_URL']"
    )
    failure = "process 'web' exited with code 78: a setting is missing or wrong"
    lines = completed.stderr.splitlines()
    built = next(number for number, line in enumerate(lines) if line.startswith("built image"))
    failed = next(number for number, line in enumerate(lines) if failure in line)
    assert lines.index(warning) < built < failed
    assert "    DATABASE_URL  required" in lines

    completed = shop.run(*argv, "-e", "DATABASE_URL=sqlite://")
    assert completed.returncode == 0, completed.stderr
    assert "warning" not in completed.stderr
    assert ask(shop.port, "GET", "/").body == b"sqlite://"

    noted = shop.run("build", "-v").stderr
    assert "note: shop.py:3: web needs DATABASE_URL to start\n" in noted

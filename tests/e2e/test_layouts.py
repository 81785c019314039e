"""Projects of every layout, generated, built and run by ``builtin`` without configuration.

They are locked from the real index, by uv or by ``up`` itself. What each took and how large its
image is goes into docs/reference/layouts.md by hand: run with ``-s``.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.e2e.conftest import unusable
from tests.e2e.harness import Bench, free_port, give_up, output_of
from tests.e2e.layouts import ANSWER, LAYOUTS, Layout, workspace

from longshore.cli.context import Context
from longshore.locks.pins import FILENAME as PINS
from longshore.locks.pins import Pins, read_pins, render_pins

FIND = "import shop, os; print(os.listdir(os.path.dirname(shop.__file__)))"
UV = Path(sys.executable).with_name("uv")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of somebody who tries this at home: the cache is kept, the rest is new."""
    if reason := unusable("builtin"):
        give_up(f"engine builtin: {reason}")
    folder = tmp_path_factory.mktemp("layouts")
    environment = {key: value for key, value in os.environ.items() if key != "CI"}
    for name in ("DATA", "STATE"):
        path = folder / name.lower()
        path.mkdir(mode=0o700)
        environment[f"LONGSHORE_{name}_DIR"] = str(path)
    return environment


def write(root: Path, files: dict[str, str]) -> None:
    """Write the files of a project, tracked by git as they would be."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    output_of(["git", "-C", str(root), "init", "-q"])
    output_of(["git", "-C", str(root), "add", "."])


def lock(folder: Path, how: str, environment: dict[str, str]) -> None:
    """Lock a project as its authors would."""
    commands = {
        "uv": ["lock"],
        "compile": [
            *("pip", "compile", "--generate-hashes", "--quiet", "--universal"),
            *("--python-version", "3.13", "requirements.in", "-o", "requirements.txt"),
        ],
    }
    if how == "compile":
        (folder / "requirements.txt").rename(folder / "requirements.in")
    if how:
        done = subprocess.run(
            [UV, *commands[how]], cwd=folder, env=environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        output_of(["git", "-C", str(folder), "add", "."])


def commit(root: Path, tag: str) -> None:
    """Commit a project and tag the commit."""
    nobody = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.test")
    output_of(["git", "-C", str(root), *nobody, "commit", "-q", "-m", "a shop"])
    output_of(["git", "-C", str(root), "tag", tag])


@pytest.fixture(scope="module")
def pinned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder for the base's pins."""
    return tmp_path_factory.mktemp("pinned")


@pytest.fixture
def benches(environment: dict[str, str], pinned: Path) -> Iterator[Callable[[Path], Bench]]:
    """Make a bench in a folder; what is up is taken down again.

    The first project resolves the base, the others have its pins: that is the same for all.
    """
    made: list[Bench] = []

    def bench(folder: Path) -> Bench:
        known = pinned / PINS
        if known.exists():
            shutil.copy(known, folder / PINS)
        made.append(
            Bench(project=folder, environment=environment, engine="builtin", port=free_port())
        )
        return made[-1]

    yield bench
    for each in made:
        down = each.down("--volumes")
        assert down.returncode == 0, down.stderr
        assert not each.is_listening()
    written = read_pins(made[0].project / PINS) if made else None
    if written is not None:
        (pinned / PINS).write_text(render_pins(Pins(bases=written.bases)), encoding="utf-8")


def up(bench: Bench, name: str, *arguments: str, image: str = "shop") -> None:
    """Bring a project up, see that it answers, and print what it took."""
    begun = time.monotonic()
    port = str(bench.port)
    done = bench.run("up", "--detach", "--engine", "builtin", "--port", port, *arguments)
    seconds = time.monotonic() - begun
    assert done.returncode == 0, done.stderr
    answer = bench.ask("GET", "/")
    assert (answer.status, answer.body.decode()) == (200, ANSWER), bench.run("logs").stdout
    layout = Context(environment=bench.environment).layout
    manifest = layout.manifest(layout.resolve(f"{image}:latest"))
    size = sum(layer.size for layer in manifest.layers)
    sys.stdout.write(f"\n| {name} | {seconds:.1f} | {size / 1e6:.0f} |\n")


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda each: each.name)
def test_a_project_of_this_layout_runs(
    layout: Layout,
    tmp_path: Path,
    environment: dict[str, str],
    benches: Callable[[Path], Bench],
) -> None:
    root = tmp_path / "shop"
    write(root, layout.texts())
    folder = root / layout.folder
    lock(folder, layout.lock, environment)
    if layout.tag:
        commit(root, layout.tag)
    bench = benches(folder)
    up(bench, layout.name)
    states = bench.states()
    assert {name: states.get(name) for name in layout.processes} == dict.fromkeys(
        layout.processes, "running"
    )
    if layout.tag:
        ask = "import importlib.metadata; print(importlib.metadata.version('shop'))"
        done = bench.run("run", "--engine", "builtin", "--", "python", "-c", ask)
        assert done.stdout == "1.2.3\n", done.stderr
        data = [each for each in layout.files if each.endswith(".html")]
        inside = bench.run("run", "--engine", "builtin", "--", "python", "-c", FIND)
        assert [each for each in data if each.rpartition("/")[2] not in inside.stdout] == []


@pytest.mark.parametrize("kind", ["uv", "hatch"])
def test_the_applications_of_a_workspace_run_and_share_a_library(
    kind: str, tmp_path: Path, environment: dict[str, str], benches: Callable[[Path], Bench]
) -> None:
    write(tmp_path, workspace(kind))
    lock(tmp_path, "uv" if kind == "uv" else "", environment)
    one, two = benches(tmp_path / "apps/one"), benches(tmp_path / "apps/two")
    up(one, f"{kind} workspace, one of two", image="one")
    up(two, f"{kind} workspace, the other", "--package", "two", image="two")

    def digests() -> dict[str, str]:
        done = two.run("build", "--all", "--quiet")
        assert done.returncode == 0, done.stderr
        return dict(line.split("@") for line in done.stdout.splitlines())

    first = digests()
    assert sorted(first) == ["one", "two"]
    with (tmp_path / "apps/one/src/one/main.py").open("a") as file:
        file.write("# changed\n")
    second = digests()
    assert second["one"] != first["one"]
    assert second["two"] == first["two"]
    with (tmp_path / "libs/prices/src/prices/__init__.py").open("a") as file:
        file.write("# changed\n")
    third = digests()
    assert third["one"] != second["one"]
    assert third["two"] != second["two"]

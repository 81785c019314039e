"""The virtual environment of an image, unpacked for the commands of its build."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from longshore.build.assets.environment import KEPT, open_environment_tree, prune
from longshore.cli.context import Context
from longshore.layers.files import PlainFile
from longshore.layers.inputs import LayerInputs, WheelInput
from longshore.oci.tree_locks import hold
from longshore.testing import Archive, make_wheel
from longshore.testing.sample import BareBase, Sample

SITE = Path("app/.venv/lib/python3.13/site-packages")


@pytest.fixture
def put(tmp_path: Path) -> Callable[[Archive], WheelInput]:
    def write(wheel: Archive) -> WheelInput:
        path = tmp_path / wheel.filename
        path.write_bytes(wheel.content)
        return WheelInput(path=path, sha256=wheel.digest, filename=wheel.filename)

    return write


@pytest.fixture
def workshop(sample: Sample) -> Context:
    return sample.workshop()


@pytest.fixture
def cache(workshop: Context) -> Path:
    return workshop.directories.cache / "assets"


@pytest.fixture
def inputs(tmp_path: Path, put: Callable[[Archive], WheelInput]) -> LayerInputs:
    return LayerInputs(
        interpreter=BareBase(tmp_path).describe().interpreter,
        third_party=(put(make_wheel("lib", files={"lib.py": "X = 1\n"})),),
        files=(PlainFile.of_bytes("main.py", b""),),
    )


def trees(cache: Path) -> list[Path]:
    return sorted(path for path in cache.iterdir() if path.is_dir())


def test_locked_wheels_are_unpacked_once(
    workshop: Context, cache: Path, inputs: LayerInputs
) -> None:
    with open_environment_tree(workshop, inputs) as first:
        assert (first / SITE / "lib.py").read_text() == "X = 1\n"
        assert not (first / "app" / "main.py").exists()
        before = (first / SITE / "lib.py").stat()
    with open_environment_tree(workshop, inputs) as second:
        assert second == first
        assert (second / SITE / "lib.py").stat() == before
    assert trees(cache) == [first]


def test_own_wheels_lie_on_top_and_leave_what_is_below_as_it_was(
    workshop: Context, cache: Path, inputs: LayerInputs, put: Callable[[Archive], WheelInput]
) -> None:
    own = put(make_wheel("own", files={"own.py": "Y = 1\n"}))
    with open_environment_tree(workshop, replace(inputs, application=own)) as tree:
        assert (tree / SITE / "own.py").read_text() == "Y = 1\n"
        shared = (tree / SITE / "lib.py").stat()
        assert shared.st_nlink == 2
    [kept] = trees(cache)
    assert not tree.exists()
    assert not (kept / SITE / "own.py").exists()
    assert (kept / SITE / "lib.py").stat().st_ino == shared.st_ino


def test_oldest_trees_and_leftovers_go_unless_somebody_builds(cache: Path) -> None:
    names = ["a", "b", "c", "d", ".new-1"]
    for age, name in enumerate(names):
        (cache / name / "tree").mkdir(parents=True)
        os.utime(cache / name, (1000 - age, 1000 - age))
    with hold(cache):
        prune(cache)
        assert len(trees(cache)) == len(names)
    prune(cache)
    assert [path.name for path in trees(cache)] == ["a", "b"]
    assert KEPT == 2

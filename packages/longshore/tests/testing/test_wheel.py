"""The wheel maker."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.metadata import Metadata
from packaging.utils import parse_wheel_filename

from longshore.testing import make_wheel


def test_the_same_arguments_give_the_same_bytes() -> None:
    first = make_wheel("a-b", "1", files={"a.py": "x = 1\n"}, requires=["c"])
    assert make_wheel("a-b", "1", files={"a.py": b"x = 1\n"}, requires=["c"]) == first
    assert make_wheel("a-b", "1", files={"a.py": "x = 2\n"}, requires=["c"]) != first


def test_the_file_name_says_what_the_wheel_is() -> None:
    wheel = make_wheel("My.Name-x", "1.0", tag="cp313-abi3-manylinux_2_28_x86_64", build="7")
    name, version, build, tags = parse_wheel_filename(wheel.filename)
    assert (name, str(version), build) == ("my-name-x", "1.0", (7, ""))
    assert {str(tag) for tag in tags} == {"cp313-abi3-manylinux_2_28_x86_64"}


def test_the_metadata_follows_the_specification() -> None:
    wheel = make_wheel(
        requires=["b>=2"],
        extras={"fast": ["c; python_version > '3'"]},
        requires_python=">=3.11",
    )
    with zipfile.ZipFile(io.BytesIO(wheel.content)) as archive:
        metadata = Metadata.from_email(archive.read("sample-1.0.dist-info/METADATA"))
    assert str(metadata.requires_python) == ">=3.11"
    assert metadata.provides_extra == ["fast"]
    assert list(map(str, metadata.requires_dist or ())) == [
        "b>=2",
        'c; python_version > "3" and extra == "fast"',
    ]


@pytest.mark.parametrize("stored", [True, False])
def test_uv_installs_it(tmp_path: Path, stored: bool) -> None:
    wheel = make_wheel(
        files={
            "sample.py": "def main():\n    print('works')\n",
            "sample-1.0.data/scripts/tool": "#!python\nprint('tool')\n",
        },
        console_scripts={"sample": "sample:main"},
        executables=["sample-1.0.data/scripts/tool"],
        stored=stored,
    )
    (tmp_path / wheel.filename).write_bytes(wheel.content)
    subprocess.run(
        [
            *(Path(sys.executable).with_name("uv"), "pip", "install", "--quiet", "--offline"),
            *("--no-deps", "--no-config", "--no-cache", "--python", sys.executable),
            *("--target", tmp_path / "to", tmp_path / wheel.filename),
        ],
        check=True,
    )
    done = subprocess.run(
        [tmp_path / "to/bin/sample"],
        env={"PYTHONPATH": str(tmp_path / "to")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "works\n"

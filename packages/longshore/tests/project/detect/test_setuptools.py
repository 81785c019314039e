"""Projects that only setuptools knows: their metadata, and that they are built."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from longshore.project.detect.files import ProjectFiles
from longshore.project.detect.layout import read_layout
from longshore.project.detect.setuptools import SetupMetadata, read_setup
from longshore.project.metadata import LEGACY_BACKEND, LEGACY_REQUIRES, read_metadata
from longshore.types import parse_name

SETUP_PY = 'from setuptools import setup\nsetup(name="My_Shop", version="1.2", packages=["shop"])\n'
BUILD = {"build-system": {"requires": ["setuptools"]}}


def read(files: Mapping[str, str], document: dict[str, Any] | None = None) -> SetupMetadata | None:
    return read_setup(document, files.get)


def test_a_literal_call_says_everything() -> None:
    text = (
        "import setuptools\n"
        'setuptools.setup(name="My_Shop", version="1.2", python_requires=">=3.9",\n'
        '    description="Sells things.\\nAnd more.", packages=setuptools.find_packages())\n'
    )
    assert read({"setup.py": text}) == SetupMetadata(
        name=parse_name("my-shop"), version="1.2", python=">=3.9", description="Sells things."
    )


def test_setup_cfg_goes_before_setup_py() -> None:
    cfg = (
        "[metadata]\nname = shop\nversion = attr: shop.__version__\n"
        "[options]\npython_requires = >=3.10\n"
    )
    found = read({"setup.py": SETUP_PY, "setup.cfg": cfg})
    assert found == SetupMetadata(
        name=parse_name("shop"), version=None, python=">=3.10", description=""
    )


def test_a_source_distribution_says_what_setup_py_computes() -> None:
    info = "Metadata-Version: 2.4\nName: Shop\nVersion: 3.1\nRequires-Python: >=3.11\n\nName: no\n"
    computed = "from setuptools import setup\nsetup(name=NAME, python_requires=PYTHON)\n"
    assert read({"setup.py": computed}) is None
    found = read({"setup.py": computed, "PKG-INFO": info})
    assert found is not None
    assert (found.name, found.version, found.python) == ("shop", "3.1", ">=3.11")


@pytest.mark.parametrize(
    ("files", "document"),
    [
        ({"setup.cfg": "[metadata]\nname = shop\n"}, None),  # nothing says that it is built
        ({"setup.cfg": "[flake8]\n", "PKG-INFO": ""}, BUILD),
        ({"setup.py": SETUP_PY}, {"project": {"name": "shop"}}),
        ({"setup.py": SETUP_PY}, {"tool": {"poetry": {"name": "shop"}}}),
        ({"setup.py": "setup(name='-')"}, None),
        ({"setup.py": "def broken("}, None),
    ],
)
def test_other_projects_are_none(files: dict[str, str], document: dict[str, Any] | None) -> None:
    assert read(files, document) is None


def test_what_cant_be_understood_is_left_out() -> None:
    found = read({"setup.py": "setup(name='shop', version='new', python_requires='3')"})
    assert found is not None
    assert (found.version, found.python) == (None, "")


def test_it_is_built_as_pep_517_prescribes(tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text(SETUP_PY)
    metadata = read_metadata(tmp_path)
    assert metadata is not None
    assert metadata.name == "my-shop"
    assert metadata.build is not None
    assert (metadata.build.backend, metadata.build.requires) == (LEGACY_BACKEND, LEGACY_REQUIRES)


def test_a_backend_without_a_project_table_is_used(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools>=61"]\nbuild-backend = "setuptools.build_meta"\n'
    )
    (tmp_path / "setup.cfg").write_text("[metadata]\nname = shop\nversion = 1\n")
    metadata = read_metadata(tmp_path)
    assert metadata is not None
    assert metadata.build is not None
    assert (metadata.version, metadata.build.requires) == ("1", ("setuptools>=61",))


def test_detection_knows_that_it_is_built() -> None:
    files = {"setup.py": SETUP_PY, "shop/__init__.py": "", "tool.py": ""}
    project = ProjectFiles(files, lambda path: files[path].encode())
    assert read_layout({}, project, name="shop").is_wheel
    assert not read_layout({"project": {}}, project, name="shop").is_wheel

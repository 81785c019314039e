"""From files to import names, for each backend's configuration."""

from collections.abc import Callable

import pytest

from longshore.project.detect.layout import bad_part, is_importable
from longshore.project.detect.reading import Reading

Read = Callable[..., Reading]

BUILD = '[build-system]\nrequires = []\nbuild-backend = "x"\n[project]\nname = "shop"\n'

LAYOUTS = {
    "src": ("", ["src/shop/__init__.py"], "src/shop/api.py", "shop.api"),
    "flat": ("", ["shop/__init__.py"], "shop/api.py", "shop.api"),
    "a single module": ("", [], "shop.py", "shop"),
    "a package": ("", [], "src/shop/__init__.py", "shop"),
    "hatch, src/py": (
        '[tool.hatch.build.targets.wheel]\npackages = ["src/py/shop"]\n',
        ["src/py/shop/__init__.py"],
        "src/py/shop/api.py",
        "shop.api",
    ),
    "hatch, sources": (
        '[tool.hatch.build.targets.wheel]\nsources = ["lib"]\n',
        [],
        "lib/shop/api.py",
        "shop.api",
    ),
    "setuptools, package-dir": (
        '[tool.setuptools]\npackage-dir = { "" = "python" }\n',
        [],
        "python/shop/api.py",
        "shop.api",
    ),
    "setuptools, where": (
        '[tool.setuptools.packages.find]\nwhere = ["src/py"]\n',
        [],
        "src/py/shop/api.py",
        "shop.api",
    ),
    "poetry": (
        '[[tool.poetry.packages]]\ninclude = "shop"\nfrom = "lib"\n',
        [],
        "lib/shop/api.py",
        "shop.api",
    ),
    "uv": (
        '[tool.uv.build-backend]\nmodule-root = "python"\nmodule-name = "shop"\n',
        [],
        "python/shop/api.py",
        "shop.api",
    ),
    "uv, flat": (
        '[tool.uv.build-backend]\nmodule-root = ""\n',
        [],
        "shop/api.py",
        "shop.api",
    ),
    "pdm": ('[tool.pdm.build]\npackage-dir = "lib"\n', [], "lib/shop/api.py", "shop.api"),
    "maturin": ('[tool.maturin]\npython-source = "python"\n', [], "python/shop/a.py", "shop.a"),
    "another manage.py": ("", ["site/manage.py"], "site/shop/wsgi.py", "site.shop.wsgi"),
}


@pytest.mark.parametrize("case", LAYOUTS)
def test_a_file_has_the_name_that_an_import_would_use(reading: Read, case: str) -> None:
    tool, others, path, name = LAYOUTS[case]

    found = reading({"pyproject.toml": BUILD + tool, path: "", **dict.fromkeys(others, "")})

    assert found.layout.name_of(path) == name
    assert found.layout.path_of(name, found.files) == path


def test_the_folder_of_djangos_manage_py_is_on_the_path(reading: Read) -> None:
    found = reading({"site/manage.py": "import django\n", "site/shop/wsgi.py": ""})

    assert found.layout.name_of("site/shop/wsgi.py") == "shop.wsgi"


def test_setup_py_and_setup_cfg_say_where_packages_are(reading: Read) -> None:
    setup = "from setuptools import setup\nsetup(package_dir={'': 'lib'})\n"
    one = reading({"setup.py": setup, "lib/shop.py": ""})
    two = reading({"setup.cfg": "[options]\npackage_dir =\n    = lib\n", "lib/shop.py": ""})

    assert one.layout.name_of("lib/shop.py") == "shop"
    assert two.layout.name_of("lib/shop.py") == "shop"


def test_what_a_wheel_lacks_is_known(reading: Read) -> None:
    files = {"pyproject.toml": BUILD, "src/shop/__init__.py": "", "tool.py": ""}

    found = reading(files).layout

    assert found.is_shipped("src/shop/api.py")
    assert not found.is_shipped("tool.py")


def test_two_packages_of_a_default_backend_are_both_shipped(reading: Read) -> None:
    files = {"pyproject.toml": BUILD, "shop/__init__.py": "", "extra/__init__.py": ""}

    assert reading(files).layout.shipped == ()


def test_sources_below_a_folder_need_the_path(reading: Read) -> None:
    assert reading({"src/shop/api.py": ""}).layout.python_path == "/app/src"
    assert reading({"shop/api.py": ""}).layout.python_path == ""
    assert reading({"pyproject.toml": BUILD, "src/shop/a.py": ""}).layout.python_path == ""


@pytest.mark.parametrize(
    "broken", ["[tool.hatch]\nbuild = 3\n", "[tool.setuptools]\npackages = 1\n"]
)
def test_a_strange_configuration_is_ignored(reading: Read, broken: str) -> None:
    found = reading({"pyproject.toml": BUILD + broken, "shop/a.py": ""})

    assert found.layout.name_of("shop/a.py") == "shop.a"


def test_an_importable_name_has_no_keyword_and_no_hyphen() -> None:
    assert is_importable("shop.api_v1")
    assert bad_part("shop.my-api") == "my-api"
    assert bad_part("shop.class") == "class"
    assert bad_part("shop") is None

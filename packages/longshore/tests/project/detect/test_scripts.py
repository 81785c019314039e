"""Entry points, wherever a project writes them."""

from collections.abc import Callable

import pytest

from longshore.project.detect.reading import Reading
from longshore.project.detect.scripts import read_scripts

Read = Callable[..., Reading]

PLACES = {
    "PEP 621": {"pyproject.toml": '[project]\nname = "a"\n[project.scripts]\nshop = "shop:main"\n'},
    "Poetry": {"pyproject.toml": '[tool.poetry.scripts]\nshop = "shop:main"\n'},
    "Poetry, a table": {
        "pyproject.toml": '[tool.poetry.scripts]\nshop = { reference = "shop:main" }\n'
    },
    "with extras": {"pyproject.toml": '[project]\n[project.scripts]\nshop = "shop:main [fast]"\n'},
    "setup.cfg": {
        "setup.cfg": "[options.entry_points]\nconsole_scripts =\n    shop = shop:main\n    broken\n"
    },
    "setup.py, a list": {
        "setup.py": "setup(entry_points={'console_scripts': ['shop=shop:main'], 'x': []})\n"
    },
    "setup.py, a text in a dict": {
        "setup.py": "import setuptools\n"
        "setuptools.setup(entry_points={'console_scripts': 'shop=shop:main'})\n"
    },
    "setup.py, a text": {
        "setup.py": "setup(entry_points='''\n    [console_scripts]\n    shop = shop:main\n''')\n"
    },
}


@pytest.mark.parametrize("place", PLACES)
def test_a_console_script_is_read(reading: Read, place: str) -> None:
    found = reading(PLACES[place])

    (script,) = read_scripts(found.document, found.files)

    assert (script.name, script.target) == ("shop", "shop:main")
    assert script.location.startswith(next(iter(PLACES[place])))


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": "[project]\n[project.scripts]\nshop = 3\nother = 'shop'\n"},
        {"setup.py": "def (\n"},
        {"setup.py": "print(1)\n"},
        {"setup.py": "setup(entry_points=read())\n"},
        {"setup.cfg": "no section\n"},
    ],
)
def test_what_is_no_entry_point_is_left_out(reading: Read, files: dict[str, str]) -> None:
    found = reading(files)

    assert read_scripts(found.document, found.files) == ()

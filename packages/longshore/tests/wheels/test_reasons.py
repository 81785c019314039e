"""Who needs what, in a lock that uv wrote."""

import tomllib

from longshore.wheels.reasons import add_dependencies

LOCK = """\
lock-version = "1.0"
created-by = "uv"

[[packages]]
name = "alpha"
version = "1.0"
marker = "sys_platform == 'linux'"
wheels = []

[[packages]]
name = "beta-x"
version = "2.0"
wheels = []

[[packages]]
name = "gamma"
archive = { url = "https://files.test/gamma.whl" }
"""
ANNOTATED = """\
alpha==1.0 ; sys_platform == 'linux'
    # via -r -
beta-x==2.0
    # via
    #   -r -
    #   alpha
    #   gamma
gamma @ https://files.test/gamma.whl
    # via alpha
"""


def test_each_package_names_what_it_needs() -> None:
    document = tomllib.loads(add_dependencies(LOCK, ANNOTATED))
    found = {each["name"]: each.get("dependencies") for each in document["packages"]}
    assert found == {
        "alpha": [{"name": "beta-x"}, {"name": "gamma"}],
        "beta-x": None,
        "gamma": [{"name": "beta-x"}],
    }
    assert document["packages"][0]["marker"] == "sys_platform == 'linux'"


def test_a_lock_without_packages_stays_as_it_is() -> None:
    text = 'lock-version = "1.0"\npackages = []\n'
    assert add_dependencies(text, "") == text

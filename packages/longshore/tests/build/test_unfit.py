"""Which packages of a fresh lock have no wheel for the base."""

import pytest

from longshore.build.unfit import expected_target, unfit_packages
from longshore.types import Platform, PythonVersion

TARGET = expected_target(PythonVersion(3, 13))
MACHINE = Platform.host().machine


@pytest.mark.parametrize(
    ("package", "unfit"),
    [
        ('wheels = [{ name = "a-1-py3-none-any.whl" }]', False),
        (f'wheels = [{{ url = "https://f.test/a-1-cp39-abi3-linux_{MACHINE}.whl" }}]', False),
        (f'wheels = [{{ url = "https://f.test/a-1-cp39-cp39-linux_{MACHINE}.whl" }}]', True),
        ('wheels = [{ url = "https://f.test/a-1-cp313-cp313-win_amd64.whl" }]', True),
        ('wheels = [{ url = "https://f.test/a%2B1.whl" }]', True),
        ("marker = \"os_name == 'nt'\"\nwheels = [{ name = 'a-1-py2-none-any.whl' }]", False),
        ('sdist = { name = "a-1.tar.gz" }', False),
        ('directory = { path = "a" }', False),
    ],
)
def test_a_package_is_unfit_if_it_is_needed_and_no_wheel_fits(package: str, unfit: bool) -> None:
    lock = f'[[packages]]\nname = "a"\nversion = "1"\n{package}\n'
    assert unfit_packages(lock, TARGET) == ({"a": "1"} if unfit else {})

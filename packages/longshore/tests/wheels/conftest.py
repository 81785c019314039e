"""Selections and targets to choose wheels for."""

import pytest

from longshore.types import Glibc, Platform, PythonVersion, Target


@pytest.fixture
def target() -> Target:
    """Python 3.13 on Debian trixie, amd64."""
    return Target.cpython(
        platform=Platform("linux", "amd64"), python=PythonVersion(3, 13, 5), libc=Glibc(2, 41)
    )

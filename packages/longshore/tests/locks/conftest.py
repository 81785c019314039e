"""Targets that locks are read for."""

import pytest

from longshore.types import Glibc, Platform, PythonVersion, Target


@pytest.fixture
def target() -> Target:
    """Python 3.13 on Debian trixie, amd64."""
    return Target.cpython(
        platform=Platform("linux", "amd64"), python=PythonVersion(3, 13, 5), libc=Glibc(2, 41)
    )


@pytest.fixture
def old_target() -> Target:
    """Python 3.11 on Debian bookworm, arm64."""
    return Target.cpython(
        platform=Platform("linux", "arm64"), python=PythonVersion(3, 11, 2), libc=Glibc(2, 36)
    )

"""A sandbox, or a reason why there is none; a root file system made of the host's programs."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from longshore.errors import PreflightError
from longshore.sandbox import Mount, NamespaceSandbox, find_sandbox


def skip_or_fail(reason: str) -> None:
    """Skip on a developer's machine; a machine of CI must be able to run everything."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def sandbox() -> NamespaceSandbox:
    try:
        return find_sandbox()
    except PreflightError as error:
        skip_or_fail(f"no namespaces here: {error}")
        raise


class HostRoot:
    """An otherwise empty root whose programs are the host's ``/usr``, mounted read-only."""

    def __init__(self, root: Path) -> None:
        root.mkdir(mode=0o755)
        (root / "etc").mkdir()
        (root / "etc/os-release").write_text("ID=fixture\n")
        self.root = root
        mounts = [Mount(source=Path("/usr"), target=PurePosixPath("/usr"))]
        for name in ("bin", "lib", "lib32", "lib64", "sbin"):
            host = Path("/") / name
            if host.is_symlink():
                (root / name).symlink_to(host.readlink())
            elif host.is_dir():
                mounts.append(Mount(source=host, target=PurePosixPath(host)))
        self.mounts = tuple(mounts)


@pytest.fixture
def host() -> Iterator[HostRoot]:
    """Not below ``tmp_path``, which only its owner may enter: a test runs as somebody else."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield HostRoot(Path(folder) / "root")

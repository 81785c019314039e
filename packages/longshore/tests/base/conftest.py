"""A small archive of Debian, and a sandbox that runs the host's Python."""

import subprocess
import sys
from pathlib import Path

import pytest

from longshore.sandbox import Command, Completed
from longshore.testing import Network, StaticSite
from longshore.testing.debian import DebianArchive, minimal_base

HOST = "mirror.test"


class HostSandbox:
    """Runs a base's interpreter as the host's: mounts become the host folders behind them."""

    name = "host"

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def run(self, command: Command, *, stdin: bytes = b"") -> Completed:
        self.commands.append(command)
        places = {str(mount.target): str(mount.source) for mount in command.mounts}
        argv = [sys.executable, *(places.get(each, each) for each in command.argv[1:])]
        done = subprocess.run(
            argv, input=stdin, env=dict(command.env), capture_output=True, check=False
        )
        return Completed(returncode=done.returncode, stdout=done.stdout, stderr=done.stderr)


@pytest.fixture
def host_sandbox() -> HostSandbox:
    return HostSandbox()


@pytest.fixture
def archive(network: Network) -> DebianArchive:
    archive = DebianArchive(network.host(HOST, StaticSite()))
    archive.add_suite("trixie", minimal_base())
    archive.add_suite("trixie-updates", [])
    archive.add_suite(
        "trixie-security", [], root="/debian-security", fields={"Label": "Debian-Security"}
    )
    return archive


@pytest.fixture
def apt(tmp_path: Path) -> Path:
    """The apt sources of a machine whose mirror is the archive."""
    folder = tmp_path / "apt"
    folder.mkdir()
    (folder / "sources.list").write_text(f"deb http://{HOST}/debian trixie main\n")
    return folder

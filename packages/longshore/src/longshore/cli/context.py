"""What a command gets: everything it may need, made when it is first asked for.

A command that never touches the network never imports it, which keeps `longshore --help` as quick
as an import of click.
"""
# ruff: noqa: PLC0415 - each command pays only for the rooms that it uses

import sys
from collections.abc import Mapping
from functools import cached_property
from os import environ
from typing import TYPE_CHECKING

from longshore.cli.terminal import OutputSettings, Terminal

if TYPE_CHECKING:
    from pathlib import Path

    from longshore.cli.reporter import ClosableReporter
    from longshore.config import Config
    from longshore.config.directories import Directories
    from longshore.net import CredentialStore, Transport
    from longshore.oci.blobs import BlobStore
    from longshore.oci.layout import ImageLayout
    from longshore.oci.memos import MemoStore
    from longshore.project.detect import Detection
    from longshore.project.workspace import Workspace
    from longshore.sandbox import NamespaceSandbox
    from longshore.types import Process, Project, SourceTree


_SHARED = (
    *("terminal", "reporter", "directories", "blobs", "memos", "layout"),
    *("credentials", "transport", "sandbox"),
)
"""Tools that know nothing of the project."""

_OF_THE_PROJECT = frozenset({"config", "detection", "project", "root", "source", "workspace"})


class Context:
    """The surroundings of one run of the command line.

    Args:
        environment: environment variables; the process's own by default.
        start: the folder from which the project is looked for; the working directory by default.

    ``flags`` is for commands that have ``--base`` or ``--bytecode``: set them before ``config`` is
    asked for. ``package`` chooses a member of the workspace, likewise, and ``otherwise`` is what
    runs where the project does not say.
    """

    def __init__(self, *, environment: Mapping[str, str] | None = None, start: str = ".") -> None:
        self.environment = environ if environment is None else environment
        self.start = start
        self.output = OutputSettings()
        self.flags: dict[str, str | bool | None] = {}
        self.package: str | None = None
        self.otherwise: Process | None = None

    @cached_property
    def terminal(self) -> Terminal:
        """Where the command prints; asked for when all options have been read."""
        return Terminal(
            stdout=sys.stdout,
            stderr=sys.stderr,
            settings=self.output,
            environment=self.environment,
        )

    @cached_property
    def reporter(self) -> "ClosableReporter":
        """Who shows progress; closed by ``main``."""
        from longshore.cli.reporter import make_reporter

        return make_reporter(self.terminal)

    @cached_property
    def directories(self) -> "Directories":
        """The cache, data and state folders."""
        from longshore.config.directories import Directories

        return Directories(environment=self.environment)

    @cached_property
    def blobs(self) -> "BlobStore":
        """The cache of everything that is downloaded, by digest."""
        from longshore.oci.blobs import BlobStore

        return BlobStore(self.directories.cache / "blobs")

    @cached_property
    def memos(self) -> "MemoStore":
        """The cache of what expensive steps came to."""
        from longshore.oci.memos import MemoStore

        return MemoStore(self.directories.cache / "memos")

    @cached_property
    def layout(self) -> "ImageLayout":
        """The store of the images that were built here."""
        from longshore.oci.layout import ImageLayout

        return ImageLayout.open(self.directories.data / "images")

    @cached_property
    def credentials(self) -> "CredentialStore":
        """Who we are to servers, by origin."""
        from longshore.net import CredentialStore

        return CredentialStore(environment=self.environment)

    @cached_property
    def transport(self) -> "Transport":
        """The one way to a server; closed by ``main``."""
        from longshore.net import Transport

        return Transport(
            credentials=self.credentials, environment=self.environment, reporter=self.reporter
        )

    @cached_property
    def sandbox(self) -> "NamespaceSandbox":
        """Where whatever comes from a project or an index runs."""
        from longshore.sandbox import open_sandbox

        return open_sandbox()

    @cached_property
    def root(self) -> "Path":
        """The project's folder: the nearest one, or that of ``package`` in its workspace."""
        from pathlib import Path

        from longshore.project.root import find_root

        root = find_root(Path(self.start))
        if self.package is None:
            return root
        from longshore.project.workspace import choose_member, find_workspace

        return choose_member(find_workspace(root), self.package, root)

    @cached_property
    def workspace(self) -> "Workspace | None":
        """The workspace that the project is in."""
        from longshore.project.workspace import find_workspace

        return find_workspace(self.root)

    @cached_property
    def config(self) -> "Config":
        """The project's configuration, under the environment and under ``flags``."""
        from longshore.config import load_config

        return load_config(
            self.root,
            environment=self.environment,
            flags=self.flags,
            workspace=self.workspace.root if self.workspace else None,
        )

    @cached_property
    def project(self) -> "Project":
        """The project, as its files say."""
        from longshore.project import read_project

        return read_project(
            self.root,
            self.config,
            detection=self.detection,
            otherwise=self.otherwise,
            files=lambda: (file.path for file in self.source.files),
        )

    @cached_property
    def detection(self) -> "Detection | None":
        """What reading the code says, where the configuration leaves open what runs."""
        from longshore.project.processes import needs_detection

        if not needs_detection(self.config):
            return None
        from longshore.project.detect import detect_project, report_detection

        paths = [file.path for file in self.source.files]
        found = detect_project(self.root, paths=paths, locked=self._locked_names())
        report_detection(found, self.reporter)
        if not found.processes and self.source.untracked:
            from longshore.build.untracked import report_untracked

            report_untracked(self.source.untracked, self.reporter)
        return found

    def _locked_names(self) -> "frozenset[str] | None":
        from longshore.errors import LockError
        from longshore.locks import read_lock

        try:
            lock = read_lock(self.root, environment=self.environment)
        except LockError:
            return None  # who needs the lock says what is wrong with it
        return frozenset(package.name for package in lock.packages)

    @cached_property
    def source(self) -> "SourceTree":
        """The snapshot of the project's files."""
        from longshore.source import read_source

        nested = self.workspace.nested(self.root) if self.workspace else ()
        return read_source(self.root, exclude=nested)

    def of_package(self, name: str) -> "Context":
        """Return what a command needs for another member, with the same tools."""
        other = Context(environment=self.environment, start=self.start)
        other.package = name
        other.output = self.output
        other.flags = self.flags
        for tool in _SHARED:
            other.__dict__[tool] = getattr(self, tool)
        return other

    def renewed(self) -> "Context":
        """Return the same surroundings in which the project will be read afresh."""
        fresh = Context(environment=self.environment, start=self.start)
        fresh.__dict__.update(
            {name: value for name, value in self.__dict__.items() if name not in _OF_THE_PROJECT}
        )
        return fresh

    def close(self) -> None:
        """Give the terminal back and close connections; closing twice is harmless."""
        if "reporter" in self.__dict__:
            self.reporter.close()
        if "transport" in self.__dict__:
            self.transport.close()

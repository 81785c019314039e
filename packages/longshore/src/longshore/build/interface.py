"""What a build needs from outside, and what it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from longshore.config import Config
from longshore.config.directories import Directories
from longshore.net import Transport
from longshore.oci.blobs import BlobStore
from longshore.oci.descriptor import Descriptor
from longshore.oci.layout import ImageLayout
from longshore.oci.memos import MemoStore
from longshore.project.workspace import Workspace
from longshore.sandbox.interface import Sandbox
from longshore.types import BuildRecord, Finding, Project, Reporter, SourceTree

if TYPE_CHECKING:
    from longshore.project.detect import Detection


class Workshop(Protocol):
    """The project and the tools at hand; each is made when it is first asked for.

    The command line's context is one. What a build does not need is never made: a build that finds
    its image again opens no connection and no sandbox.
    """

    @property
    def environment(self) -> Mapping[str, str]:
        """Environment variables."""

    @property
    def root(self) -> Path:
        """The project's folder."""

    @property
    def workspace(self) -> Workspace | None:
        """The workspace that the project is in."""

    @property
    def config(self) -> Config:
        """The project's configuration."""

    @property
    def project(self) -> Project:
        """The project, as its files say."""

    @property
    def detection(self) -> "Detection | None":
        """What reading the code says, where the configuration leaves open what runs."""

    @property
    def source(self) -> SourceTree:
        """The snapshot of the project's files."""

    @property
    def directories(self) -> Directories:
        """The cache, data and state folders."""

    @property
    def blobs(self) -> BlobStore:
        """The cache of everything that is downloaded or built, by digest."""

    @property
    def memos(self) -> MemoStore:
        """The cache of what expensive steps came to."""

    @property
    def layout(self) -> ImageLayout:
        """The store of the images that were built here."""

    @property
    def transport(self) -> Transport:
        """The one way to a server."""

    @property
    def sandbox(self) -> Sandbox:
        """Where whatever comes from a project or an index runs."""

    @property
    def reporter(self) -> Reporter:
        """Who hears about progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """An image in the store.

    Args:
        descriptor: of its manifest.
        name: under which the store finds it: ``taskapi:latest``.
        record: what went into it and why.
        project: the project as it is in the image: with the server of each process.
        findings: what a user should know, warnings and notes.
        cached: whether nothing had to be made.
    """

    descriptor: Descriptor
    name: str
    record: BuildRecord
    project: Project
    findings: tuple[Finding, ...] = ()
    cached: bool = False

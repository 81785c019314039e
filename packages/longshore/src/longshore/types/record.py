"""The build record: what went into an image and why.

It is kept beside every image. ``inspect``, ``diff``, the SBOM, provenance, ``rebase`` and
``promote`` read it; nothing guesses.
"""

from dataclasses import dataclass
from enum import StrEnum

from longshore.types.digest import Digest
from longshore.types.platform import Platform

RECORD_FORMAT = 1
"""Raised whenever a field changes its meaning."""


class MaterialKind(StrEnum):
    """What sort of input a material is.

    ``SOURCE`` is first-party; an ``SDIST`` is somebody else's, and its wheel was built here.
    """

    WHEEL = "wheel"
    SDIST = "sdist"
    SOURCE = "source"
    OS_PACKAGE = "os-package"
    BASE_IMAGE = "base-image"
    INTERPRETER = "interpreter"
    BUILD_REQUIREMENT = "build-requirement"
    ADDED = "added"


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """One input of a build.

    Args:
        kind: what it is.
        purl: its package URL (ECMA-427), without credentials or an index's host.
        url: where its bytes came from, credentials removed, or an empty string.
        sha256: of its bytes.
        layer: the digest of the layer that holds it, or ``None`` for what only builds.
        reason: why it is there: ``locked: fastapi -> starlette``, ``added by longshore``.
    """

    kind: MaterialKind
    purl: str
    url: str
    sha256: Digest
    layer: Digest | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformRecord:
    """What one platform of an image became.

    ``layers`` pairs each layer's digest with its size in bytes and what it holds, base first.
    """

    platform: Platform
    manifest: Digest
    config: Digest
    layers: tuple[tuple[Digest, int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRecord:
    """The inputs and outputs of one build.

    Args:
        format: ``RECORD_FORMAT`` of the writer.
        tool: ``longshore`` and its version.
        inputs_digest: of everything that decides the image's bytes.
        materials: sorted by kind and purl.
        platforms: sorted by platform.
        revision: the source's commit, or ``None``.
        dirty: whether tracked files differed from it.
        host_build: whether a step ran outside the sandbox, because the user said so.
    """

    format: int
    tool: str
    inputs_digest: Digest
    materials: tuple[Material, ...]
    platforms: tuple[PlatformRecord, ...]
    revision: str | None = None
    dirty: bool = False
    host_build: bool = False

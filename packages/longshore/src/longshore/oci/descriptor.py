"""Descriptors: the pointers of the OCI image format (image-spec 1.1, descriptor.md)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from longshore.types import Digest, Platform


class MediaType(StrEnum):
    """The media types that Longshore reads or writes (image-spec 1.1, media-types.md)."""

    INDEX = "application/vnd.oci.image.index.v1+json"
    MANIFEST = "application/vnd.oci.image.manifest.v1+json"
    CONFIG = "application/vnd.oci.image.config.v1+json"
    LAYER_TAR = "application/vnd.oci.image.layer.v1.tar"
    LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
    LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"
    EMPTY = "application/vnd.oci.empty.v1+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptor:
    """The type, digest and size (bytes) of some content, with optional annotations."""

    media_type: str
    digest: Digest
    size: int
    annotations: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    platform: Platform | None = None
    artifact_type: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the descriptor as a JSON object; empty parts are left out."""
        document: dict[str, Any] = {
            "mediaType": self.media_type,
            "digest": str(self.digest),
            "size": self.size,
        }
        if self.annotations:
            document["annotations"] = dict(sorted(self.annotations.items()))
        if self.platform is not None:
            document["platform"] = {
                "architecture": self.platform.architecture,
                "os": self.platform.os,
            }
            if self.platform.variant:
                document["platform"]["variant"] = self.platform.variant
        if self.artifact_type is not None:
            document["artifactType"] = self.artifact_type
        return document

"""Manifests and indexes (image-spec 1.1, manifest.md and image-index.md).

The bytes that were read or will be sent stay with the parsed object: a digest is of them, never
of a second serialisation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Self

from longshore.errors import SupplyChainError
from longshore.oci.descriptor import Descriptor, MediaType
from longshore.oci.document import Reader, canonical
from longshore.types import Digest, Platform

_NOTHING: Mapping[str, str] = MappingProxyType({})
_SCHEMA_VERSION = 2
_DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One platform's image: a configuration and its layers, bottom first."""

    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=lambda: _NOTHING, hash=False)
    media_type: str = MediaType.MANIFEST
    raw: bytes = field(repr=False)

    @classmethod
    def create(
        cls,
        *,
        config: Descriptor,
        layers: Sequence[Descriptor],
        annotations: Mapping[str, str] = _NOTHING,
    ) -> Self:
        """Make a manifest and its canonical bytes."""
        document: dict[str, Any] = {
            "schemaVersion": _SCHEMA_VERSION,
            "mediaType": MediaType.MANIFEST.value,
            "config": config.to_json(),
            "layers": [layer.to_json() for layer in layers],
        }
        if annotations:
            document["annotations"] = dict(annotations)
        return cls(
            config=config,
            layers=tuple(layers),
            annotations=MappingProxyType(dict(sorted(annotations.items()))),
            raw=canonical(document),
        )

    @classmethod
    def parse(cls, raw: bytes, where: str = "manifest") -> Self:
        """Read a manifest of OCI or of Docker's schema 2, which has the same shape.

        Raises:
            SupplyChainError: if it is neither; ``where`` is put in front.
        """
        reader = Reader.parse(raw, where)
        media_type = _check(reader, where, (MediaType.MANIFEST, _DOCKER_MANIFEST))
        config = reader.child("config")
        if config is None:
            msg = f"{where}: config: expected a descriptor"
            raise SupplyChainError(msg)
        return cls(
            config=read_descriptor(config),
            layers=tuple(read_descriptor(layer) for layer in reader.children("layers")),
            annotations=reader.mapping("annotations"),
            media_type=media_type,
            raw=raw,
        )

    def descriptor(self, platform: Platform | None = None) -> Descriptor:
        """Return the pointer to this manifest."""
        return Descriptor(
            media_type=self.media_type,
            digest=Digest.of(self.raw),
            size=len(self.raw),
            platform=platform,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A list of manifests: the platforms of an image, or the names of a layout."""

    manifests: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=lambda: _NOTHING, hash=False)
    media_type: str = MediaType.INDEX
    raw: bytes = field(repr=False)

    @classmethod
    def create(
        cls, manifests: Sequence[Descriptor], annotations: Mapping[str, str] = _NOTHING
    ) -> Self:
        """Make an index and its canonical bytes."""
        document: dict[str, Any] = {
            "schemaVersion": _SCHEMA_VERSION,
            "mediaType": MediaType.INDEX.value,
            "manifests": [manifest.to_json() for manifest in manifests],
        }
        if annotations:
            document["annotations"] = dict(annotations)
        return cls(
            manifests=tuple(manifests),
            annotations=MappingProxyType(dict(sorted(annotations.items()))),
            raw=canonical(document),
        )

    @classmethod
    def parse(cls, raw: bytes, where: str = "index") -> Self:
        """Read an index of OCI or a manifest list of Docker.

        Raises:
            SupplyChainError: if it is neither; ``where`` is put in front.
        """
        reader = Reader.parse(raw, where)
        media_type = _check(reader, where, (MediaType.INDEX, _DOCKER_INDEX))
        return cls(
            manifests=tuple(read_descriptor(item) for item in reader.children("manifests")),
            annotations=reader.mapping("annotations"),
            media_type=media_type,
            raw=raw,
        )


def _check(reader: Reader, where: str, accepted: tuple[str, str]) -> str:
    if reader.integer("schemaVersion") != _SCHEMA_VERSION:
        msg = f"{where}: schemaVersion: expected {_SCHEMA_VERSION}"
        raise SupplyChainError(msg)
    media_type = reader.text("mediaType", accepted[0])
    if media_type not in accepted:
        msg = f"{where}: mediaType: expected {str(accepted[0])!r}, got {media_type!r}"
        raise SupplyChainError(msg)
    return media_type


def read_descriptor(reader: Reader) -> Descriptor:
    """Read a descriptor.

    Raises:
        SupplyChainError: if its digest or size is not valid.
    """
    platform = reader.child("platform")
    return Descriptor(
        media_type=reader.text("mediaType"),
        digest=reader.digest("digest"),
        size=reader.integer("size"),
        annotations=reader.mapping("annotations"),
        platform=None if platform is None else platform.platform(),
        artifact_type=reader.text("artifactType") or None,
    )

"""What is in an image and why: the build record and the image's own documents as one report; pure.

An image that Longshore did not build has no record. Then its manifest and configuration tell what
they can: layers with what their history says, how it starts, what its annotations claim.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from longshore.build.purl import parse_purl
from longshore.build.servers import find_choice
from longshore.oci.config import ImageConfig, read_image_config
from longshore.oci.descriptor import Descriptor
from longshore.oci.document import Reader
from longshore.oci.manifest import Manifest
from longshore.types import BuildRecord, Digest, Material, MaterialKind, Platform, PlatformRecord
from longshore.types.server import OWN_SERVER

_BASE_NAME: Final = "org.opencontainers.image.base.name"
_LOCKED: Final = "locked: "
_ADDED: Final = "added by longshore: "
_ORDER: Final = (
    *(MaterialKind.SOURCE, MaterialKind.WHEEL, MaterialKind.SDIST, MaterialKind.ADDED),
    *(
        MaterialKind.INTERPRETER,
        MaterialKind.OS_PACKAGE,
        MaterialKind.BASE_IMAGE,
        MaterialKind.BUILD_REQUIREMENT,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectedPackage:
    """One package that an image was made of.

    Args:
        name: of the distribution or the Debian package.
        version: of it.
        kind: what it is to the image.
        path: the dependencies that brought it, from the project's own to itself; empty for what
            no lock brought.
        reason: in words, where there is no path.
        purl: its package URL.
        sha256: of its file.
        layer: the layer that holds it; ``None`` for what only builds.
        size: bytes of its file, compressed, or ``None`` where the file is not here.
        url: where it came from, or an empty string.
    """

    name: str
    version: str
    kind: MaterialKind
    path: tuple[str, ...]
    reason: str
    purl: str
    sha256: Digest
    layer: Digest | None
    size: int | None
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectedLayer:
    """One layer: its digest, that of its tar, its compressed size in bytes, and what it holds."""

    digest: Digest
    diff_id: Digest
    size: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """An image, looked at.

    Args:
        name: under which it was found.
        digest: of its manifest.
        platform: what it runs on, if it says so.
        created: its date as it is written there (RFC 3339).
        base: the base's name, or an empty string.
        layers: bottom first.
        packages: the project's own first, what only builds last, by name; empty without a record.
        config: how its containers start.
        annotations: of the manifest.
        record: the build record, or ``None`` for an image that Longshore did not build here.
    """

    name: str
    digest: Digest
    platform: Platform | None
    created: str
    base: str
    layers: tuple[InspectedLayer, ...]
    packages: tuple[InspectedPackage, ...]
    config: ImageConfig
    annotations: Mapping[str, str] = field(hash=False)
    record: BuildRecord | None

    @property
    def server(self) -> str:
        """What serves without arguments, and why: ``gunicorn 23.0.0, of the lock``; else empty."""
        words = self.config.cmd
        if self.record is None or "--interface" not in words:
            return ""
        name = words[words.index("--server") + 1] if "--server" in words else OWN_SERVER
        return str(find_choice(name, self.record))

    @property
    def size(self) -> int:
        """Bytes of all layers, compressed: what a machine without any of them pulls."""
        return sum(layer.size for layer in self.layers)

    def of(self, *kinds: MaterialKind) -> tuple[InspectedPackage, ...]:
        """Return the packages of some kinds."""
        return tuple(package for package in self.packages if package.kind in kinds)


def inspect_image(
    name: str,
    descriptor: Descriptor,
    manifest: Manifest,
    raw_config: bytes,
    *,
    record: BuildRecord | None,
    sizes: Mapping[Digest, int],
) -> Inspection:
    """Put together what is known of an image.

    Args:
        name: under which it was found.
        descriptor: of its manifest.
        manifest: of one platform.
        raw_config: the configuration that the manifest points to, with as many diffIDs as layers.
        record: of the build, if there was one here.
        sizes: bytes of the packages' files, as far as they are known, by digest.

    Raises:
        SupplyChainError: if the configuration is none.
    """
    where = str(manifest.config.digest)
    config, diff_ids = read_image_config(raw_config, where)
    document = Reader.parse(raw_config, where)
    titles = _titles(_platform_record(record, descriptor.digest), raw_config)
    layers = (
        InspectedLayer(
            digest=layer.digest,
            diff_id=diff_id,
            size=layer.size,
            title=titles.get(number, ""),
        )
        for number, (layer, diff_id) in enumerate(zip(manifest.layers, diff_ids, strict=True))
    )
    materials = () if record is None else record.materials
    return Inspection(
        name=name,
        digest=descriptor.digest,
        platform=document.platform(),
        created=document.text("created"),
        base=manifest.annotations.get(_BASE_NAME, config.labels.get(_BASE_NAME, "")),
        layers=tuple(layers),
        packages=_packages(materials, sizes),
        config=config,
        annotations=manifest.annotations,
        record=record,
    )


def _platform_record(record: BuildRecord | None, manifest: Digest) -> PlatformRecord | None:
    platforms = () if record is None else record.platforms
    return next((each for each in platforms if each.manifest == manifest), None)


def _titles(record: PlatformRecord | None, raw_config: bytes) -> dict[int, str]:
    """Return what each layer holds, by its position: as recorded, else as the history says."""
    if record is not None:
        return {number: title for number, (_, _, title) in enumerate(record.layers)}
    return dict(enumerate(_history(json.loads(raw_config))))


def _history(document: dict[str, Any]) -> Iterator[str]:
    """Yield the history of what made a layer (image-spec 1.1, config.md §history)."""
    entries = document.get("history")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and not entry.get("empty_layer"):
            text = str(entry.get("comment") or entry.get("created_by") or "")
            # How Docker's classic builder writes an instruction that runs no command.
            yield " ".join(text.removeprefix("/bin/sh -c #(nop) ").split())


def _packages(
    materials: Iterable[Material], sizes: Mapping[Digest, int]
) -> tuple[InspectedPackage, ...]:
    found = [_package(material, sizes) for material in materials]
    return tuple(sorted(found, key=lambda each: (_ORDER.index(each.kind), each.name)))


def _package(material: Material, sizes: Mapping[Digest, int]) -> InspectedPackage:
    name, version = parse_purl(material.purl)
    path: tuple[str, ...] = ()
    if material.reason.startswith(_LOCKED):
        path = tuple(material.reason.removeprefix(_LOCKED).split(" -> "))
    return InspectedPackage(
        name=name,
        version=version,
        kind=material.kind,
        path=path,
        reason=material.reason.removeprefix(_ADDED),
        purl=material.purl,
        sha256=material.sha256,
        layer=material.layer,
        size=sizes.get(material.sha256),
        url=material.url,
    )


def inspection_document(found: Inspection) -> dict[str, Any]:
    """Return all of it for JSON."""
    config, record = found.config, found.record
    return {
        "name": found.name,
        "digest": str(found.digest),
        "platform": None if found.platform is None else str(found.platform),
        "created": found.created or None,
        "size": found.size,
        "base": found.base or None,
        "server": found.server or None,
        "config": {
            "entrypoint": list(config.entrypoint),
            "cmd": list(config.cmd),
            "user": config.user,
            "working_dir": config.working_dir,
            "env": dict(config.env),
            "ports": list(config.exposed_ports),
            "volumes": list(config.volumes),
            "labels": dict(config.labels),
            "stop_signal": config.stop_signal or None,
        },
        "annotations": dict(found.annotations),
        "build": None
        if record is None
        else {
            "tool": record.tool,
            "inputs": str(record.inputs_digest),
            "revision": record.revision,
            "dirty": record.dirty,
            "host_build": record.host_build,
        },
        "layers": [
            {
                "digest": str(layer.digest),
                "diff_id": str(layer.diff_id),
                "size": layer.size,
                "title": layer.title,
            }
            for layer in found.layers
        ],
        "packages": [_package_document(package) for package in found.packages],
    }


def _package_document(package: InspectedPackage) -> dict[str, Any]:
    return {
        "name": package.name,
        "version": package.version,
        "kind": package.kind.value,
        "path": list(package.path),
        "reason": package.reason,
        "purl": package.purl,
        "sha256": str(package.sha256),
        "layer": None if package.layer is None else str(package.layer),
        "size": package.size,
        "url": package.url or None,
    }

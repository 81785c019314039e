"""The materials of an image: every input, where it is in the image, and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from longshore.base import BaseImage, OsPackage
from longshore.build.added import RUNTIME_NAME, runtime_version
from longshore.build.materials import LockedWheels
from longshore.layers.assemble import LayerSet
from longshore.locks.pins import BasePins, PinnedDeb
from longshore.net import redact_url
from longshore.types import Digest, Material, MaterialKind
from longshore.wheels.built import BuiltWheel
from longshore.wheels.fetch import FetchedWheel

_BUILDS = "builds wheels from sources"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What a build was made of; the toolchain where something was compiled."""

    image: BaseImage
    locked: LockedWheels
    server: LockedWheels | None
    own: tuple[BuiltWheel, ...]
    tools: tuple[FetchedWheel, ...]
    toolchain: BasePins | None
    layers: LayerSet


def list_materials(inventory: Inventory, layers: Sequence[Digest]) -> tuple[Material, ...]:
    """Return every material, sorted by kind and purl.

    Args:
        inventory: what the build was made of.
        layers: the digests of the image's layers, the base's first.
    """
    found = [
        *_os_packages(inventory, layers),
        *_locked(inventory, layers),
        *_sdists(inventory, layers),
        *_own(inventory, layers),
        *_added(inventory, layers),
        *_tools(inventory),
    ]
    return tuple(sorted(found, key=lambda material: (material.kind, material.purl)))


def _layer(inventory: Inventory, layers: Sequence[Digest], sha256: Digest) -> Digest | None:
    """Return the layer that holds a wheel's files; they lie on top of the base's."""
    place = inventory.layers.places.get(sha256)
    return None if place is None else layers[len(inventory.image.layers) + place]


def _deb_purl(package: OsPackage | PinnedDeb, reference: str) -> str:
    qualifiers = f"arch={package.architecture}&distro={reference.partition(':')[2]}"
    return f"pkg:deb/debian/{quote(package.name)}@{quote(package.version)}?{qualifiers}"


def _os_packages(inventory: Inventory, layers: Sequence[Digest]) -> Iterator[Material]:
    image = inventory.image
    for package in image.os_packages:
        yield Material(
            kind=MaterialKind.OS_PACKAGE,
            purl=_deb_purl(package, image.reference),
            url="",
            sha256=package.sha256,
            layer=layers[package.layer],
            reason=f"base: {image.reference}",
        )


def _locked(inventory: Inventory, layers: Sequence[Digest]) -> Iterator[Material]:
    for wheel in inventory.locked.wheels:
        yield _wheel(
            wheel,
            kind=MaterialKind.WHEEL,
            layer=_layer(inventory, layers, wheel.artifact.digest),
            reason=f"locked: {inventory.locked.reason(wheel.package.name)}",
        )


def _sdists(inventory: Inventory, layers: Sequence[Digest]) -> Iterator[Material]:
    """Yield the sources that wheels were built from here, with the layers of those wheels."""
    for built in inventory.locked.built:
        yield _wheel(
            built.source,
            kind=MaterialKind.SDIST,
            layer=_layer(inventory, layers, built.wheel.sha256),
            reason=f"locked: {inventory.locked.reason(built.wheel.name)}",
        )


def _own(inventory: Inventory, layers: Sequence[Digest]) -> Iterator[Material]:
    for built in inventory.own:
        version = built.filename.split("-")[1]
        yield Material(
            kind=MaterialKind.SOURCE,
            purl=f"pkg:pypi/{built.name}@{quote(version)}",
            url="",
            sha256=built.sha256,
            layer=_layer(inventory, layers, built.sha256),
            reason="first-party: built from the source tree",
        )


def _added(inventory: Inventory, layers: Sequence[Digest]) -> Iterator[Material]:
    server = inventory.server.wheels if inventory.server else ()
    for wheel in server:
        yield _wheel(
            wheel,
            kind=MaterialKind.ADDED,
            layer=_layer(inventory, layers, wheel.artifact.digest),
            reason="added by longshore: the lock has no server",
        )
    known = {each.artifact.digest for each in server}
    known |= {each.artifact.digest for each in inventory.locked.wheels}
    known |= {each.wheel.sha256 for each in inventory.locked.built}
    known |= {each.sha256 for each in inventory.own}
    for sha256 in inventory.layers.places:
        if sha256 not in known:
            yield Material(
                kind=MaterialKind.ADDED,
                purl=f"pkg:pypi/{RUNTIME_NAME}@{quote(runtime_version())}",
                url="",
                sha256=sha256,
                layer=_layer(inventory, layers, sha256),
                reason="added by longshore: the runtime",
            )


def _tools(inventory: Inventory) -> Iterator[Material]:
    for wheel in inventory.tools:
        yield _wheel(
            wheel,
            kind=MaterialKind.BUILD_REQUIREMENT,
            layer=None,
            reason=_BUILDS,
        )
    toolchain = inventory.toolchain
    for package in toolchain.packages if toolchain else ():
        yield Material(
            kind=MaterialKind.BUILD_REQUIREMENT,
            purl=_deb_purl(package, toolchain.reference if toolchain else ""),
            url="",
            sha256=package.sha256,
            layer=None,
            reason=_BUILDS,
        )


def _wheel(
    wheel: FetchedWheel, *, kind: MaterialKind, layer: Digest | None, reason: str
) -> Material:
    package, artifact = wheel.package, wheel.artifact
    return Material(
        kind=kind,
        purl=f"pkg:pypi/{package.name}@{quote(package.version or '')}",
        url=redact_url(artifact.url) if artifact.url else "",
        sha256=artifact.digest,
        layer=layer,
        reason=reason,
    )

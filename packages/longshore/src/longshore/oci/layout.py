"""The local image store: an OCI image layout (image-spec 1.1, image-layout.md).

``<root>/oci-layout``, ``<root>/index.json`` and ``<root>/blobs``: podman, skopeo and umoci read it
as it is. Blobs are written at once or not at all; the index, which only holds names, is replaced
as a whole under a lock, so that several builds can share one store.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self

from longshore.errors import ProjectError, SupplyChainError
from longshore.oci.blobs import BlobStore, disk_error
from longshore.oci.config import ImageConfig, ImageDocument, read_image_config
from longshore.oci.descriptor import Descriptor, MediaType
from longshore.oci.document import canonical
from longshore.oci.layer import LayerDescriptor
from longshore.oci.manifest import Index, Manifest
from longshore.types import Digest, Platform

REF_NAME: Final = "org.opencontainers.image.ref.name"
"""The annotation of ``index.json`` that names an image (image-spec 1.1, annotations.md)."""

_MARKER = canonical({"imageLayoutVersion": "1.0.0"})
_NOTHING: Mapping[str, str] = MappingProxyType({})


class ImageLayout:
    """A folder of images that are found by name or by digest."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.blobs = BlobStore(root / "blobs")

    @classmethod
    def open(cls, root: Path) -> Self:
        """Open a layout; an absent or empty folder becomes one.

        Raises:
            PreflightError: if the folder can't be written.
            SupplyChainError: if it is a layout of an unknown version.
        """
        layout = cls(root)
        marker = root / "oci-layout"
        try:
            root.mkdir(parents=True, exist_ok=True)
            if not marker.exists():
                _replace(marker, _MARKER)
            found = marker.read_bytes()
        except OSError as error:
            raise disk_error(error, root) from error
        if b'"1.0.0"' not in found:
            msg = f"{marker}: expected version '1.0.0', got {found!r:.80}"
            raise SupplyChainError(msg, hint="move the folder away; a new one is made")
        with layout._locked():
            if not layout._index_path.exists():
                layout._write_index(Index.create(()))
        return layout

    def write_image(
        self,
        *,
        config: ImageConfig,
        layers: Sequence[LayerDescriptor],
        history: Sequence[str],
        platform: Platform,
        created: datetime,
        annotations: Mapping[str, str] = _NOTHING,
    ) -> Descriptor:
        """Write the configuration and the manifest of an image whose layers are in ``blobs``.

        Args:
            config: how containers start.
            layers: bottom first.
            history: what each layer holds, one line per layer.
            platform: what the image runs on.
            created: written into the configuration; UTC, whole seconds.
            annotations: of the manifest.

        Raises:
            SupplyChainError: if a layer's blob is not in the store.
            PreflightError: if the disk is full.
        """
        for layer, title in zip(layers, history, strict=True):
            if not self.blobs.has(layer.descriptor.digest, layer.descriptor.size):
                msg = f"{self.root}: the layer of {title} is missing: {layer.descriptor.digest}"
                raise SupplyChainError(msg, hint="build the image again")
        document = ImageDocument(
            config=config,
            platform=platform,
            created=created,
            diff_ids=tuple(layer.diff_id for layer in layers),
            history=tuple(history),
        )
        stored = self.blobs.put([document.encode()])
        manifest = Manifest.create(
            config=Descriptor(media_type=MediaType.CONFIG, digest=stored.digest, size=stored.size),
            layers=[layer.descriptor for layer in layers],
            annotations=annotations,
        )
        self.blobs.put([manifest.raw])
        return manifest.descriptor(platform)

    def tag(self, name: str, descriptor: Descriptor) -> None:
        """Give an image a name, taking it from whatever had it.

        Raises:
            ValueError: if the name is empty.
            PreflightError: if the disk is full.
        """
        if not name:
            msg = "the name of an image must not be empty"
            raise ValueError(msg)
        named = replace(descriptor, annotations={**descriptor.annotations, REF_NAME: name})
        with self._locked():
            others = (
                item
                for item in self._read_index().manifests
                if item.annotations.get(REF_NAME) != name
            )
            entries = sorted((*others, named), key=lambda item: (_name(item), str(item.digest)))
            self._write_index(Index.create(entries))

    def names(self) -> dict[str, Descriptor]:
        """Return every named image, by name."""
        return {_name(item): item for item in self._read_index().manifests if _name(item)}

    def resolve(self, name: str | Digest) -> Descriptor:
        """Find an image by its name, or by its digest, ``sha256:…``.

        Raises:
            ProjectError: if there is none.
        """
        for item in self._read_index().manifests:
            if name in (_name(item), item.digest, str(item.digest)):
                return item
        digest = _as_digest(name)
        if digest is not None and (raw := self.blobs.read(digest)) is not None:
            return Manifest.parse(raw, str(digest)).descriptor()
        msg = f"{self.root}: no image {str(name)!r}"
        raise ProjectError(msg, hint="build it first: longshore build")

    def manifest(self, descriptor: Descriptor) -> Manifest:
        """Read the manifest that a descriptor points to.

        Raises:
            SupplyChainError: if it is absent, damaged or no manifest.
        """
        return Manifest.parse(self._read(descriptor), str(descriptor.digest))

    def image_config(self, manifest: Manifest) -> tuple[ImageConfig, tuple[Digest, ...]]:
        """Read how an image starts, and its diffIDs, bottom first.

        Raises:
            SupplyChainError: if the configuration is absent, damaged, or does not fit the manifest.
        """
        raw = self._read(manifest.config)
        config, diff_ids = read_image_config(raw, str(manifest.config.digest))
        if len(diff_ids) != len(manifest.layers):
            msg = (
                f"{manifest.config.digest}: rootfs.diff_ids: expected {len(manifest.layers)} "
                f"entries, got {len(diff_ids)}"
            )
            raise SupplyChainError(msg)
        return config, diff_ids

    def _read(self, descriptor: Descriptor) -> bytes:
        raw = self.blobs.read(descriptor.digest)
        if raw is None or len(raw) != descriptor.size:
            msg = f"{self.root}: blob {descriptor.digest} is missing or damaged"
            raise SupplyChainError(msg, hint="build the image again")
        return raw

    @property
    def _index_path(self) -> Path:
        return self.root / "index.json"

    def _read_index(self) -> Index:
        return Index.parse(self._index_path.read_bytes(), str(self._index_path))

    def _write_index(self, index: Index) -> None:
        try:
            _replace(self._index_path, index.raw)
        except OSError as error:
            raise disk_error(error, self.root) from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the store's lock; the kernel drops it when the process ends, however it ends."""
        try:
            handle = os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise disk_error(error, self.root) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _name(descriptor: Descriptor) -> str:
    return descriptor.annotations.get(REF_NAME, "")


def _as_digest(name: str | Digest) -> Digest | None:
    if isinstance(name, Digest):
        return name
    try:
        return Digest.parse(name)
    except ValueError:
        return None


def _replace(path: Path, data: bytes) -> None:
    """Write a small file at once or not at all."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).chmod(0o644)
            Path(file.name).replace(path)
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise

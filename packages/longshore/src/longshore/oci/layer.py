"""The seam between what makes layers and what stores them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from longshore.oci.descriptor import Descriptor
from longshore.types import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerDescriptor:
    """A layer's blob and the digest of its uncompressed tar (image-spec 1.1, config.md §diffID)."""

    descriptor: Descriptor
    diff_id: Digest


class Destination(Protocol):
    """Where an image goes: the local store or a registry's repository."""

    def has(self, digest: Digest, size: int | None = None) -> bool:
        """Tell whether the blob is already there (with that size in bytes, if given)."""


class Layer(Protocol):
    """A layer that is made only if its destination lacks it.

    ``key`` is a digest of everything that decides the layer's bytes; ``title`` says what the
    layer holds, for people and for the build record.
    """

    @property
    def key(self) -> Digest:
        """The digest of the layer's inputs."""

    @property
    def title(self) -> str:
        """What the layer holds."""

    def descriptor(self, destination: Destination) -> LayerDescriptor | None:
        """Return the descriptor if it is known and the destination has the blob, else ``None``.

        After ``None`` the bytes have to be made with ``open``.
        """

    def open(self) -> Iterator[bytes]:
        """Make the compressed bytes, in chunks of bounded size."""


class Encoder(Protocol):
    """Compresses what has no compressed form yet.

    ``id`` names algorithm, implementation and version: it is part of every key, because other
    versions give other bytes.
    """

    @property
    def id(self) -> str:
        """Algorithm, implementation and version: ``gzip;libdeflate=1.25;level=6``."""

    def encode(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Compress a stream into self-contained members, in chunks of bounded size."""

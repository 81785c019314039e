"""Fragments, of which layers are made: runs of gzip members, each a part of one tar archive.

A fragment's bytes depend on its own inputs only, never on its neighbours, so the same wheel has
the same bytes in every layer. Wheels are *transcoded*: an entry of a wheel is raw DEFLATE data,
its CRC-32 and its size, which is exactly the body and the trailer of a gzip member (RFC 1952
§2.3), so it is copied and only the tar header before it is made.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from longshore.layers.installed import InstalledWheel
from longshore.layers.key import layer_key
from longshore.oci.gzip import copied_member, pack_header
from longshore.oci.layer import Destination, Encoder, LayerDescriptor
from longshore.oci.materialise import known_layer
from longshore.oci.memos import MemoStore
from longshore.oci.tar import END, TarEntry, encode_header, padding, parents, write_entries
from longshore.types import Digest
from longshore.wheels.archive import Method

Entries = Iterable[tuple[TarEntry, Iterable[bytes]]]

_WRITE = 1 << 16


class Fragment(Protocol):
    """A part of a layer."""

    @property
    def key(self) -> Digest:
        """The digest of what decides its bytes."""

    def paths(self) -> Iterable[str]:
        """Return the paths of its files."""

    def open(self) -> Iterator[bytes]:
        """Make its members, in chunks of bounded size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelFragment:
    """The files of a wheel, copied without recompression; stored entries are compressed."""

    wheel: InstalledWheel
    encoder: Encoder

    @property
    def key(self) -> Digest:
        """The digest of the wheel, its place, and what compresses stored entries."""
        return layer_key("wheel", *self.wheel.key_parts, self.encoder.id)

    def paths(self) -> Iterable[str]:
        """Return the paths of its files."""
        return [file.path for file in self.wheel.files]

    def open(self) -> Iterator[bytes]:
        """Make its members."""
        archive = self.wheel.wheel.archive
        filler = b""
        for file in self.wheel.files:
            entry = file.entry.zip
            header = TarEntry.file(file.path, entry.size, executable=entry.executable)
            yield pack_header(filler + encode_header(header))
            if entry.method is Method.DEFLATED:
                yield from copied_member(archive.raw(entry), crc=entry.crc32, size=entry.size)
            elif entry.size:
                yield from self.encoder.encode(archive.content(entry))
            filler = padding(entry.size)
        if filler:
            yield pack_header(filler)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesFragment:
    """Entries that are made here, compressed together.

    Args:
        key: the digest of what decides them; the encoder's identity must be part of it.
        entries: returns them, each with its content, sorted.
        encoder: compresses them.
    """

    key: Digest
    entries: Callable[[], Entries] = field(repr=False)
    encoder: Encoder

    def paths(self) -> Iterable[str]:
        """Return the paths of its files."""
        return [entry.path for entry, _ in self.entries()]

    def open(self) -> Iterator[bytes]:
        """Make its members."""
        return self.encoder.encode(write_entries(self.entries()))


def reencoded(wheel: InstalledWheel, encoder: Encoder) -> EntriesFragment:
    """Return the files of a wheel that this machine built, compressed anew.

    What its build backend's zlib made of them must not decide the layer's digest.
    """
    content = wheel.wheel.archive.content

    def entries() -> Entries:
        for file in wheel.files:
            entry = file.entry.zip
            header = TarEntry.file(file.path, entry.size, executable=entry.executable)
            yield header, content(entry)

    key = layer_key("wheel-encoded", *wheel.key_parts, encoder.id)
    return EntriesFragment(key=key, entries=entries, encoder=encoder)


@dataclass(frozen=True, slots=True, kw_only=True)
class FragmentLayer:
    """A layer: the folders of all its fragments, then the fragments, then the archive's end.

    Every folder from the application's root down is listed, because AWS Lambda insists on it.
    """

    title: str
    fragments: tuple[Fragment, ...]
    memos: MemoStore = field(repr=False)

    @property
    def key(self) -> Digest:
        """The digest of the fragments' keys, in order."""
        return layer_key("layer", *(str(fragment.key) for fragment in self.fragments))

    def descriptor(self, destination: Destination) -> LayerDescriptor | None:
        """Return the descriptor if it is known and the destination has the blob."""
        return known_layer(self.memos, self.key, destination)

    def open(self) -> Iterator[bytes]:
        """Make the compressed bytes, in chunks of bounded size."""
        return _gather(self._members())

    def _members(self) -> Iterator[bytes]:
        paths = [path for fragment in self.fragments for path in fragment.paths()]
        # A folder that a fragment lists itself has an owner of its own.
        folders = {folder for path in paths for folder in parents(path)}.difference(paths)
        for folder in sorted(folders):
            yield pack_header(encode_header(TarEntry.directory(folder)))
        for fragment in self.fragments:
            yield from fragment.open()
        yield pack_header(END)


def _gather(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Join small chunks: hashing and writing a few large ones is cheaper."""
    pending: list[bytes] = []
    size = 0
    for chunk in chunks:
        pending.append(chunk)
        size += len(chunk)
        if size >= _WRITE:
            yield b"".join(pending)
            pending.clear()
            size = 0
    if pending:
        yield b"".join(pending)

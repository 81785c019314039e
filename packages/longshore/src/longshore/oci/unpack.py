"""Unpack layers into a folder of the host, safely (image-spec 1.1, layer.md).

Whatever a layer says stays below the root: absolute names and ``..`` are refused, symbolic links
are followed as if the root were ``/``. Modification times and permission bits are restored, since
bytecode names the time of its source; owners, setuid bits and device nodes are not: the result
belongs to whoever unpacks, root or not. The root must not be changed by others meanwhile.
"""

import hashlib
import os
import shutil
import tarfile
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

from longshore.errors import SupplyChainError
from longshore.oci.blobs import disk_error
from longshore.oci.descriptor import Descriptor
from longshore.oci.gzip import MEMBER_HEADER, inflate
from longshore.oci.layout import ImageLayout
from longshore.oci.tree import UnpackTree
from longshore.types import Digest

_READ: Final = 1 << 16
HEADER_BYTES: Final = 1 << 20
"""A header with its extensions is never larger: more is an attack on memory."""

UNREADABLE: Final = (tarfile.TarError, ValueError, OverflowError, RecursionError)
"""What ``tarfile`` raises for hostile headers: numbers that are none, extensions without end."""

_ZSTD: Final = b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpackLimits:
    """Where unpacking stops: bytes of all files together, and entries of all layers."""

    max_bytes: int = 64 << 30
    max_entries: int = 4_000_000


_LIMITS = UnpackLimits()


def unpack_layers(
    layers: Iterable[Iterable[bytes]],
    root: Path,
    *,
    diff_ids: Sequence[Digest] | None = None,
    limits: UnpackLimits = _LIMITS,
) -> None:
    """Unpack layers, bottom first, into a folder that is empty or absent.

    Args:
        layers: the chunks of each layer's blob, a tar, plain or gzip.
        root: where to.
        diff_ids: the expected digest of each layer's tar, checked after the layer.
        limits: where to stop.

    Raises:
        SupplyChainError: if a layer is damaged, not what was expected, or tries to leave the root.
        PreflightError: if the disk is full.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        tree = UnpackTree(root)
        remaining = limits
        for number, chunks in enumerate(layers):
            expected = None if diff_ids is None else diff_ids[number]
            remaining = _unpack_layer(chunks, tree, f"layer {number}", expected, remaining)
        tree.finish()
    except OSError as error:
        raise disk_error(error, root) from error


def unpack_image(layout: ImageLayout, descriptor: Descriptor, root: Path) -> None:
    """Unpack an image of a store; diffIDs are verified on the way.

    A damaged blob is removed from the store, so that the next build makes it again.

    Raises:
        SupplyChainError: as ``unpack_layers``, or if a blob is missing or damaged.
        PreflightError: if the disk is full.
    """
    manifest = layout.manifest(descriptor)
    _, diff_ids = layout.image_config(manifest)
    for layer in manifest.layers:
        if not layout.blobs.has(layer.digest, layer.size):
            msg = f"{layout.root}: blob {layer.digest} is missing or damaged"
            raise SupplyChainError(msg, hint="build the image again")
    blobs = (layout.blobs.chunks(layer.digest) for layer in manifest.layers)
    try:
        unpack_layers(blobs, root, diff_ids=diff_ids)
    except SupplyChainError as error:
        damaged = [item for item in manifest.layers if not layout.blobs.verified(item.digest)]
        if not damaged:
            raise
        msg = f"{layout.root}: blob {damaged[0].digest} is missing or damaged"
        raise SupplyChainError(msg, hint="build the image again") from error


def open_tar(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the tar inside a layer's blob, by its first bytes: plain or gzip.

    Raises:
        SupplyChainError: if it is compressed otherwise, or damaged.
    """
    source = iter(chunks)
    first = next(source, b"")
    if first.startswith(_ZSTD):
        msg = "zstd layers can't be read"
        raise SupplyChainError(msg, hint="use an image whose layers are gzip")
    whole = _prepend(first, source)
    yield from inflate(whole) if first[:2] == MEMBER_HEADER[:2] else whole


def _prepend(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


class TarReader:
    """The file object that ``tarfile`` reads a stream from; hashes and limits what goes through.

    Args:
        chunks: of a plain tar.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._buffer = b""
        self._position = 0
        self._hash = hashlib.sha256()
        self._allowed = 0

    def allow(self, size: int) -> None:
        """Let that many further bytes through, and what one read takes too much."""
        self._allowed = size + 2 * _READ

    def read(self, size: int) -> bytes:
        """Return at most that many bytes.

        Raises:
            SupplyChainError: if more is read than was allowed.
        """
        while self._position >= len(self._buffer):
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._hash.update(chunk)
            self._buffer, self._position = chunk, 0
        piece = self._buffer[self._position : self._position + size]
        self._position += len(piece)
        self._allowed -= len(piece)
        if self._allowed < 0:
            msg = "an entry's header is too large"
            raise SupplyChainError(msg)
        return piece

    def drain(self) -> Digest:
        """Read what follows the archive's end, and return the digest of everything."""
        for chunk in self._chunks:
            if chunk.strip(b"\0"):
                msg = "the archive is followed by something else"
                raise SupplyChainError(msg)
            self._hash.update(chunk)
        return Digest("sha256", self._hash.hexdigest())


def _unpack_layer(
    chunks: Iterable[bytes],
    tree: UnpackTree,
    where: str,
    expected: Digest | None,
    limits: UnpackLimits,
) -> UnpackLimits:
    """Unpack one layer and return what is left of the limits."""
    reader = TarReader(open_tar(chunks))
    tree.begin_layer()
    try:
        left = _unpack_entries(reader, tree, limits)
        digest = reader.drain()
    except SupplyChainError as error:
        msg = f"{where}: {error.message}"
        raise SupplyChainError(msg, hint=error.hint) from error
    except UNREADABLE as error:
        msg = f"{where}: not a tar archive: {error}"
        raise SupplyChainError(msg) from error
    if expected is not None and digest != expected:
        msg = f"{where}: expected the diffID {expected}, got {digest}"
        raise SupplyChainError(msg)
    return left


def _unpack_entries(reader: TarReader, tree: UnpackTree, limits: UnpackLimits) -> UnpackLimits:
    max_bytes, max_entries = limits.max_bytes, limits.max_entries
    reader.allow(HEADER_BYTES)
    stream = cast("IO[bytes]", reader)
    with tarfile.open(fileobj=stream, mode="r|", bufsize=_READ) as archive:
        while (member := archive.next()) is not None:
            # A stream can't go back, so the list is of no use: keep memory flat.
            archive.members = []  # type: ignore[attr-defined] # not in typeshed
            if member.size < 0:
                msg = f"{member.name}: a size below zero"
                raise SupplyChainError(msg)
            max_entries -= 1
            max_bytes -= member.size
            if max_bytes < 0 or max_entries < 0:
                msg = f"{member.name}: the image is too large to unpack"
                raise SupplyChainError(msg)
            reader.allow(member.size)
            _unpack_member(archive, member, tree)
            reader.allow(HEADER_BYTES)
    return UnpackLimits(max_bytes=max_bytes, max_entries=max_entries)


def _unpack_member(archive: tarfile.TarFile, member: tarfile.TarInfo, tree: UnpackTree) -> None:
    mode, mtime = member.mode & 0o1777, int(member.mtime)
    if member.isdir():
        tree.directory(member.name, mode, mtime)
    elif member.isreg():
        content = archive.extractfile(member)
        if content is not None:
            tree.file(member.name, content, mode, mtime)
    elif member.issym():
        tree.symlink(member.name, member.linkname, mtime)
    elif member.islnk():
        tree.hard_link(member.name, member.linkname)
    # Device nodes and FIFOs are left out: whoever runs the image mounts its own /dev.


def discard_root(root: Path) -> None:
    """Remove an unpacked root under its name at once, then its files.

    Whoever is killed in the middle leaves a folder that starts with a dot, not half of a root that
    the next program would take for whole.
    """
    gone = root.with_name(f".gone-{uuid.uuid4().hex}")
    root.rename(gone)
    remove_root(gone)


def remove_root(root: Path) -> None:
    """Remove an unpacked root, whatever the modes of its folders."""
    if root.exists():
        root.chmod(0o700)
    for folder, names, _ in os.walk(root):
        for name in names:
            place = Path(folder) / name
            if not place.is_symlink():
                place.chmod(0o700)
    shutil.rmtree(root, ignore_errors=True)

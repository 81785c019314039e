"""The programs and native modules of wheels, read once per wheel.

What a wheel came to is kept by its digest, so a build whose wheels were seen before opens none.
"""

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from longshore.build.native.elf import ElfFile, read_elf
from longshore.layers.inputs import WheelInput
from longshore.oci.document import canonical
from longshore.oci.memos import MemoStore
from longshore.types import Digest, NormalizedName
from longshore.wheels.read import Scheme, WheelEntry, WheelFile

FORMAT: Final = 1
"""Raised whenever the same wheel would be described differently; part of the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeFile:
    """A program, a native module or a library: its path in the archive, and what it says."""

    path: str
    elf: ElfFile


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedWheel:
    """What a wheel brings that the dynamic loader reads, sorted by path."""

    name: NormalizedName
    filename: str
    files: tuple[NativeFile, ...]


def read_wheels(inputs: Sequence[WheelInput], memos: MemoStore) -> tuple[ShippedWheel, ...]:
    """Describe wheels, several at a time.

    Raises:
        WheelError: if an archive is refused, or damaged where it is read.
    """
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return tuple(pool.map(partial(_read_wheel, memos=memos), inputs))


def _read_wheel(item: WheelInput, *, memos: MemoStore) -> ShippedWheel:
    key = Digest.of(f"native {FORMAT} {item.sha256}".encode())
    filename = item.filename or item.path.name
    memo = memos.get(key)
    if memo is not None:
        return _decode(filename, json.loads(memo))
    with WheelFile.open(item.path, sha256=item.sha256, filename=filename) as wheel:
        found = ShippedWheel(name=wheel.name, filename=filename, files=tuple(_native(wheel)))
    memos.put(key, canonical(_encode(found)))
    return found


def _native(wheel: WheelFile) -> Iterator[NativeFile]:
    for entry in wheel.entries:
        if not _is_candidate(entry):
            continue
        try:
            elf = read_elf(_EntryReader(wheel, entry).read)
        except ValueError:
            continue  # the loader could not load it either: a sample, a test's data
        if elf is not None:
            yield NativeFile(path=entry.zip.name, elf=elf)


def _is_candidate(entry: WheelEntry) -> bool:
    """Tell whether a file may be one, by its name and mode: most of a wheel is not inflated."""
    name = entry.zip.name.rpartition("/")[2]
    if name.endswith(".py"):
        return False
    return (
        name.endswith(".so")
        or ".so." in name
        or entry.zip.executable
        or entry.scheme is Scheme.SCRIPTS
    )


class _EntryReader:
    """Reads any part of a compressed entry, forwards in one pass; going back starts again."""

    def __init__(self, wheel: WheelFile, entry: WheelEntry) -> None:
        self._wheel = wheel
        self._entry = entry
        self._rewind()

    def _rewind(self) -> None:
        self._chunks = self._wheel.archive.content(self._entry.zip)
        self._buffer = b""
        self._start = 0

    def read(self, offset: int, size: int) -> bytes:
        if offset >= self._entry.zip.size:
            return b""
        if offset < self._start:
            self._rewind()
        while self._start + len(self._buffer) < offset + size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            # What lies before the wanted part goes; memory stays that of a few chunks.
            kept = self._buffer[max(0, offset - self._start) :]
            self._start += len(self._buffer) - len(kept)
            self._buffer = kept + chunk
        return self._buffer[offset - self._start :][:size]


def _encode(wheel: ShippedWheel) -> dict[str, Any]:
    return {
        "name": wheel.name,
        "files": [
            [file.path, file.elf.machine, file.elf.soname, file.elf.needed, file.elf.search]
            for file in wheel.files
        ],
    }


def _decode(filename: str, document: dict[str, Any]) -> ShippedWheel:
    files = (
        NativeFile(
            path=path,
            elf=ElfFile(machine=machine, soname=soname, needed=tuple(needed), search=tuple(search)),
        )
        for path, machine, soname, needed, search in document["files"]
    )
    return ShippedWheel(
        name=NormalizedName(document["name"]), filename=filename, files=tuple(files)
    )

"""The libraries of a base, as the loader and ``ctypes.util.find_library`` find them.

The names in the default folders are kept by the keys of the base's layers, so a build on a base
that was looked at before does not open it.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from longshore.base.interface import BaseImage
from longshore.oci.document import canonical
from longshore.oci.memos import MemoStore
from longshore.types import Digest

FORMAT: Final = 1
"""Raised whenever the same base would be described differently; part of the key."""

_FIND_LIBRARY: Final = ("usr/sbin/ldconfig", "etc/ld.so.cache")


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseLibraries:
    """The libraries of a base.

    Args:
        default: the names in the loader's default folders.
        answers_find_library: whether ``ctypes.util.find_library`` can find any: it asks
            ``ldconfig``, which prints the loader's cache.
        unpack: returns the unpacked root file system, for what is elsewhere.
    """

    default: frozenset[str] = field(repr=False)
    answers_find_library: bool
    unpack: Callable[[], Path] = field(repr=False)

    def has(self, name: str, folders: Sequence[str] = ()) -> bool:
        """Tell whether the loader finds a library, by its name or its absolute path.

        Args:
            name: as a file needs it.
            folders: where that file says to look first; relative ones lead into wheels.
        """
        if "/" in name:
            return (self.unpack() / name.lstrip("/")).exists()
        if name in self.default:
            return True
        absolute = (folder for folder in folders if folder.startswith("/"))
        return any((self.unpack() / each.lstrip("/") / name).exists() for each in absolute)


def read_base(image: BaseImage, unpack: Callable[[], Path], memos: MemoStore) -> BaseLibraries:
    """Return the libraries of a base, unpacking it only if it is a new one."""
    keys = [str(layer.key) for layer in image.layers]
    key = Digest.of(json.dumps(["native base", FORMAT, keys]).encode())
    memo = memos.get(key) if keys else None
    if memo is None:
        memo = canonical(_describe(unpack(), image.interpreter.soabi))
        if keys:  # without layers nothing tells one base from another
            memos.put(key, memo)
    document = json.loads(memo)
    return BaseLibraries(
        default=frozenset(document["default"]),
        answers_find_library=document["find_library"],
        unpack=unpack,
    )


def _describe(root: Path, soabi: str) -> dict[str, object]:
    """Look at an unpacked base; an interpreter's SOABI ends with Debian's name of the machine."""
    triplet = "-".join(soabi.split("-")[2:])
    names = ("lib", "usr/lib", f"lib/{triplet}", f"usr/lib/{triplet}", "lib64", "usr/lib64")
    folders = (root / name for name in names if (root / name).is_dir())
    return {
        "default": sorted({path.name for folder in folders for path in folder.iterdir()}),
        "find_library": all((root / path).exists() for path in _FIND_LIBRARY),
    }

"""Keys of layers and fragments: a digest of everything that decides their bytes."""

import json
from typing import Final

from longshore.types import Digest

LAYER_FORMAT: Final = 1
"""Raised whenever the same inputs give other bytes; part of every key and stamped in the image."""


def layer_key(kind: str, *parts: str) -> Digest:
    """Return the key of something of one kind made from these parts; the order counts."""
    return Digest.of(json.dumps([LAYER_FORMAT, kind, *parts]).encode("ascii"))

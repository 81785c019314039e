"""A small cache from a key to a few bytes: what an expensive step came to last time.

Entries carry their own checksum: a damaged entry is removed and reported as absent.
"""

import tempfile
from contextlib import suppress
from pathlib import Path

from longshore.types import Digest


class MemoStore:
    """A folder of memos, one file per key."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _path(self, key: Digest) -> Path:
        return self.root / key.hex[:2] / key.hex[2:]

    def get(self, key: Digest) -> bytes | None:
        """Return what was put under that key, or ``None``."""
        path = self._path(key)
        try:
            checksum, _, value = path.read_bytes().partition(b"\n")
        except OSError:
            return None
        if checksum.decode("ascii", "replace") == Digest.of(value).hex:
            return value
        path.unlink(missing_ok=True)
        return None

    def put(self, key: Digest, value: bytes) -> None:
        """Remember a value; a cache that can't be written is no error."""
        path = self._path(key)
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
                file.write(Digest.of(value).hex.encode("ascii") + b"\n" + value)
            Path(file.name).replace(path)

"""Write ``golden.json``: run it only together with a new format version.

The digests are the image format: they must be the same on every machine and Python, so a change
here changes the digest of every image that is built from then on.
"""

import json
from pathlib import Path

from longshore.oci.gzip import GzipEncoder, pack_header
from longshore.oci.tar import TarEntry, encode_header, write_tar
from longshore.types import Digest

GOLDEN = Path(__file__).with_name("golden.json")


def noise(size: int) -> bytes:
    """Return bytes that compress a little, from a linear congruential generator."""
    state, data = 1, bytearray()
    while len(data) < size:
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        data += b"token%d " % (state >> 20)
    return bytes(data[:size])


def archive() -> bytes:
    """Return an archive with every kind of entry and every way to write a name."""
    deep = "app/" + "long/" * 60 + "name"
    return b"".join(
        write_tar(
            [
                (TarEntry.directory("app"), []),
                (TarEntry.file("app/main.py", 6), [b"x = 1\n"]),
                (TarEntry.symlink("app/python", "/usr/bin/python3.13"), []),
                (TarEntry.symlink("app/link", "../" * 40), []),
                (TarEntry.file(deep, 2, executable=True), [b"o", b"k"]),
                (TarEntry.file("app/süß.py", 0), []),
            ]
        )
    )


def digests() -> dict[str, str]:
    """Return the digest of every golden output by its name."""
    header = encode_header(TarEntry.file("app/.venv/lib/python3.13/site-packages/a.py", 4711))
    outputs = {
        "tar": archive(),
        "header": pack_header(bytes(300) + header),
        "empty": GzipEncoder().member(b""),
        "text": b"".join(GzipEncoder().encode([noise(3_000_000)])),
        "tar.gz": b"".join(GzipEncoder().encode([archive()])),
    }
    return {name: str(Digest.of(data)) for name, data in outputs.items()}


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(digests(), indent=2) + "\n", encoding="utf-8")

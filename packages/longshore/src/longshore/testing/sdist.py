"""Source distributions made in memory (PyPA: source distribution format)."""

import gzip
import io
import tarfile
from collections.abc import Mapping

from longshore.testing.wheel import Archive

_EPOCH = 315532800  # 1980-01-01, as in the wheels
_PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


def make_sdist(
    name: str = "sample", version: str = "1.0", *, files: Mapping[str, bytes | str] | None = None
) -> Archive:
    """Return an sdist with metadata and the given files; the same arguments give the same bytes."""
    stem = name.replace("-", "_").replace(".", "_")
    metadata = f"Metadata-Version: 2.2\nName: {name}\nVersion: {version}\n"
    content: dict[str, bytes | str] = {"PKG-INFO": metadata, "pyproject.toml": _PYPROJECT}
    content |= files or {}
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=buffer, mode="wb", mtime=_EPOCH) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path, data in content.items():
            encoded = data.encode() if isinstance(data, str) else data
            entry = tarfile.TarInfo(f"{stem}-{version}/{path}")
            entry.size, entry.mtime, entry.mode = len(encoded), _EPOCH, 0o644
            archive.addfile(entry, io.BytesIO(encoded))
    return Archive(
        name=name,
        version=version,
        filename=f"{stem}-{version}.tar.gz",
        content=buffer.getvalue(),
    )

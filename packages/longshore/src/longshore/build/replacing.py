"""Replace a user's file as a whole: it is never half-written."""

import os
import tempfile
from pathlib import Path

from longshore.oci.blobs import disk_error


def replace_text(path: Path, text: str) -> None:
    """Write a text file, mode 0644; it appears whole or not at all.

    Raises:
        PreflightError: if it can't be written.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise disk_error(error, path.parent) from error

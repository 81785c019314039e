"""Passwords that were made up: ``<data>/passwords/<project>/<service>``.

They are kept beside the volumes, not beside the records of what runs, as they go with the data: a
database knows its password as long as its volume is there.
"""

import os
import secrets
import shutil
from pathlib import Path

from longshore.errors import PreflightError
from longshore.types import Secret

_BYTES = 24


class Passwords:
    """The passwords of every project of this user; whoever makes one holds the project's lock."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def get(self, project: str, service: str) -> Secret:
        """Return the password of a service, made unless there is one.

        Raises:
            PreflightError: if it can't be read or written.
        """
        path = self._root / project / service
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not path.exists() or not path.read_text("ascii").strip():
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
                with os.fdopen(os.open(path, flags, 0o600), "w", encoding="ascii") as file:
                    file.write(secrets.token_hex(_BYTES) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
            return Secret(path.read_text("ascii").strip())
        except (OSError, UnicodeDecodeError) as error:
            msg = f"{path}: can't keep the password: {str(error).lower()}"
            raise PreflightError(
                msg, hint="check the folder's owner and space, or set LONGSHORE_DATA_DIR"
            ) from error

    def remove(self, project: str) -> None:
        """Forget the passwords of a project, as its data is gone."""
        shutil.rmtree(self._root / project, ignore_errors=True)

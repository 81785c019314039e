"""Settings in files: ``NAME_FILE=/run/secrets/name``, and directories with one file per setting.

Both are read before the application is imported, so that every settings library sees plain
environment variables. A ``NAME_FILE`` counts only when its file lies in a secrets directory:
``SSL_CERT_FILE`` and its like keep their own meaning.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from longshore_runtime.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

SUFFIX: Final = "_FILE"
VARIABLE: Final = "LONGSHORE_SECRETS_DIR"
"""Further directories, separated by colons; every file in them sets the variable of its name."""

STANDARD: Final = (Path("/run/secrets"), Path("/var/run/secrets"), Path("/etc/secrets"))
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SIZE_LIMIT: Final = 128 * 1024
"""Bytes; the kernel refuses a longer string in an environment."""


def read_secret_files(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that files set; those that are set already are left out.

    Raises:
        ConfigError: a file or a directory cannot be read; all of them are named at once.
    """
    problems: list[str] = []
    found: dict[str, str] = {}
    own = [Path(part) for part in environ.get(VARIABLE, "").split(":") if part]
    for directory in own:
        found.update(_read_directory(directory, problems))
    for key, place in environ.items():
        name = key.removesuffix(SUFFIX)
        if name in {"", key} or not _is_secret(Path(place), own):
            continue
        text = _read(Path(place), key, problems)
        if text is not None:
            found[name] = text
    if problems:
        raise ConfigError("; ".join(problems), hint="mount the secret, or unset the variable")
    return {name: text for name, text in found.items() if name not in environ}


def _is_secret(place: Path, own: list[Path]) -> bool:
    return place.is_absolute() and any(
        place.is_relative_to(directory) for directory in (*own, *STANDARD)
    )


def _read_directory(directory: Path, problems: list[str]) -> dict[str, str]:
    try:
        entries = sorted(directory.iterdir())
    except OSError as error:
        problems.append(f"{VARIABLE}: {directory}: {error.strerror}")
        return {}
    found = {}
    for entry in entries:
        # Kubernetes keeps the real files in ``..data``; dotted names are no variables.
        if NAME.fullmatch(entry.name) and entry.is_file():
            text = _read(entry, VARIABLE, problems)
            if text is not None:
                found[entry.name.upper()] = text
    return found


def _read(place: Path, key: str, problems: list[str]) -> str | None:
    try:
        content = place.read_bytes()[: SIZE_LIMIT + 1]
        text = content.decode("utf-8")
    except OSError as error:
        problems.append(f"{key}: {place}: {error.strerror}")
        return None
    except UnicodeDecodeError:
        problems.append(f"{key}: {place}: not UTF-8 text")
        return None
    if len(content) > SIZE_LIMIT or "\0" in text:
        problems.append(f"{key}: {place}: too long for an environment variable, or has a NUL")
        return None
    return text.removesuffix("\n").removesuffix("\r")

"""The files of a folder that no version control system knows, minus what is never source."""

import os
from collections.abc import Iterator
from pathlib import Path

from longshore.errors import ProjectError
from longshore.source.secrets import is_environment_file

_FOLDERS = frozenset(
    {
        ".direnv",
        ".eggs",
        ".git",
        ".hg",
        ".hypothesis",
        ".idea",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        ".vscode",
        "__pycache__",
        "htmlcov",
        "node_modules",
        "venv",
    }
)
_METADATA = (".egg-info",)
_FILES = frozenset({".coverage", ".DS_Store", ".git", "Thumbs.db"})
_SUFFIXES = (".pyc", ".pyo", ".swp", "~")
_AT_ROOT = frozenset({"build", "dist"})
# A virtual environment (PEP 405), and what declares itself a cache (bford.info/cachedir).
_MARKERS = ("pyvenv.cfg", "CACHEDIR.TAG")


def walk(root: Path) -> tuple[str, ...]:
    """Return the relative paths of files and links below a folder, sorted; links stay links.

    An unpacked sdist keeps its ``*.egg-info``: setuptools takes the list of data files from there
    where a plug-in has read it from the version control system that is gone.

    Raises:
        ProjectError: if a folder can't be read.
    """
    ignored = _METADATA if not (root / "PKG-INFO").is_file() else ()
    return tuple(sorted(_walk(root, "", ignored)))


def _walk(folder: Path, prefix: str, ignored: tuple[str, ...]) -> Iterator[str]:
    try:
        entries = list(os.scandir(folder))
    except OSError as error:
        msg = f"{prefix or folder}: can't be read: {(error.strerror or str(error)).lower()}"
        raise ProjectError(msg, hint="check the folder's owner and permissions") from error
    if prefix and any(entry.name in _MARKERS for entry in entries):
        return
    for entry in entries:
        path = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            if not _is_ignored_folder(entry.name, prefix, ignored):
                yield from _walk(folder / entry.name, f"{path}/", ignored)
        elif not _is_ignored_file(entry.name):
            yield path


def _is_ignored_folder(name: str, prefix: str, suffixes: tuple[str, ...]) -> bool:
    return name in _FOLDERS or name.endswith(suffixes) or (not prefix and name in _AT_ROOT)


def _is_ignored_file(name: str) -> bool:
    # Settings for this machine: people who use git keep them out of it, too.
    return is_environment_file(name) or name in _FILES or name.endswith(_SUFFIXES)

"""The project's files as detection sees them: a list of tracked paths and a way to read one."""

import io
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath
from typing import Final

MAX_PYTHON_BYTES: Final = 2 << 20
"""Larger Python files are generated data, not where an application is made."""

SKIPPED_FOLDERS: Final = frozenset(
    {
        "alembic",
        "benchmarks",
        "contrib",
        "demo",
        "demos",
        "doc",
        "docs",
        "example",
        "examples",
        "migrations",
        "node_modules",
        "project_template",
        "sample",
        "samples",
        "site-packages",
        "static",
        "templates",
        "third_party",
        "vendor",
        "test",
        "testing",
        "tests",
        "venv",
    }
)
_SKIPPED_AT_TOP: Final = frozenset({"bin", "ci", "hack", "script", "scripts", "tools"})
"""Folders of programs for developers; below a package such a name may mean anything."""

_SKIPPED_FILES: Final = frozenset({"conftest.py", "noxfile.py", "setup.py", "fabfile.py"})
_TEST_FILE: Final = re.compile(r"test_.*\.py|.*_tests?\.py|tests\.py")


class ProjectFiles:
    """Reads each file at most once; what can't be read or decoded is as good as absent.

    Args:
        paths: the tracked files, relative to the project's root, with ``/``.
        read: returns the bytes of one of them; ``OSError`` for one that is gone.
    """

    def __init__(self, paths: Iterable[str], read: Callable[[str], bytes]) -> None:
        self.paths = tuple(sorted({str(PurePosixPath(path)) for path in paths}))
        self._known = frozenset(self.paths)
        self._folders = frozenset(
            str(parent) for path in self.paths for parent in PurePosixPath(path).parents
        )
        self._read = read
        self._texts: dict[str, str | None] = {}

    def __contains__(self, path: object) -> bool:
        return path in self._known

    def has_folder(self, path: str) -> bool:
        """Tell whether a tracked file lies below a folder; ``.`` is the root."""
        return path in self._folders

    def text(self, path: str) -> str | None:
        """Return a file's text, Python files by their declared encoding (PEP 263)."""
        if path not in self._texts:
            self._texts[path] = self._decode(path)
        return self._texts[path]

    def content(self, path: str) -> bytes:
        """Return a file's bytes; ``OSError`` for one that is gone."""
        return self._read(path)

    def _decode(self, path: str) -> str | None:
        if path not in self._known:
            return None
        try:
            data = self.content(path)
        except OSError:
            return None  # tracked but deleted, or unreadable: then nothing is found in it
        if len(data) > MAX_PYTHON_BYTES:
            return None
        encoding = "utf-8-sig"
        try:
            if path.endswith(".py"):
                encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
            return data.decode(encoding)
        except (SyntaxError, UnicodeDecodeError, LookupError):
            return None

    @property
    def python(self) -> tuple[str, ...]:
        """Every Python file."""
        return tuple(path for path in self.paths if path.endswith(".py"))

    def searched(self) -> Iterator[str]:
        """Yield the Python files in which something to run may be made."""
        return (path for path in self.python if is_searched(path))


def is_searched(path: str) -> bool:
    """Tell whether a path is where applications live: no tests, documentation or examples."""
    *folders, name = path.split("/")
    if any(folder in SKIPPED_FOLDERS or folder.startswith(".") for folder in folders):
        return False
    if folders and folders[0] in _SKIPPED_AT_TOP:
        return False
    stem = name.removesuffix(".py")
    if stem.startswith("_") and stem not in {"__init__", "__main__"}:
        return False
    return name not in _SKIPPED_FILES and not _TEST_FILE.fullmatch(name)

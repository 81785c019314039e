"""Requirements files with hashes, as ``uv export``, ``uv pip compile`` and ``pip-compile`` write.

The list is flat: every line belongs to the selection if its marker holds. Who needs what is read
from the ``# via`` comments where they are, for the reasons of a selection only.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from posixpath import normpath

from longshore.errors import LockError
from longshore.locks.flat import FlatEntry, link_entries
from longshore.locks.interface import Dependency, LockedSet
from longshore.locks.lines import Line, split_lines
from longshore.locks.options import FileOptions, read_options
from longshore.locks.pinned import Pinned, parse_pinned
from longshore.locks.tables import raise_problems
from longshore.types import NormalizedName, parse_name

FILENAMES = ("requirements.lock", "requirements.txt")
"""Names of files that are taken for a lock, best first."""

_HINT = (
    "write it with 'uv export --format requirements-txt --no-emit-project -o requirements.txt', "
    "or 'pip-compile --generate-hashes'"
)


class HashedRequirements:
    """The format of pip's hash-checking mode."""

    def candidates(self, root: Path) -> tuple[Path, ...]:
        """Return the requirements files of the project's folder."""
        return tuple(root / name for name in FILENAMES if (root / name).is_file())

    def read(self, path: Path, root: Path, environment: Mapping[str, str]) -> LockedSet | None:
        """Read a file and those that it includes; one without any hash is no lock.

        Raises:
            LockError: with everything that is wrong, each requirement without a hash included.
        """
        reader = _Reader(root, environment)
        reader.read_file(path)
        if not reader.has_hashes and (reader.problems or not reader.pinned):
            return None
        raise_problems(path, reader.problems, hint=_HINT)
        return _lock_of(path, reader.pinned, reader.options)


class _Reader:
    """Reads files into requirements, options and problems."""

    def __init__(self, root: Path, environment: Mapping[str, str]) -> None:
        self._root = root
        self._environment = environment
        self._open: list[Path] = []
        self.pinned: list[Pinned] = []
        self.options = FileOptions()
        self.problems: list[str] = []
        self.has_hashes = False

    def read_file(self, path: Path) -> None:
        """Read one file."""
        try:
            content = path.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            reason = (
                "not UTF-8" if isinstance(error, ValueError) else (error.strerror or "").lower()
            )
            msg = f"{path}: can't read: {reason}"
            raise LockError(msg, hint="check the file, and the -r line that names it") from error
        self._open.append(path)
        for line in split_lines(path, content, self._environment):
            self.has_hashes |= "--hash" in line.text
            try:
                self._read_line(line)
            except ValueError as error:
                self.problems.append(f"{line.place}: {str(error).splitlines()[0]}")
        self._open.pop()

    def _read_line(self, line: Line) -> None:
        if line.text.startswith("-") and not line.text.startswith(("-e ", "--editable")):
            self.options, included = read_options(line.text, self.options)
            for name in included:
                self._include(Path(normpath(line.path.parent / name)))
            return
        found = parse_pinned(line, self._root)
        if found is not None:
            self.pinned.append(found)

    def _include(self, path: Path) -> None:
        if path in self._open:
            msg = f"{str(path)!r} includes itself"
            raise ValueError(msg)
        self.read_file(path)


def _lock_of(path: Path, lines: list[Pinned], options: FileOptions) -> LockedSet:
    graph = link_entries([_entry(line) for line in lines])
    return LockedSet(
        path=path,
        packages=graph.packages,
        entries=graph.entries,
        others=graph.others,
        index_url=options.index_url,
        extra_index_urls=options.extra_index_urls,
    )


def _entry(line: Pinned) -> FlatEntry:
    edge = Dependency(
        name=line.package.name,
        version=line.package.version,
        source=line.package.source,
        marker=line.marker,
    )
    return FlatEntry(package=line.package, edge=edge, parents=tuple(_parents(line)))


def _parents(line: Pinned) -> Iterator[NormalizedName]:
    for text in line.via:
        with suppress(ValueError):  # '-r requirements.in'
            yield parse_name(text)

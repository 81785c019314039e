"""What Longshore adds to an image: its runtime, and a server where the lock has none.

Both go to ``/app/.longshore/lib``, last on ``sys.path``: a package of the project's lock always
wins.
"""

from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from longshore.types import Digest, NormalizedName, Project, parse_name
from longshore.types.server import OWN_SERVER

RUNTIME = "longshore_runtime"
RUNTIME_NAME = parse_name(RUNTIME)
_SUFFIXES = (".py", ".typed")
_MODE = 0o644


def runtime_files() -> Iterator[tuple[str, bytes, int]]:
    """Yield the runtime's files: path in a wheel, bytes, mode; sorted.

    They are the same from a checkout and from an installed wheel, so the image is, too.
    """
    yield from sorted(_walk(files(RUNTIME), RUNTIME))


def _walk(folder: Traversable, path: str) -> Iterator[tuple[str, bytes, int]]:
    for entry in folder.iterdir():
        inside = f"{path}/{entry.name}"
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _walk(entry, inside)
        elif entry.is_file() and entry.name.endswith(_SUFFIXES):
            yield inside, entry.read_bytes(), _MODE


def runtime_version() -> str:
    """Return the version of the runtime that goes into images."""
    return version("longshore-runtime")


def server_requirements() -> Path:
    """Return the hashed requirements of the server that is added."""
    return Path(str(files("longshore.build").joinpath("server.txt")))


def needs_server(project: Project, locked: frozenset[NormalizedName]) -> bool:
    """Tell whether an image needs a server that the project's own lock does not have.

    The servers of the processes must have been chosen by then.
    """
    serves = any(process.server == OWN_SERVER for process in project.processes)
    return serves and OWN_SERVER not in locked


def runtime_digest() -> Digest:
    """Return a digest of the runtime's files, for keys."""
    return Digest.of_chunks(
        part for path, content, _ in runtime_files() for part in (path.encode(), b"\0", content)
    )

"""Where a project's root is."""

from pathlib import Path

from longshore.errors import ProjectError

MARKERS = ("pyproject.toml", "longshore.toml")
"""Either of these files makes a folder a project."""


def find_root(start: Path) -> Path:
    """Return the nearest folder, from ``start`` upwards, that has a project file.

    Raises:
        ProjectError: if there is none, or ``start`` is no folder.
    """
    try:
        folder = start.absolute()
    except FileNotFoundError as error:
        msg = "the working directory no longer exists"
        raise ProjectError(msg, hint="go to the project's folder, or name it in full") from error
    if not folder.is_dir():
        msg = f"{start}: no such folder"
        raise ProjectError(msg, hint="name the project's folder with --project")
    for candidate in (folder, *folder.parents):
        if any((candidate / marker).is_file() for marker in MARKERS):
            return candidate
    msg = f"{folder}: not a project: no pyproject.toml or longshore.toml here or above"
    raise ProjectError(msg, hint="go to the project's folder, or name it with --project")

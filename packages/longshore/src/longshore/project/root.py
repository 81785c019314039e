"""Where a project's root is."""

from pathlib import Path

from longshore.errors import ProjectError

MARKERS = ("pyproject.toml", "longshore.toml")
"""Either of these files makes a folder a project, also for whoever stands in a folder below."""

HERE = ("requirements.txt", "requirements.lock", "setup.py", "manage.py", "Procfile")
"""Any of these makes the folder that one stands in a project, where no other is around it."""


def find_root(start: Path) -> Path:
    """Return the nearest folder, from ``start`` upwards, that has a project file.

    A repository without any is a project too, if its root is where one stands.

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
    if any((folder / marker).is_file() for marker in HERE):
        return folder
    msg = f"{folder}: not a project: no pyproject.toml or longshore.toml here or above"
    hint = "go to the project's folder, or name it with --project"
    if any(folder.glob("*.py")):
        hint = "list what it needs in a requirements.txt; where it needs nothing, an empty one"
    raise ProjectError(msg, hint=hint)

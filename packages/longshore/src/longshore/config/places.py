"""Where a project's configuration is, or would be written: how messages name its tables."""

from pathlib import Path

PYPROJECT = "pyproject.toml"
OWN_FILE = "longshore.toml"


def configuration_file(root: Path) -> str:
    """Return the name of the file in which a project's table is, or would be."""
    if (root / OWN_FILE).is_file() or not (root / PYPROJECT).is_file():
        return OWN_FILE
    return PYPROJECT


def name_table(root: Path, path: str = "") -> str:
    """Name a table of a project's configuration: what to look for, or to write.

    Args:
        root: the project's folder.
        path: of the table: ``processes.web``; empty for all of it.
    """
    if configuration_file(root) == PYPROJECT:
        return f"[{'.'.join(filter(None, ('tool.longshore', path)))}]"
    return f"[{path}] in {OWN_FILE}" if path else f"the top of {OWN_FILE}"

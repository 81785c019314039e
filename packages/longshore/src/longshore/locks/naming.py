"""The name of the distribution in a folder, where a lock asks for nothing else of it."""

import tomllib
from pathlib import Path

from longshore.types import NormalizedName, parse_name


def project_name(folder: Path) -> NormalizedName:
    """Return the normalised name in a folder's ``pyproject.toml``, PEP 621's or Poetry's.

    Raises:
        ValueError: if there is none.
    """
    file = folder / "pyproject.toml"
    try:
        document = tomllib.loads(file.read_text("utf-8"))
        project = document.get("project") or document["tool"]["poetry"]
        return parse_name(str(project["name"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        msg = f"can't read the name of the project in {str(file)!r}"
        raise ValueError(msg) from error

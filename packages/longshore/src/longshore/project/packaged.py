"""Whether a project is made a wheel of at all: each tool has its own word for one that is not."""

from collections.abc import Mapping
from typing import Any

_WORDS = (("poetry", "package-mode"), ("pdm", "distribution"), ("uv", "package"))


def is_never_built(document: Mapping[str, Any] | None) -> bool:
    """Tell whether a ``pyproject.toml`` says that its project is no distribution.

    Then its sources are what runs, even where there is a ``[build-system]``.
    """
    tools = (document or {}).get("tool", {})
    tables = [(tools.get(tool), key) for tool, key in _WORDS] if isinstance(tools, dict) else []
    return any(isinstance(table, dict) and table.get(key) is False for table, key in tables)

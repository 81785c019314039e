"""Serve a Python web application so that it starts, drains and stops without losing a request."""

from __future__ import annotations

TYPE_CHECKING = False  # not from typing, whose import costs a supervisor 0.8 MiB

if TYPE_CHECKING:
    from longshore_runtime import checks
    from longshore_runtime.health import check
    from longshore_runtime.wrapping import wrap

__version__ = "0.1.0"

__all__ = ["__version__", "check", "checks", "wrap"]

_HOMES = {
    "check": "longshore_runtime.health",
    "checks": "longshore_runtime.checks",
    "wrap": "longshore_runtime.wrapping",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: the package itself costs nothing."""
    home = _HOMES.get(name)
    if home is None:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    import importlib  # noqa: PLC0415 -- only for who uses it

    module = importlib.import_module(home)
    return module if home.endswith("." + name) else getattr(module, name)

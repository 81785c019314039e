"""Import the application that a ``pkg.module:attribute`` names."""

from __future__ import annotations

import importlib
import os
import sys

from longshore_runtime.errors import ImportFailedError


def load_target(target: str) -> object:
    """Import the module and return the attribute, which may be dotted.

    Raises:
        ImportFailedError: the module or the attribute does not exist.
    """
    module_name, colon, attribute = target.partition(":")
    if not colon or not module_name or not attribute:
        msg = f"{target!r} does not name an application"
        raise ImportFailedError(
            msg,
            hint="write it as pkg.module:attribute, such as taskapi.main:app",
        )
    add_working_directory()
    found: object = importlib.import_module(module_name)
    for name in attribute.split("."):
        try:
            found = getattr(found, name)
        except AttributeError as error:
            msg = f"module {module_name!r} has no attribute {attribute!r}"
            raise ImportFailedError(
                msg,
                hint=suggest_attribute(found, name),
            ) from error
    return found


def add_working_directory() -> None:
    """Put the working directory first on ``sys.path``, as ``python -m`` does."""
    here = os.getcwd()  # noqa: PTH109 -- pathlib would cost every start 4 ms
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)


def suggest_attribute(owner: object, wanted: str) -> str:
    """Return a hint that names what was probably meant."""
    import difflib  # noqa: PLC0415 -- only needed when a start fails

    public = [name for name in vars(owner) if not name.startswith("_")]
    close = difflib.get_close_matches(wanted, public, n=1)
    likely = close or [
        n for n in ("app", "application", "create_app", "asgi", "wsgi") if n in public
    ]
    if likely:
        return f"did you mean {likely[0]!r}?"
    return "check the name after the colon"

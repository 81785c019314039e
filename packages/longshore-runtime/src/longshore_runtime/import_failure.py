"""Explain why an application could not be imported: the cause, its own frames, what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from longshore_runtime.errors import ImportFailedError, ServeError
from longshore_runtime.settings import explain_settings_error
from longshore_runtime.traceback_frames import (
    application_places,
    is_application,
    render_places,
    shorten_path,
)

if TYPE_CHECKING:
    from collections.abc import Collection

CREDENTIALS: Final = re.compile(r"(://[^:/@\s]*):[^@/\s]+@")

DISTRIBUTIONS: Final = {
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "decouple": "python-decouple",
    "dotenv": "python-dotenv",
    "google": "google-api-core",
    "jose": "python-jose",
    "jwt": "pyjwt",
    "multipart": "python-multipart",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyopenssl",
    "PIL": "pillow",
    "psycopg2": "psycopg2-binary",
    "serial": "pyserial",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
"""Packages whose name on PyPI differs from the name that is imported."""


def explain_import(target: str, error: BaseException, environ: Collection[str]) -> ServeError:
    """Return the error to show for what an import or a factory raised.

    Args:
        target: what was imported, as it was named.
        error: what was raised.
        environ: the names of the variables that are set.
    """
    if isinstance(error, ServeError):
        return error
    settings = explain_settings_error(error, environ)
    if settings is not None:
        return settings
    match error:
        case SyntaxError():
            return _explain_syntax(error)
        case ModuleNotFoundError():
            return _explain_missing_module(target, error)
        case ImportError():
            return _explain_import_error(error)
        case _:
            return _explain_other(target, error)


def _explain_other(target: str, error: BaseException) -> ImportFailedError:
    if isinstance(error, SystemExit):
        message = f"{target}: called sys.exit({error.code!r}) while it was imported"
        hint = "guard scripts with: if __name__ == '__main__'"
    else:
        message = f"{target}: {describe(error)}"
        hint = _where(error)
    return ImportFailedError(message, hint=hint, detail=render_places(error))


def describe(error: BaseException) -> str:
    """Return the type and text of an exception, in one line, with passwords in URLs masked."""
    text = " ".join(CREDENTIALS.sub(r"\1:***@", str(error)).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _where(error: BaseException) -> str:
    places = application_places(error)
    return f"raised at {places[-1]}" if places else "raised outside the application's own files"


def _explain_syntax(error: SyntaxError) -> ImportFailedError:
    path = error.filename or "?"
    detail = []
    if error.text:
        text = error.text.rstrip("\n")
        stripped = text.lstrip()
        column = max((error.offset or 1) - 1 - (len(text) - len(stripped)), 0)
        detail = [
            f"  {shorten_path(path)}:{error.lineno}",
            f"    {stripped}",
            f"    {' ' * column}^",
        ]
    mine = is_application(path)
    hint = "correct the line" if mine else "the package does not support this version of Python"
    return ImportFailedError(
        f"{shorten_path(path)}:{error.lineno}: syntax error: {error.msg}",
        hint=hint,
        detail=tuple(detail),
    )


def _explain_missing_module(target: str, error: ModuleNotFoundError) -> ImportFailedError:
    name = error.name or "?"
    module = target.partition(":")[0]
    if module == name or module.startswith(name + "."):
        return ImportFailedError(
            f"no module named {name!r}",
            hint=f"run where {name.partition('.')[0]!r} can be imported: it is searched for in the "
            "working directory and in the installed packages",
        )
    top = name.partition(".")[0]
    distribution = DISTRIBUTIONS.get(top, top)
    places = application_places(error)
    place = f"{shorten_path(places[-1].path)}:{places[-1].line}: " if places else ""
    return ImportFailedError(
        f"{place}no module named {name!r}",
        hint=f"add {distribution!r} to the project's dependencies, or correct the name",
        detail=render_places(error),
    )


def _explain_import_error(error: ImportError) -> ImportFailedError:
    places = application_places(error)
    place = f"{places[-1]}: " if places else ""
    if "partially initialized module" in str(error) or "circular import" in str(error):
        ring = list(dict.fromkeys(shorten_path(each.path) for each in places))
        return ImportFailedError(
            f"{place}circular import: {' -> '.join([*ring, ring[0]]) if ring else error.name}",
            hint="move the shared names into a module of their own, or import inside the function",
            detail=render_places(error),
        )
    return ImportFailedError(
        f"{place}{describe(error)}",
        hint="the package is installed but lacks this name or a library: check its version",
        detail=render_places(error),
    )

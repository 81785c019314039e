"""Find a settings library's error in a chain of exceptions and explain it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from longshore_runtime.settings import decouple, dynaconf, environ_key, pydantic
from longshore_runtime.settings.problem import SettingsError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

READERS = (pydantic.read, decouple.read, dynaconf.read, environ_key.read)
"""Each takes an exception and returns its problems and where they are, or None."""


def explain_settings_error(error: BaseException, environ: Collection[str]) -> SettingsError | None:
    """Return the error to show, or None when no settings library is to blame.

    Args:
        error: what the application raised; its causes and contexts are looked at too.
        environ: the names of the variables that are set.
    """
    for candidate in walk_chain(error):
        for read in READERS:
            found = read(candidate)
            if found is not None:
                problems, where = found
                return SettingsError(problems, environ=environ, where=where)
    return None


def walk_chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, the members of a group, and everything that led to it, once each."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            waiting.extend(current.exceptions)
        waiting.extend(e for e in (current.__cause__, current.__context__) if e is not None)

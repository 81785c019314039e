"""The application's own frames of a traceback: not the library's, not the interpreter's."""

from __future__ import annotations

import dataclasses
import linecache
import os
import sysconfig
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import FrameType

OWN: Final = str(Path(__file__).parent) + os.sep
LIBRARIES: Final = tuple(
    {
        str(Path(sysconfig.get_path(name))) + os.sep
        for name in ("stdlib", "platstdlib", "purelib", "platlib")
    }
)
MOST: Final = 6
"""Frames that are shown: the cause is near the end."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A line of the application."""

    path: str
    line: int
    function: str

    def __str__(self) -> str:
        """Return ``taskapi/main.py:12 in create_app``."""
        return f"{shorten_path(self.path)}:{self.line} in {self.function}"

    @property
    def source(self) -> str:
        """The text of the line, stripped."""
        return linecache.getline(self.path, self.line).strip()


def is_application(path: str) -> bool:
    """Whether a file belongs to the application."""
    return not (
        path.startswith(("<", OWN, *LIBRARIES))
        or "site-packages" in path
        or "dist-packages" in path
    )


def application_places(error: BaseException) -> list[Place]:
    """Return where an exception passed through the application, the outermost first."""
    summary = traceback.extract_tb(error.__traceback__)
    return [
        Place(path=frame.filename, line=frame.lineno or 0, function=frame.name)
        for frame in summary
        if is_application(frame.filename)
    ][-MOST:]


def current_place(frame: FrameType | None) -> Place | None:
    """Return the application's innermost line on a running stack; None when it has none."""
    while frame is not None:
        if is_application(frame.f_code.co_filename):
            return _place_of(frame)
        frame = frame.f_back
    return None


def awaiting_place(coroutine: Any) -> Place | None:
    """Return the application's innermost line in a chain of suspended coroutines."""
    found = None
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "ag_frame", None)
        if frame is not None and is_application(frame.f_code.co_filename):
            found = _place_of(frame)
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "ag_await", None)
    return found


def _place_of(frame: FrameType) -> Place:
    return Place(path=frame.f_code.co_filename, line=frame.f_lineno, function=frame.f_code.co_name)


def render_places(error: BaseException) -> tuple[str, ...]:
    """Return two lines for each of the application's frames: the place and its source."""
    lines: list[str] = []
    for place in application_places(error):
        lines.append(f"  {place}")
        if place.source:
            lines.append(f"    {place.source}")
    return tuple(lines)


def shorten_path(path: str) -> str:
    """Return a path relative to the working directory when it lies in there."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except ValueError:
        return path

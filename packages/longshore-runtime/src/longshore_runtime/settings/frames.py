"""Look into the frames of a traceback, where libraries keep the names that their errors omit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


def walk_frames(error: BaseException) -> Iterator[FrameType]:
    """Yield the frames of an exception's traceback, the outermost first."""
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next

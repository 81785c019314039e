"""``os.environ["NAME"]`` without NAME: a bare ``KeyError`` becomes a sentence."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from longshore_runtime.settings.frames import walk_frames
from longshore_runtime.settings.problem import Problem
from longshore_runtime.settings.required import find_required_keys

if TYPE_CHECKING:
    from types import FrameType


def read(error: BaseException) -> tuple[list[Problem], str] | None:
    """Return the missing variable, and further ones that the same file requires."""
    if not isinstance(error, KeyError):
        return None
    caller: FrameType | None = None
    for frame in walk_frames(error):
        if frame.f_locals.get("self") is os.environ and frame.f_code.co_name == "__getitem__":
            name = str(error.args[0])
            path = "" if caller is None else caller.f_code.co_filename
            names = dict.fromkeys([name, *find_required_keys(path, ())])
            return [Problem(name=each, problem="required") for each in names], path
        caller = frame
    return None

"""python-decouple: the option that is not found, or whose cast failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from longshore_runtime.settings.frames import walk_frames
from longshore_runtime.settings.problem import Problem
from longshore_runtime.settings.required import find_required_calls

if TYPE_CHECKING:
    from types import FrameType


def read(error: BaseException) -> tuple[list[Problem], str] | None:
    """Return the option that failed, and further ones that the same file requires."""
    caller: FrameType | None = None
    for frame in walk_frames(error):
        is_decouple = frame.f_globals.get("__name__") == "decouple"
        if is_decouple and "option" in frame.f_locals:
            return _explain(error, str(frame.f_locals["option"]), frame, caller)
        if not is_decouple:
            caller = frame
    return None


def _explain(
    error: BaseException, option: str, frame: FrameType, caller: FrameType | None
) -> tuple[list[Problem], str]:
    path = "" if caller is None else caller.f_code.co_filename
    is_missing = type(error).__name__ == "UndefinedValueError"
    first = Problem(
        name=option, problem="required" if is_missing else _expected(frame.f_locals.get("cast"))
    )
    repository = getattr(frame.f_locals.get("self"), "repository", None)
    others = [
        Problem(name=name, problem="required")
        for name in find_required_calls(path, ())
        if name != option and not _has(repository, name)
    ]
    return [first, *others], path


def _expected(cast: Any) -> str:
    name = getattr(cast, "__name__", "")
    words = {"int": "an integer", "float": "a number", "_cast_boolean": "true or false"}
    return f"expected {words.get(name, 'a value that its cast accepts')}"


def _has(repository: Any, name: str) -> bool:
    try:
        return name in repository
    except TypeError:
        return False

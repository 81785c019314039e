"""The lines of a requirements file (pip's format): continuations, comments, variables, includes."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_COMMENT = re.compile(r"(?:^|\s)#(.*)$")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A logical line.

    Args:
        path: of its file.
        number: of its first physical line, from 1.
        text: without comments, continuations joined.
        via: who needs it, by the ``# via`` comments of pip-compile and uv.
    """

    path: Path
    number: int
    text: str
    via: tuple[str, ...]

    @property
    def place(self) -> str:
        """The file and the line, for messages."""
        return f"{self.path}:{self.number}"


def split_lines(path: Path, content: str, environment: Mapping[str, str]) -> Iterator[Line]:
    """Yield the logical lines of a file that are not empty.

    A ``${NAME}`` that the environment has is replaced, as pip does.
    """
    number, text, via = 0, "", _Via()
    is_open = False
    for index, raw in enumerate(content.splitlines(), start=1):
        comment = _COMMENT.search(raw)
        code = raw[: comment.start()] if comment else raw
        if code.strip() and not is_open:
            if text:
                yield Line(path=path, number=number, text=text, via=via.names)
            number, text, via = index, "", _Via()
        if comment:
            via.read(comment[1])
        if code.strip():
            is_open = code.rstrip().endswith("\\") and not comment
            part = code.rstrip().removesuffix("\\").strip() if is_open else code.strip()
            text = f"{text} {expand_variables(part, environment)}".strip()
        elif not comment:
            is_open = False
    if text:
        yield Line(path=path, number=number, text=text, via=via.names)


def expand_variables(text: str, environment: Mapping[str, str]) -> str:
    """Replace each ``${NAME}`` that the environment has."""
    return _VARIABLE.sub(lambda match: environment.get(match[1], match[0]), text)


class _Via:
    """Collects ``# via a`` on one line, or ``# via`` and a name on each further one."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._is_open = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._names)

    def read(self, comment: str) -> None:
        words = comment.strip()
        if words == "via" or words.startswith("via "):
            self._is_open = True
            words = words.removeprefix("via").strip()
        if self._is_open and words:
            self._names += [item.split()[0] for item in words.split(",") if item.strip()]

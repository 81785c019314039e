"""Which tracked files a command gets."""

import re
from collections.abc import Collection, Iterator, Sequence

from longshore.config import AssetConfig
from longshore.errors import ProjectError
from longshore.types import SourceFile, SourceTree


def choose_inputs(
    entry: AssetConfig, tree: SourceTree, *, installed: Collection[str], location: str
) -> tuple[SourceFile, ...]:
    """Return the files that a command gets.

    Modules that the application's own wheel brings are left out: they would hide those of the
    virtual environment, and the command would see another application than the image has.

    Args:
        entry: the command.
        tree: the tracked files.
        installed: the paths of the application's own wheel.
        location: where the command is written down.

    Raises:
        ProjectError: if a pattern of ``inputs`` matches no tracked file.
    """
    chosen = tuple(_matching(entry.inputs, tree, location)) if entry.inputs else tree.files
    return tuple(
        file for file in chosen if not (file.path.suffix == ".py" and str(file.path) in installed)
    )


def _matching(patterns: Sequence[str], tree: SourceTree, location: str) -> Iterator[SourceFile]:
    compiled = [(text, compile_pattern(text)) for text in patterns]
    used: set[str] = set()
    chosen = []
    for file in tree.files:
        hits = {text for text, pattern in compiled if pattern.fullmatch(str(file.path))}
        used |= hits
        if hits:
            chosen.append(file)
    unused = [f"{location}.inputs: {text!r}" for text in patterns if text not in used]
    if unused:
        msg = f"{unused[0]}: no tracked file matches"
        hint = "check the spelling; a file counts from `git add` on"
        raise ProjectError(msg, context=unused[1:], hint=hint)
    yield from chosen


def compile_pattern(text: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern; it also matches everything below a folder.

    ``*`` and ``?`` stand for parts of one name, ``**`` for any number of folders.
    """
    parts = text.split("/")
    expression = ""
    for part in parts[:-1]:
        expression += "(?:[^/]+/)*" if part == "**" else f"{_name(part)}/"
    expression += ".+" if parts[-1] == "**" else f"{_name(parts[-1])}(?:/.+)?"
    return re.compile(expression, re.DOTALL)


def _name(part: str) -> str:
    return re.escape(part).replace(r"\*", "[^/]*").replace(r"\?", "[^/]")

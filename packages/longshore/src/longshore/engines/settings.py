"""Settings that the user hands to a service: ``-e KEY=VALUE``, ``-e KEY`` and ``--env-file``.

Their values may be secrets, so they are masked from here on, and no message repeats one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from longshore.errors import UsageError
from longshore.types import Secret

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def read_settings(
    options: Sequence[str], files: Sequence[Path], environment: Mapping[str, str]
) -> dict[str, Secret]:
    """Return the settings of all files in order, then of all options; a later one wins.

    Args:
        options: ``KEY=VALUE``, or ``KEY`` for the value that the caller's environment has.
        files: with the same, one to a line; empty lines and lines that start with ``#`` are
            skipped, an ``export`` in front and one pair of quotes around a value are dropped.
        environment: the caller's.

    Raises:
        UsageError: with every problem of every file and option, each with its place.
    """
    problems: list[str] = []
    settings: dict[str, Secret] = {}
    for place, text, quoted in _entries(options, files, problems):
        key, has_value, value = text.partition("=")
        key = key.strip()
        if not _KEY.fullmatch(key):
            problems.append(f"{place}: expected KEY=VALUE or KEY")
        elif has_value:
            settings[key] = Secret(_unquote(value) if quoted else value)
        elif key in environment:
            settings[key] = Secret(environment[key])
        else:
            problems.append(f"{place}: {key} has no value, and the environment has none either")
    if problems:
        message = problems[0] if len(problems) == 1 else f"{len(problems)} settings are wrong"
        raise UsageError(
            message,
            context=problems if len(problems) > 1 else (),
            hint="write KEY=VALUE, or export KEY first",
        )
    return settings


def declared_secrets(
    names: Iterable[str], settings: Mapping[str, Secret], environment: Mapping[str, str]
) -> dict[str, Secret]:
    """Return the caller's values for the secrets that a process declares and nobody gave."""
    return {
        name: Secret(environment[name])
        for name in names
        if name not in settings and name in environment
    }


def _entries(
    options: Sequence[str], files: Sequence[Path], problems: list[str]
) -> Iterator[tuple[str, str, bool]]:
    for path in files:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            problems.append(f"{path}: can't read: {(error.strerror or '').lower()}")
            continue
        except UnicodeDecodeError:
            problems.append(f"{path}: expected UTF-8 text")
            continue
        for number, line in enumerate(lines, 1):
            text = line.strip()
            if text and not text.startswith("#"):
                yield f"{path}:{number}", text.removeprefix("export "), True
    for number, option in enumerate(options, 1):
        yield f"-e, number {number}", option, False


def _unquote(value: str) -> str:
    text = value.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return text

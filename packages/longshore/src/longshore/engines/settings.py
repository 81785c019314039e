"""Settings that the user hands to a service: ``-e``, ``--env-file`` and the project's ``.env``.

Their values may be secrets, so they are masked from here on, and no message repeats one. Files are
read by python-dotenv's rules: comments, ``export``, quotes, values of several lines, ``${NAME}``
and ``${NAME:-default}``.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from dotenv.parser import Binding, parse_stream
from dotenv.variables import parse_variables

from longshore.errors import UsageError
from longshore.types import Secret

PROJECT_FILE = ".env"
"""The file of the project's folder that is read without being asked for; it is never shipped."""

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_NO_PAIR = "expected KEY=VALUE or KEY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What there is for the processes of a service.

    Args:
        given: of options and of the files that were named.
        project: of the project's own file.
        environment: the caller's; only what a process declares is taken from it.
        files: what was read, and how many settings each has.
    """

    given: Mapping[str, Secret]
    project: Mapping[str, Secret] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    files: tuple[tuple[Path, int], ...] = ()

    def select(self, declared: Iterable[str]) -> dict[str, Secret]:
        """Return the settings of a process, and of its secrets those that the caller has.

        The caller's environment wins over ``.env``, as wherever such a file is read.
        """
        inherited = {
            name: Secret(self.environment[name]) for name in declared if name in self.environment
        }
        return {**self.project, **inherited, **self.given}

    def missing(self, declared: Iterable[str]) -> tuple[str, ...]:
        """Return the secrets that nobody gave; ``NAME_FILE`` tells the runtime where one is."""
        given = {*self.given, *self.project}
        known = given | self.environment.keys()
        return tuple(name for name in declared if name not in known and f"{name}_FILE" not in given)


def read_settings(
    options: Sequence[str],
    files: Sequence[Path],
    environment: Mapping[str, str],
    *,
    root: Path | None = None,
) -> Settings:
    """Return the settings of all files in order, then of all options; a later one wins.

    Args:
        options: ``KEY=VALUE``, or ``KEY`` for the value that the caller's environment has.
        files: with the same.
        environment: the caller's.
        root: the project's folder, whose ``.env`` is read where there is one; in it, a ``KEY``
            without a value that the caller has not set either is nothing.

    Raises:
        UsageError: with every problem of every file and option, each with its place.
    """
    reading = _Reading(environment)
    project: dict[str, Secret] = {}
    own = None if root is None else root / PROJECT_FILE
    if own is not None and own.is_file():  # a virtual environment may have that name
        reading.file(own, project, lenient=True)
    given: dict[str, Secret] = {}
    for path in files:
        reading.file(path, given)
    for number, option in enumerate(options, 1):
        key, has_value, value = option.partition("=")
        reading.setting(f"-e, number {number}", (key.strip(), value if has_value else None), given)
    reading.finish()
    return Settings(
        given=given, project=project, environment=environment, files=tuple(reading.files)
    )


class _Reading:
    """Collects what is wrong."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.files: list[tuple[Path, int]] = []
        self._environment = environment
        self._problems: list[str] = []

    def file(self, path: Path, into: dict[str, Secret], *, lenient: bool = False) -> None:
        """Read one file."""
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            self._problems.append(f"{path}: can't read: {(error.strerror or '').lower()}")
            return
        except UnicodeDecodeError:
            self._problems.append(f"{path}: expected UTF-8 text")
            return
        count = 0
        for binding in parse_stream(StringIO(text)):
            place = f"{path}:{_line_of(binding)}"
            if binding.error:
                self._problems.append(f"{place}: {_NO_PAIR}")
            elif binding.key is not None:
                value = None if binding.value is None else self._expand(binding.value, into)
                count += self.setting(place, (binding.key, value), into, lenient=lenient)
        self.files.append((path, count))

    def setting(
        self,
        place: str,
        pair: tuple[str, str | None],
        into: dict[str, Secret],
        *,
        lenient: bool = False,
    ) -> bool:
        """Take one setting, or the caller's value of it; return whether there is one."""
        key, value = pair
        if not _KEY.fullmatch(key):
            self._problems.append(f"{place}: {_NO_PAIR}")
            return False
        if value is None:
            value = self._environment.get(key)
        if value is not None:
            into[key] = Secret(value)
        elif not lenient:
            self._problems.append(
                f"{place}: {key} has no value, and the environment has none either"
            )
        return value is not None

    def finish(self) -> None:
        """Raise what is wrong."""
        problems = self._problems
        if problems:
            message = problems[0] if len(problems) == 1 else f"{len(problems)} settings are wrong"
            raise UsageError(
                message,
                context=problems if len(problems) > 1 else (),
                hint="write KEY=VALUE, or export KEY first",
            )

    def _expand(self, value: str, known: Mapping[str, Secret]) -> str:
        names = {**self._environment, **{name: each.reveal() for name, each in known.items()}}
        return "".join(atom.resolve(names) for atom in parse_variables(value))


def _line_of(binding: Binding) -> int:
    """Return where a setting itself begins: empty lines before it count as its own."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")

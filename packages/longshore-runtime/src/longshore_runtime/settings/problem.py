"""One wrong setting, and the error that carries all of them."""

from __future__ import annotations

import dataclasses
import difflib
from typing import TYPE_CHECKING

from longshore_runtime.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with one setting.

    Attributes:
        name: the environment variable that sets it.
        problem: what is expected, never what was found.
        description: the application's own words for the setting, when it has some.
    """

    name: str
    problem: str
    description: str = ""


class SettingsError(ConfigError):
    """The application's settings are missing or wrong.

    Args:
        problems: all that is known to be wrong.
        environ: the names of the variables that are set, for "did you mean".
        where: the settings class or file.
    """

    kind = "settings"

    def __init__(
        self, problems: Sequence[Problem], *, environ: Collection[str], where: str = ""
    ) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        subject = "1 setting is" if count == 1 else f"{count} settings are"
        place = f" ({where})" if where else ""
        names = ", ".join(problem.name for problem in self.problems)
        super().__init__(
            f"{subject} missing or wrong{place}: {names}",
            hint="set them in the environment, or as files: NAME_FILE=/run/secrets/name",
            detail=tuple(render_problems(self.problems, environ)),
        )


def render_problems(problems: Sequence[Problem], environ: Collection[str]) -> list[str]:
    """Return one aligned line for each problem."""
    width = max((len(problem.name) for problem in problems), default=0)
    lines = []
    for problem in problems:
        line = f"  {problem.name:<{width}}  {problem.problem}"
        if problem.description:
            line += f": {problem.description}"
        meant = suggest_name(problem.name, environ)
        if meant:
            line += f" (did you mean {meant}, which is set?)"
        lines.append(line)
    return lines


def suggest_name(name: str, environ: Collection[str]) -> str:
    """Return a variable that is set and looks like the one that is missing."""
    if name in environ:
        return ""
    close = difflib.get_close_matches(name, list(environ), n=1, cutoff=0.8)
    return close[0] if close else ""

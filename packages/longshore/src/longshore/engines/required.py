"""Settings that the code requires and nobody gave: told before anything is built.

Reading the code may be wrong, so this only warns; the service itself has the last word.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from longshore import __version__
from longshore.build.interface import Workshop
from longshore.build.members import FirstParty, read_first_party
from longshore.engines.backing.proposal import propose
from longshore.engines.settings import PROJECT_FILE, Settings
from longshore.errors import LongshoreError
from longshore.locks import find_lock
from longshore.project.required import Requirement, required_settings
from longshore.types import Digest, Process

DOCS = "how-to/pass-settings.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """What is not set, for people.

    Args:
        message: one line.
        context: a line for each, where there are several.
        hint: what to do.
    """

    message: str
    context: tuple[str, ...]
    hint: str


def read_required(
    workshop: Workshop, processes: Iterable[Process]
) -> Mapping[str, tuple[Requirement, ...]]:
    """Return the settings that each process can't start without; remembered for the same code.

    Raises:
        ConfigError: if ``pyproject.toml`` is no TOML.
    """
    processes = tuple(processes)
    runs = [[one.name, repr(one.serve), sorted(one.env.items())] for one in processes]
    first_party = _read_first_party(workshop)
    parts = ["required", __version__, str(first_party.digest(workshop.root)), runs]
    key = Digest.of(json.dumps(parts).encode())
    memo = workshop.memos.get(key)
    if memo is not None:
        return _load(memo)
    trees = [first_party.trees[member.name] for member in first_party.members]
    folders = {tree.root: [file.path for file in tree.files] for tree in trees}
    found = required_settings(workshop.root, folders=folders, processes=processes)
    workshop.memos.put(key, _dump(found))
    return found


def _read_first_party(workshop: Workshop) -> FirstParty:
    """Return the application and, if there is a lock, the members that it needs."""
    try:
        lock = find_lock(workshop.root, environment=workshop.environment)
        return read_first_party(workshop, lock)
    except LongshoreError:
        return read_first_party(workshop, None)  # the build says what is wrong with it


def _dump(found: Mapping[str, tuple[Requirement, ...]]) -> bytes:
    document = {
        name: [[one.name, one.location, one.text, one.others, one.ignores_case] for one in each]
        for name, each in found.items()
    }
    return json.dumps(document).encode()


def _load(memo: bytes) -> dict[str, tuple[Requirement, ...]]:
    return {
        process: tuple(
            Requirement(
                name=name,
                location=location,
                text=text,
                others=tuple(others),
                ignores_case=ignores_case,
            )
            for name, location, text, others, ignores_case in each
        )
        for process, each in json.loads(memo).items()
    }


def find_lacking(
    required: Mapping[str, tuple[Requirement, ...]],
    processes: Iterable[Process],
    settings: Settings,
    *,
    provided: Collection[str] = (),
) -> Lacking | None:
    """Return what processes require and do not get; ``None`` where nothing is missing.

    Args:
        required: by the process's name.
        processes: those that are about to start.
        settings: the user's. A declared secret that nobody gave is an error elsewhere.
        provided: what databases and caches beside the processes will give.
    """
    lacking: dict[str, Requirement] = {}
    needed_by: dict[str, list[str]] = {}
    for process in processes:
        given = {*settings.given, *settings.project, *provided, *process.secrets, *process.env}
        for one in required.get(process.name, ()):
            if not one.is_given(given):
                lacking.setdefault(one.name, one)
                needed_by.setdefault(one.name, []).append(process.name)
    if not lacking:
        return None
    names = sorted(lacking)
    width = max(map(len, names))
    lines = [
        f"{name:<{width}}  {lacking[name].location}: {lacking[name].text}"
        f"  (for {_join(needed_by[name])})"
        for name in names
    ]
    if len(names) == 1:
        (one,) = lacking.values()
        message = f"{one.location}: {one.name} is not set, and {_join(needed_by[one.name])}"
        return Lacking(
            message=f"{message} needs it to start: {one.text}",
            context=(),
            hint=_hint(names, settings),
        )
    message = f"{len(names)} settings are not set that the code needs to start"
    return Lacking(message=message, context=tuple(lines), hint=_hint(names, settings))


def _hint(names: list[str], settings: Settings) -> str:
    """Return how to give them; what the caller's environment has is passed only when asked for."""
    here = [name for name in names if name in settings.environment]
    if here:
        options = " ".join(f"-e {name}" for name in here)
        table = json.dumps(here)
        return (
            f"{options} passes the value that is set here; secrets = {table} "
            "in the table of a process always does"
        )
    pronoun = "it" if len(names) == 1 else "them"
    ways = f"-e {names[0]}=..., in a file with --env-file, or in {PROJECT_FILE}"
    return f"give {pronoun} with {ways}{propose(names)}"


def _join(names: list[str]) -> str:
    return " and ".join(sorted(names))

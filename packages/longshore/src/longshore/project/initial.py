"""The first configuration of a project: what detection found, as a table."""

import os
import tempfile
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from longshore.config import Config
from longshore.errors import PreflightError, ProjectError, UsageError
from longshore.project.detect import Detection, detect_project, smallest_table
from longshore.project.required import Requirement, required_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A table to write.

    Args:
        file: into which file of the project.
        text: TOML, with one newline at its end.
        open_questions: what the code does not tell; the text has a placeholder for each.
        settings: what the processes need besides, and no table can say: plain settings whose value
            nobody knows.
    """

    file: str
    text: str
    open_questions: tuple[str, ...] = ()
    settings: tuple[Requirement, ...] = ()


def propose_table(root: Path, config: Config, paths: Iterable[PurePosixPath]) -> Proposal:
    """Return the smallest table for a project.

    Args:
        root: the project's folder.
        config: what it says already.
        paths: the project's files, relative to the folder.

    Raises:
        UsageError: if the project names processes already.
        ProjectError: if there is nothing to say.
    """
    if config.processes:
        names = ", ".join(process.name for process in config.processes)
        msg = f"{config.location('processes')}: already there: {names}"
        raise UsageError(msg, hint="edit the table; `longshore config` shows what it means")
    paths = list(paths)
    detection, settings = _with_secrets(root, detect_project(root, paths=paths), paths)
    text = smallest_table(detection)
    if not text.strip():
        error = detection.error()
        raise error or ProjectError(f"{root}: nothing was found that runs")
    problems = detection.problems or (() if detection.processes else (detection.nothing,))
    questions = tuple(problem.message for problem in problems if problem is not None)
    return Proposal(
        file=detection.file,
        text=text.rstrip("\n") + "\n",
        open_questions=questions,
        settings=settings,
    )


def _with_secrets(
    root: Path, detection: Detection, paths: Iterable[PurePosixPath]
) -> tuple[Detection, tuple[Requirement, ...]]:
    """Return what was detected with the secrets that each process needs, and its other needs."""
    processes = [one.process for one in detection.processes]
    required = required_settings(root, folders={root: paths}, processes=processes)
    completed = []
    plain: dict[str, Requirement] = {}
    for one in detection.processes:
        needs = required[one.process.name]
        secrets = tuple(each.name for each in needs if each.is_secret)
        completed.append(replace(one, process=replace(one.process, secrets=secrets)))
        plain.update({each.name: each for each in needs if not each.is_secret})
    others = tuple(plain[name] for name in sorted(plain))
    return replace(detection, processes=tuple(completed)), others


def write_table(root: Path, proposal: Proposal) -> Path:
    """Append a table to its file; the file is replaced as a whole, or stays as it was.

    Raises:
        UsageError: if the file would not be valid TOML any more.
        PreflightError: if it can't be written.
    """
    path = root / proposal.file
    before = path.read_text("utf-8") if path.exists() else ""
    blank = "" if not before.strip() else ("\n" if before.endswith("\n") else "\n\n")
    text = f"{before}{blank}{proposal.text}"
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"{proposal.file}: a table of the same name is there already: {error}"
        hint = "run `longshore init --dry-run` and put the lines where they belong"
        raise UsageError(msg, hint=hint) from error
    try:
        handle, name = tempfile.mkstemp(dir=root, prefix=f".{path.name}-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        Path(name).replace(path)
    except OSError as error:
        msg = f"{path}: can't be written: {(error.strerror or str(error)).lower()}"
        raise PreflightError(msg, hint="check the folder's owner and permissions") from error
    return path

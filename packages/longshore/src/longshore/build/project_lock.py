"""The project's own lock: another tool's as it is, or the ``pylock.toml`` that is written here.

A lock that another tool made is never touched. Where there is none, what the project declares is
resolved once and written as the standard has it (PyPA: pylock.toml specification), with a digest
of what it was resolved from in its ``[tool.longshore]``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from os.path import commonpath, relpath
from pathlib import Path

import tomli_w

from longshore.base.debian.suite import parse_suite
from longshore.build.bases import choose_base
from longshore.build.declared import Declared, constraints_of, keep_versions, read_declared
from longshore.build.freshness import check_freshness
from longshore.build.interface import Workshop
from longshore.build.pins import pins_bytes, report_written
from longshore.build.replacing import replace_text
from longshore.build.unfit import expected_target, unfit_packages
from longshore.errors import LockError
from longshore.locks import LockedSet, find_lock, no_lock
from longshore.locks.foreign import ForeignLock, find_foreign, read_versions
from longshore.locks.pylock import FILENAME
from longshore.project.metadata import read_metadata
from longshore.project.workspace import Workspace
from longshore.source.git import find_repository
from longshore.types import Digest, Event, NormalizedName, Phase, PythonVersion, Target
from longshore.wheels.index import Indexes, SimpleIndex, choose_indexes
from longshore.wheels.resolve import SourcesOnlyError, resolve_pylock

_NO_PACKAGES = re.compile(r"^packages = \[\]\n", re.MULTILINE)
_USERINFO = re.compile(r"(?<=://)[^/\s@\"]+@")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inputs:
    """What a lock of ours is made from; ``kept`` has the versions of another tool's lock, too."""

    declared: Declared
    kept: Declared
    foreign: ForeignLock | None
    python: PythonVersion
    path: Path

    @property
    def digest(self) -> Digest:
        return self.kept.digest(python=self.python.short, root=self.path.parent)


def missing_lock(workshop: Workshop) -> tuple[str, ...]:
    """Say what is wrong with the project's lock, in a line; nothing is resolved.

    Raises:
        LockError: if the lock can't be read, or what it is to be made from.
    """
    lock = find_lock(workshop.root, environment=workshop.environment)
    if lock is None:
        return ("the project has no lock",)
    if lock.inputs is None or lock.inputs == _read_inputs(workshop).digest:
        return ()
    return (f"{lock.path.name} is out of date",)


def require_lock(workshop: Workshop, *, locked: bool) -> LockedSet:
    """Return the project's lock for a build, writing it first where that is allowed.

    Args:
        workshop: the project and the tools.
        locked: whether a missing or stale lock is an error.

    Raises:
        LockError: if there is none, or it is stale, and ``locked``; or it can't be resolved.
    """
    lock = find_lock(workshop.root, environment=workshop.environment)
    inputs = None
    if lock is not None:
        inputs = _read_inputs(workshop) if lock.inputs is not None else None
        if inputs is None:
            check_freshness(lock, workshop.root)
        if inputs is None or lock.inputs == inputs.digest:
            return lock
    if locked:
        raise _stale(lock.path) if lock is not None else no_lock(workshop.root)
    inputs = inputs or _read_inputs(workshop)
    _write(workshop, inputs, upgrade=False)
    origin = inputs.declared.origin
    if inputs.foreign is not None:
        origin += f" with the versions of {inputs.foreign.path.name}"
    detail = f"written from {origin}; commit it"
    workshop.reporter.report(
        Event(kind="lock", subject=inputs.path.name, phase=Phase.NOTE, detail=detail)
    )
    return _read_back(workshop)


def write_missing_lock(workshop: Workshop, *, upgrade: bool) -> tuple[str, ...]:
    """Resolve what the project declares where it has no lock, or a stale one of ours.

    Args:
        workshop: the project and the tools.
        upgrade: resolve again, though the lock is fresh, and keep no version.

    Returns:
        What changed, one line each.

    Raises:
        LockError: if it can't be resolved, or another tool's lock is to be upgraded.
    """
    lock = find_lock(workshop.root, environment=workshop.environment)
    if lock is not None and lock.inputs is None:
        if upgrade:
            msg = f"{lock.path}: another tool's lock can't be upgraded here"
            raise LockError(msg, hint="upgrade it with the tool that wrote it")
        return ()
    inputs = _read_inputs(workshop)
    if lock is not None and lock.inputs == inputs.digest and not upgrade:
        return ()
    _write(workshop, inputs, upgrade=upgrade)
    return tuple(_changes(lock, _read_back(workshop)))


def _stale(path: Path) -> LockError:
    msg = f"{path}: out of date: the project has changed since it was written"
    return LockError(msg, hint="run `longshore lock` and commit the file")


def _read_back(workshop: Workshop) -> LockedSet:
    lock = find_lock(workshop.root, environment=workshop.environment)
    if lock is None:
        raise no_lock(workshop.root)
    return lock


def _read_inputs(workshop: Workshop) -> _Inputs:
    root = workshop.root
    declared = read_declared(root, workshop.workspace, workshop.environment)
    foreign = find_foreign(root)
    versions: Mapping[NormalizedName, str] = {} if foreign is None else read_versions(foreign)
    return _Inputs(
        declared=declared,
        kept=keep_versions(declared, constraints_of(versions)),
        foreign=foreign,
        python=parse_suite(choose_base(workshop.project, workshop.config)).python,
        path=_path(root, workshop.workspace, declared),
    )


def _path(root: Path, workspace: Workspace | None, declared: Declared) -> Path:
    """Return where the lock goes: into the folder that has all of its first-party code.

    That is the project's, the workspace's, or one above within the repository. In a folder that
    others share, the file has the project's name.
    """
    top = workspace.root if workspace is not None else root
    folders = [folder for folder, _ in declared.members.values()]
    outside = [folder for folder in folders if top not in (folder, *folder.parents)]
    if outside:
        repository = find_repository(root)
        top = Path(commonpath([top, *outside]))
        if repository is None or repository not in (top, *top.parents):
            place = relpath(outside[0], root)
            msg = f"{declared.origin}: {place!r} is outside of the project and of its repository"
            raise LockError(msg, hint="move it into the repository, or depend on a release of it")
    metadata = read_metadata(root)
    if top == root or metadata is None:
        return top / FILENAME
    return top / f"pylock.{metadata.name}.toml"


def _write(workshop: Workshop, inputs: _Inputs, *, upgrade: bool) -> None:
    declared = inputs.declared if upgrade else inputs.kept
    named = LockedSet(
        path=inputs.path,
        packages=(),
        index_url=declared.index_url,
        extra_index_urls=declared.extra_index_urls,
    )
    indexes = choose_indexes(workshop.environment, named)
    main, *extra = indexes
    subject = f"{inputs.path.name} from {declared.origin}"
    reporter = workshop.reporter
    reporter.report(Event(kind="resolve", subject=subject, phase=Phase.STARTED))
    resolve = partial(
        resolve_pylock,
        declared.requirements,
        constraints=declared.constraints,
        overrides=declared.overrides,
        python=inputs.python,
        indexes=(main, extra),
        known=None if upgrade or not inputs.path.is_file() else inputs.path.read_text("utf-8"),
        environment=workshop.environment,
        subject=subject,
    )
    target = expected_target(inputs.python)
    try:
        text = resolve()
    except SourcesOnlyError:
        text = ""
    if not text or unfit_packages(text, target):
        text = _resolve_with_sources(workshop, declared, resolve, indexes, target)
    reporter.report(Event(kind="resolve", subject=subject, phase=Phase.DONE))
    replace_text(inputs.path, _render(text, inputs))


def _resolve_with_sources(
    workshop: Workshop,
    declared: Declared,
    resolve: "partial[str]",
    indexes: Indexes,
    target: Target,
) -> str:
    from longshore.build.source_metadata import (  # noqa: PLC0415 - most locks have wheels only
        SourceReader,
        resolve_with_sources,
    )

    before = pins_bytes(workshop)
    index = SimpleIndex(workshop.transport, indexes, memos=workshop.memos, store=workshop.blobs)
    text = resolve_with_sources(
        lambda sources: resolve(sources=sources),
        SourceReader(workshop, index),
        (*declared.requirements, *declared.constraints, *declared.overrides),
        target,
    )
    if pins_bytes(workshop) != before:
        report_written(workshop)
    return text


def _render(text: str, inputs: _Inputs) -> str:
    """Complete the resolver's text by first-party code and by what it was made from."""
    members = list(_member_tables(inputs))
    if members:
        text = _NO_PACKAGES.sub("", text)
    head = f"# Written by `longshore lock` from {inputs.declared.origin}. Commit it.\n"
    tail = tomli_w.dumps({"tool": {"longshore": {"inputs": str(inputs.digest)}}})
    return "\n".join([head + _USERINFO.sub("", text).rstrip("\n") + "\n", *members, tail])


def _member_tables(inputs: _Inputs) -> Iterator[str]:
    for name, (place, marker) in inputs.declared.members.items():
        path = Path(relpath(place, inputs.path.parent)).as_posix()
        condition = tomli_w.dumps({"marker": str(marker)}) if marker is not None else ""
        folder = tomli_w.dumps({"path": path}).strip()
        yield f'[[packages]]\nname = "{name}"\n{condition}directory = {{ {folder} }}\n'


def _changes(before: LockedSet | None, after: LockedSet) -> Iterable[str]:
    name = after.path.name
    if before is None:
        count = len(after.packages)
        yield f"{name}: {count} package{'' if count == 1 else 's'}"
        return
    old = {package.name: package.version for package in before.packages}
    new = {package.name: package.version for package in after.packages}
    for package in sorted({*old, *new}):
        if old.get(package) != new.get(package):
            was, now = (each.get(package, "none") for each in (old, new))
            yield f"{name}: {package} {was} -> {now}"

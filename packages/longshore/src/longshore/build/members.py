"""First-party code: the application, and the workspace members that its lock has."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from os.path import relpath
from pathlib import Path
from posixpath import normpath
from types import MappingProxyType

from longshore.build.interface import Workshop
from longshore.build.versions import tell_version
from longshore.locks import LockedSet, SourceKind
from longshore.locks.closure import check_folders, closure_digest, reachable_packages
from longshore.project.read import read_member
from longshore.source import read_source
from longshore.types import BuildMode, Digest, Member, NormalizedName, SourceTree


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstParty:
    """The application first, then the members that it may need on any target, by name.

    Args:
        members: all of them.
        trees: the files of each, without those of a member below its folder.
    """

    members: tuple[Member, ...]
    trees: Mapping[NormalizedName, SourceTree] = field(hash=False)

    @property
    def application(self) -> Member:
        """What the image is of."""
        return self.members[0]

    @property
    def wheels(self) -> tuple[Member, ...]:
        """The members that become wheels."""
        return tuple(each for each in self.members if each.build is BuildMode.WHEEL)

    @property
    def is_dirty(self) -> bool:
        """Whether files of any member differ from the commit."""
        return any(tree.dirty for tree in self.trees.values())

    def digest(self, root: Path) -> Digest:
        """Return a digest of every member: its build and files, and its place below ``root``."""
        parts = [
            [
                member.name,
                relpath(member.root, root),
                member.build,
                member.backend,
                member.backend_path,
                member.requires,
                member.told_version,
                str(self.trees[member.name].digest),
            ]
            for member in self.members
        ]
        return Digest.of(json.dumps(parts).encode())


def read_first_party(workshop: Workshop, lock: LockedSet | None) -> FirstParty:
    """Return the application and the members that its lock has; without a lock, only itself.

    Raises:
        LockError: if a member is outside of the lock's folder.
        ProjectError: if a member can't be read, or its files can't be shipped.
    """
    application = tell_version(workshop.project.members[0], workshop.source)
    members = {application.name: application}
    trees = {application.name: workshop.source}
    workspace = workshop.workspace
    for folder in _folders(lock, workshop.root):
        member = read_member(folder)
        nested = workspace.nested(folder) if workspace else ()
        trees[member.name] = read_source(folder, exclude=nested)
        members[member.name] = tell_version(member, trees[member.name])
    return FirstParty(members=tuple(members.values()), trees=MappingProxyType(trees))


def _folders(lock: LockedSet | None, root: Path) -> list[Path]:
    """Return the folders of the lock's installable members, the application's aside, by name."""
    if lock is None:
        return []
    packages = [each for each in reachable_packages(lock) if each.source.is_folder]
    check_folders(lock, iter(packages))
    found = [
        Path(normpath(lock.path.parent / each.source.location))
        for each in packages
        if each.source.kind is not SourceKind.VIRTUAL
    ]
    return [folder for folder in found if folder != root]


def lock_digest(workshop: Workshop, lock: LockedSet) -> Digest:
    """Return what a lock adds to a key: its bytes, or its part where others share it."""
    if lock.path.parent == workshop.root and workshop.workspace is None:
        return Digest.of(lock.path.read_bytes())
    return closure_digest(lock)

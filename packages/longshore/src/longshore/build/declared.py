"""What a project needs before anything is resolved: its own list, first-party code followed.

First-party members never reach the resolver: each is replaced by what it needs itself, so nothing
of the project runs while it is locked.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from os.path import relpath
from pathlib import Path
from posixpath import normpath
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement

from longshore.errors import LockError
from longshore.locks.lines import Line, expand_variables, split_lines
from longshore.locks.options import split_options
from longshore.project.dependencies import read_dependencies
from longshore.project.metadata import FILE, read_metadata
from longshore.project.resolution import Resolution
from longshore.project.workspace import Workspace
from longshore.types import Digest, NormalizedName, parse_name

FILENAMES = ("requirements.txt", "requirements.in")
"""Where a project without a list in its ``pyproject.toml`` has it, best first."""

_HATCH_ROOT = re.compile(r"\{root((?::parent)*)(?::uri)?\}")
_IGNORED = frozenset(
    {"--require-hashes", "--prefer-binary", "--only-binary", "--trusted-host", "--use-feature"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What is to be resolved.

    Args:
        origin: the file that says so, for messages.
        requirements: PEP 508, from indexes, sorted.
        constraints: likewise, for versions only.
        overrides: likewise, whatever packages themselves ask for.
        members: first-party code by name: its folder, and when it is needed.
        index_url: the index that a requirements file names, as written.
        extra_index_urls: further ones.
    """

    origin: str
    requirements: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    members: Mapping[NormalizedName, tuple[Path, Marker | None]] = field(
        default_factory=lambda: MappingProxyType({}), hash=False
    )
    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()

    def digest(self, *, python: str, root: Path) -> Digest:
        """Return a digest of all that decides what may be resolved.

        Args:
            python: the Python that it is resolved for.
            root: the folder that members' paths are taken relative to.
        """
        members = {
            name: [relpath(folder, root), str(marker or "")]
            for name, (folder, marker) in self.members.items()
        }
        parts = [1, python, self.requirements, self.constraints, members]
        parts += [self.overrides] if self.overrides else []
        return Digest.of(json.dumps(parts, sort_keys=True).encode())


def read_declared(
    root: Path, workspace: Workspace | None, environment: Mapping[str, str]
) -> Declared:
    """Return what the project in a folder needs.

    Its ``pyproject.toml`` is asked first, then ``requirements.txt``, then ``requirements.in``.

    Raises:
        ProjectError: if a table is wrong.
        LockError: if there is no list, or with everything in it that can't be resolved.
    """
    collector = _Collector(workspace, environment)
    origin = collector.add_project(root)
    if collector.problems:
        hint = "correct it, or lock with another tool"
        if len(collector.problems) == 1:
            raise LockError(collector.problems[0], hint=hint)
        msg = f"{origin}: {len(collector.problems)} requirements can't be locked"
        raise LockError(msg, context=collector.problems, hint=hint)
    return replace(
        collector.options,
        origin=origin,
        requirements=tuple(sorted(set(collector.requirements))),
        constraints=tuple(sorted(set(collector.constraints))),
        members=MappingProxyType(dict(sorted(collector.members.items()))),
    )


class _Collector:
    """Follows first-party code and gathers the rest."""

    def __init__(self, workspace: Workspace | None, environment: Mapping[str, str]) -> None:
        self._workspace: Mapping[NormalizedName, Path] = workspace.members if workspace else {}
        self._environment = environment
        self._seen: set[tuple[Path, str, str]] = set()
        self._root = Path()
        self.options = Declared(origin="")
        self.requirements: list[str] = []
        self.constraints: list[str] = []
        self.members: dict[NormalizedName, tuple[Path, Marker | None]] = {}
        self.problems: list[str] = []

    def add_project(self, root: Path) -> str:
        """Add the project's own list; return the name of its file."""
        self._root = root
        declared = read_dependencies(root)
        found = [name for name in FILENAMES if (root / name).is_file()]
        if declared is not None and (declared.is_listed or not found):
            self._take(declared.resolution)
            self._add_folder(root, "", None)
            return declared.origin
        if found:
            self._add_file(root / found[0], None)
            return found[0]
        msg = f"{root}: nothing to lock: expected project.dependencies or requirements.txt"
        hint = "write one of them; an empty requirements.txt will do"
        if read_metadata(root) is not None:
            msg = f"{root}: nothing to lock: only the build backend can tell the dependencies"
            hint = "list them in project.dependencies, or in requirements.txt"
        raise LockError(msg, hint=hint)

    def _take(self, resolution: Resolution) -> None:
        """Take what the project tells its tool; PDM has variables in the URLs of its sources."""
        main, *extra = (
            None if url is None else expand_variables(url, self._environment)
            for url in (resolution.index_url, *resolution.extra_index_urls)
        )
        self.options = replace(
            self.options,
            index_url=main,
            extra_index_urls=tuple(filter(None, extra)),
            overrides=resolution.overrides,
        )
        self.constraints += resolution.constraints

    def _add_folder(self, folder: Path, extra: str, marker: Marker | None) -> None:
        """Add what a distribution in a folder needs, or what one of its extras adds."""
        state = (folder, extra, str(marker or ""))
        if state in self._seen:
            return
        self._seen.add(state)
        declared = read_dependencies(folder)
        if declared is None:
            if folder != self._root:
                self.problems.append(f"{folder}: its dependencies can't be told by reading")
            return
        lines = declared.requirements
        if extra:
            lines = declared.extras.get(parse_name(extra), ())
        place = relpath(folder / FILE, self._root)
        for text in lines:
            reason = declared.resolution.unlockable.get(parse_name(Requirement(text).name))
            if reason is not None:
                self.problems.append(f"{place}: {text!r}: {reason}")
                continue
            self._add(Requirement(text), marker, declared.folders, folder, place)
        for name in () if extra else declared.files:
            self._add_file(folder / name, marker)

    def _add(
        self,
        requirement: Requirement,
        marker: Marker | None,
        folders: Mapping[NormalizedName, str],
        base: Path,
        place: str,
    ) -> None:
        name = parse_name(requirement.name)
        requirement.marker = _both(marker, requirement.marker)
        local = _local_folder(requirement.url or "", base)
        if name in folders:
            local = Path(normpath(base / folders[name]))
            if not local.is_dir():  # an sdist leaves siblings out: the release is meant
                local = None
        elif requirement.url is None:
            local = self._workspace.get(name)
        if local is not None:
            self._add_member(name, local, requirement)
        elif (requirement.url or "").startswith("git+"):
            self.problems.append(
                f"{place}: {str(requirement)!r}: dependencies from git can't be shipped"
            )
        else:
            self.requirements.append(str(requirement))

    def _add_member(self, name: NormalizedName, folder: Path, requirement: Requirement) -> None:
        if folder != self._root:
            self.members[name] = (folder, self._union(name, requirement.marker))
        for extra in ("", *sorted(requirement.extras)):
            self._add_folder(folder, extra, requirement.marker)

    def _union(self, name: NormalizedName, marker: Marker | None) -> Marker | None:
        if name not in self.members:
            return marker
        known = self.members[name][1]
        if known is None or marker is None:
            return None
        return known if str(marker) in str(known) else Marker(f"({known}) or ({marker})")

    def _add_file(self, path: Path, marker: Marker | None, *, only_versions: bool = False) -> None:
        state = (path, "constraint" if only_versions else "", str(marker or ""))
        if state in self._seen:
            return
        self._seen.add(state)
        try:
            content = path.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            reason = "not UTF-8" if isinstance(error, ValueError) else error.strerror or ""
            self.problems.append(f"{path}: can't read: {str(reason).lower()}")
            return
        for line in split_lines(path, content, self._environment):
            try:
                self._add_line(line, marker, only_versions=only_versions)
            except (ValueError, InvalidRequirement) as error:
                self.problems.append(f"{self._place(line)}: {str(error).splitlines()[0]}")

    def _add_line(self, line: Line, marker: Marker | None, *, only_versions: bool) -> None:
        text = line.text
        if text.startswith("-") and not text.startswith(("-e ", "--editable")):
            self._add_options(line, marker, only_versions=only_versions)
            return
        text = re.sub(r"^(?:-e|--editable)[ =]\s*", "", text)
        text = re.split(r"\s--", text, maxsplit=1)[0].strip()  # options of one requirement
        if only_versions:
            self.constraints.append(str(Requirement(text)))
        elif text.startswith((".", "/", "file:")):
            self._add_path(text, line, marker)
        elif text.startswith(("git+", "http:", "https:")):
            msg = f"{text!r} has no name: write 'name @ {text}'"
            raise ValueError(msg)
        else:
            self._add(Requirement(text), marker, {}, line.path.parent, self._place(line))

    def _add_path(self, text: str, line: Line, marker: Marker | None) -> None:
        """Add a folder that a requirements file names; the project's own has its list there."""
        place, _, condition = text.partition(" ; ")
        match = re.fullmatch(r"(.+?)(?:\[([^\]]*)\])?", place.strip())
        path, extras = (match[1], match[2]) if match else (place, "")
        folder = _local_folder(path, line.path.parent) or Path(normpath(line.path.parent / path))
        metadata = read_metadata(folder) if folder.is_dir() else None
        if metadata is None:
            msg = f"{path!r} is no folder with a [project] table"
            raise ValueError(msg)
        wanted = f"[{extras}]" if extras else ""
        requirement = Requirement(f"{metadata.name}{wanted}")
        requirement.marker = _both(marker, Marker(condition) if condition else None)
        self._add_member(metadata.name, folder, requirement)

    def _add_options(self, line: Line, marker: Marker | None, *, only_versions: bool) -> None:
        for name, value in split_options(line.text):
            beside = Path(normpath(line.path.parent / value))
            if name == "--requirement":
                self._add_file(beside, marker, only_versions=only_versions)
            elif name == "--constraint":
                self._add_file(beside, marker, only_versions=True)
            elif name == "--index-url":
                self.options = replace(self.options, index_url=value)
            elif name == "--extra-index-url":
                known = self.options.extra_index_urls
                self.options = replace(self.options, extra_index_urls=(*known, value))
            elif name not in _IGNORED:
                msg = f"option {name!r} is not supported"
                raise ValueError(msg)

    def _place(self, line: Line) -> str:
        return f"{relpath(line.path, self._root)}:{line.number}"


def _both(first: Marker | None, second: Marker | None) -> Marker | None:
    if first is None or second is None:
        return first or second
    return Marker(f"({first}) and ({second})")


def _local_folder(url: str, base: Path) -> Path | None:
    """Return the folder of a ``file:`` URL, or of one with Hatch's ``{root:uri}``."""
    match = _HATCH_ROOT.match(url)
    if match is not None:
        parents = "../" * match[1].count(":parent")
        return Path(normpath(base / f"{parents}{url[match.end() :].lstrip('/')}"))
    if url.startswith("file:"):
        return Path(normpath(base / unquote(urlsplit(url).path)))
    return None


def constraints_of(versions: Mapping[NormalizedName, str]) -> Iterator[str]:
    """Yield constraints that keep versions, sorted."""
    yield from (f"{name}=={versions[name]}" for name in sorted(versions))


def keep_versions(declared: Declared, constraints: Iterable[str]) -> Declared:
    """Return the same needs under further constraints."""
    merged = sorted({*declared.constraints, *constraints})
    return replace(declared, constraints=tuple(merged))

"""From processes to the settings that each can't start without."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from os.path import relpath
from pathlib import Path, PurePosixPath
from typing import Any

from longshore.config.toml import read_toml
from longshore.project.detect.backends import join, table
from longshore.project.detect.django import settings_named_in
from longshore.project.detect.files import ProjectFiles
from longshore.project.detect.layout import Layout, read_layout
from longshore.project.detect.resolve import Resolver
from longshore.project.detect.syntax import Function, Module
from longshore.project.detect.values import Local
from longshore.project.required.calling import Call, known_arguments
from longshore.project.required.given import files_read, has_environ, is_opaque, set_in
from longshore.project.required.model import ALWAYS_SET, Frame, Requirement
from longshore.project.required.running import Effects, run
from longshore.project.required.starts import Start, find_starts
from longshore.types import Process

_MAX_FRAMES = 5000
"""Code that runs more functions than this at its start is not worth an answer."""

_DJANGO = "DJANGO_SETTINGS_MODULE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A distribution whose code may run.

    Args:
        paths: its tracked files, relative to its folder, with ``/``.
        document: its parsed ``pyproject.toml``; ``None`` where there is none.
        folder: where it is, relative to the project; the project itself is ``.``.
        name: its name, for one that does not say it.
    """

    paths: tuple[str, ...]
    document: Mapping[str, Any] | None = None
    folder: str = "."
    name: str = ""


def required_settings(
    root: Path,
    *,
    folders: Mapping[Path, Iterable[PurePosixPath]],
    processes: Iterable[Process],
) -> Mapping[str, tuple[Requirement, ...]]:
    """Read a project on disk, and the members of its workspace; see ``find_required``.

    Args:
        root: the project's folder.
        folders: the tracked files of the project, and of each member, by its absolute folder.
        processes: what runs.

    Raises:
        ConfigError: if a ``pyproject.toml`` is no TOML.
    """

    def read(path: str) -> bytes:
        return (root / path).read_bytes()

    codes = [
        Code(
            paths=tuple(path.as_posix() for path in paths),
            document=read_toml(folder / "pyproject.toml"),
            folder=Path(relpath(folder, root)).as_posix(),
            name=folder.name,
        )
        for folder, paths in folders.items()
    ]
    return find_required(codes, read, processes=processes)


def find_required(
    codes: Sequence[Code], reader: Callable[[str], bytes], *, processes: Iterable[Process]
) -> Mapping[str, tuple[Requirement, ...]]:
    """Return the settings that each process can't start without, by the process's name.

    Read is what certainly runs at its start: the modules that its entry point imports, and what
    they and a factory call, without what stands under a condition that is not known. What the
    process's own ``env`` or the code itself sets is left out.

    Args:
        codes: the project, and the members of its workspace that it needs.
        reader: returns the bytes of a file, by its path relative to the project; ``OSError`` for
            one that is gone.
        processes: what runs.
    """
    files = ProjectFiles((join(one.folder, path) for one in codes for path in one.paths), reader)
    resolver = Resolver(files, _layout(codes, files))
    graph = _Graph(files, resolver)
    own = next((one.document for one in codes if one.folder == "."), None) or {}
    found = {}
    for process in processes:
        starts = list(find_starts(process, own, files, resolver))
        requirements = graph.reach(starts, follow_django=_DJANGO not in process.env)
        known = {*process.env, *ALWAYS_SET}
        found[process.name] = tuple(one for one in requirements if not one.is_given(known))
    return found


def _layout(codes: Sequence[Code], files: ProjectFiles) -> Layout:
    """Return where the import names of all code start, the project's root last."""
    roots = []
    for one in codes:
        below = ProjectFiles(one.paths, partial(_content, files, one.folder))
        document = one.document or {}
        name = table(document, "project").get("name")
        layout = read_layout(document, below, name=name if isinstance(name, str) else one.name)
        roots += [join(one.folder, root) for root in layout.roots]
    return Layout(roots=tuple(sorted(dict.fromkeys(roots), key=lambda root: root == ".")))


def _content(files: ProjectFiles, folder: str, path: str) -> bytes:
    return files.content(join(folder, path))


class _Graph:
    """Code that runs, and the code that it leads to; each piece is looked at once."""

    def __init__(self, files: ProjectFiles, resolver: Resolver) -> None:
        self._files = files
        self._resolver = resolver
        self._effects: dict[tuple[object, ...], Effects] = {}
        self._given: dict[str, frozenset[str]] = {}

    def reach(self, starts: Iterable[Start], *, follow_django: bool) -> tuple[Requirement, ...]:
        """Return what all that runs requires, by name; nothing where that can't be told."""
        requirements: dict[str, Requirement] = {}
        seen: dict[tuple[object, ...], Frame] = {}
        pending = [frame for start in starts for frame in self._begin(start)]
        while pending:
            key, frame = pending.pop(0)
            if key in seen:
                continue
            seen[key] = frame
            if len(seen) > _MAX_FRAMES:
                return ()
            effects = self._run(key, frame)
            for one in effects.requirements:
                requirements.setdefault(one.name, one)
            for name in effects.imports:
                pending += self._import(name)
            pending += [self._called(call) for call in effects.calls]
            named = settings_named_in(frame.module) if self._names_settings(frame) else None
            if named is not None and follow_django:
                pending += self._import(named[0])
        return self._lacking(requirements.values(), seen.values())

    def _lacking(
        self, requirements: Collection[Requirement], frames: Collection[Frame]
    ) -> tuple[Requirement, ...]:
        """Return what the code that runs does not set itself, sorted."""
        if not requirements:
            return ()
        modules = {frame.module.path: frame.module for frame in frames}
        texts = {path: self._files.text(path) or "" for path in modules}
        setting = [one for one in frames if has_environ(texts[one.module.path])]
        if any(is_opaque(frame.statements) for frame in setting):
            return ()
        given = {name for module in modules.values() for name in self._set_by(module)}
        left = (one for one in requirements if not one.is_given(given))
        return tuple(sorted(left, key=lambda one: (one.name, one.location)))

    def _names_settings(self, frame: Frame) -> bool:
        return not frame.is_function and _DJANGO in (self._files.text(frame.module.path) or "")

    def _run(self, key: tuple[object, ...], frame: Frame) -> Effects:
        if key not in self._effects:
            self._effects[key] = run(frame, self._resolver)
        return self._effects[key]

    def _set_by(self, module: Module) -> frozenset[str]:
        if module.path not in self._given:
            text = self._files.text(module.path) or ""
            names = {*set_in(module, text), *files_read(module, text, self._files)}
            self._given[module.path] = frozenset(names - {""})
        return self._given[module.path]

    def _begin(self, start: Start) -> Iterator[tuple[tuple[object, ...], Frame]]:
        if start.path:
            module = self._resolver.module_at(start.path)
            if module is not None:
                yield self._frame(module, is_main=start.is_main)
            return
        yield from self._import(start.module, is_main=start.is_main)
        module = self._resolver.module(start.module)
        if module is None or not start.function:
            return
        found = self._resolver.attribute(module, start.function)
        if isinstance(found, Local) and isinstance(found.node, Function):
            yield self._called(Call.of(found, known_arguments(found.node, None)))

    def _import(
        self, name: str, *, is_main: bool = False
    ) -> Iterator[tuple[tuple[object, ...], Frame]]:
        """Yield a module and the packages around it, as an import runs them."""
        parts = name.split(".")
        for count in range(1, len(parts) + 1):
            module = self._resolver.module(".".join(parts[:count]))
            if module is not None:
                yield self._frame(module, is_main=is_main and count == len(parts))

    def _frame(self, module: Module, *, is_main: bool) -> tuple[tuple[object, ...], Frame]:
        frame = Frame(module=module, statements=tuple(module.tree.body), is_main=is_main)
        return (module.path, is_main), frame

    def _called(self, call: Call) -> tuple[tuple[object, ...], Frame]:
        module, node = call.function.module, call.function.node
        scopes = (self._resolver.scope_of(node, module),) if isinstance(node, Function) else ()
        frame = Frame(
            module=module,
            statements=tuple(node.body),
            scopes=scopes,
            arguments=dict(call.arguments),
            is_function=True,
        )
        return call.key, frame

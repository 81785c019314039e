"""Whether ``module:attribute`` exists, told without importing it."""

import difflib
from dataclasses import dataclass

from longshore.project.detect.applications import serve
from longshore.project.detect.frameworks import Framework, Interface
from longshore.project.detect.reading import Reading
from longshore.project.detect.syntax import Defined, Function, Module
from longshore.project.detect.values import Local, Made, plain_interface
from longshore.types import Asgi, EntryPoint, Wsgi


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """An entry point that does not exist: why, and what was probably meant."""

    reason: str
    suggestion: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """An entry point of the project, or of a locked package, where ``path`` is empty.

    ``framework`` is ``None`` where reading does not tell what the object is.
    """

    entry: EntryPoint
    path: str
    line: int
    framework: Framework | None
    origin: tuple[str, int, int] | None = None


def find_entry(text: str, reading: Reading, *, factory: bool = False) -> Located | Missing:
    """Look an entry point up.

    A module that is not the project's is taken to be a locked package's, if its first part is
    one's import name or nothing is known about the lock.
    """
    try:
        parsed = EntryPoint.parse(text)
    except ValueError as error:
        return Missing(reason=str(error))
    entry = EntryPoint(parsed.module, parsed.attribute, factory or parsed.factory)
    module = reading.resolver.module(entry.module)
    if module is None:
        return _without_module(entry, reading)
    name = entry.attribute.partition(".")[0]
    is_there = reading.resolver.has_attribute(module, name)
    if not is_there and reading.resolver.module(f"{module.name}.{name}") is None:
        return _without_attribute(entry, module, name)
    return _located(entry, module, name, reading)


def _located(entry: EntryPoint, module: Module, name: str, reading: Reading) -> Located:
    found = reading.resolver.attribute(module, name)
    binding = module.last(name)
    framework, origin, is_factory = None, None, entry.factory
    if isinstance(found, Made):
        framework, origin = found.framework, found.origin
    elif isinstance(found, Local) and isinstance(found.node, Function):
        framework = plain_interface(found.node)
        if framework is None:
            made = reading.resolver.returned(found.node, found.module)
            framework = made.framework if made else None
            is_factory = is_factory or framework is not None
    if isinstance(binding, Defined):
        origin = origin or (module.path, binding.node.lineno, binding.node.col_offset)
    return Located(
        entry=EntryPoint(entry.module, entry.attribute, is_factory),
        path=module.path,
        line=binding.line if binding else 1,
        framework=framework,
        origin=origin,
    )


def _without_module(entry: EntryPoint, reading: Reading) -> Located | Missing:
    top = entry.module.partition(".")[0]
    if not reading.resolver.has_module(top) and _may_be_installed(top, reading):
        return Located(entry=entry, path="", line=0, framework=None)
    path = reading.layout.path_of(entry.module, reading.files)
    if path is not None:
        return Missing(reason=f"{path} can't be parsed")
    known = {reading.layout.name_of(path): path for path in reading.files.python}
    last = entry.module.rpartition(".")[2]
    same = sorted(name for name in known if name.endswith(f".{entry.module}"))
    close = difflib.get_close_matches(entry.module, known, n=1, cutoff=0.75)
    others = sorted(name for name in known if name.rpartition(".")[2] == last)
    meant = next(iter([*same, *close, *(others if len(others) == 1 else [])]), None)
    suggestion = f"{meant}:{entry.attribute}" if meant else None
    return Missing(reason=f"there is no module {entry.module!r}", suggestion=suggestion)


def _may_be_installed(top: str, reading: Reading) -> bool:
    if reading.locked is None:
        return False
    normal = top.lower().replace("_", "-")
    return any(name == normal or name.startswith(f"{normal}-") for name in reading.locked)


def _without_attribute(entry: EntryPoint, module: Module, name: str) -> Missing:
    close = difflib.get_close_matches(name, module.scope.names, n=1)
    suggestion = f"{entry.module}:{close[0]}" if close else None
    return Missing(reason=f"{entry.module!r} has no {name!r}", suggestion=suggestion)


def served(located: Located, *, default: Interface) -> Asgi | Wsgi:
    """Return how a located application is served; ``default`` where reading does not tell."""
    framework = located.framework or Framework("application", default)
    return serve(located.entry, framework)

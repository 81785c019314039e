"""Applications that a server can import: attributes of modules, and factories."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from longshore.project.detect.frameworks import (
    DECORATORS,
    PLAIN_ASGI,
    PLAIN_WSGI,
    Framework,
    Interface,
)
from longshore.project.detect.model import Candidate, Evidence, Origin
from longshore.project.detect.reading import Body, Reading
from longshore.project.detect.syntax import (
    Assigned,
    Defined,
    Function,
    Imported,
    Module,
    dotted,
    snippet,
)
from longshore.project.detect.values import Local, Made, plain_interface
from longshore.types import Asgi, EntryPoint, Wsgi

ENTRY_MODULES = (
    "asgi",
    "wsgi",
    "main",
    "app",
    "application",
    "api",
    "server",
    "web",
    "run",
    "__init__",
    "__main__",
)
"""Where people put what a server imports, the most explicit name first."""

_COMMANDS = frozenset({"cli", "commands", "management", "scripts", "tools"})
"""Packages of command-line programs: an application there belongs to one of them."""

ATTRIBUTES = ("app", "application", "api", "asgi", "wsgi", "asgi_app", "wsgi_app", "server")
"""What people call an application, the most usual name first."""

_PLAIN = (PLAIN_ASGI, PLAIN_WSGI)
_MOUNTING = {"mount", "Mount", "Host", "host", "register_blueprint", "add_app", "add_subapp"}
_NO_FACTORY = {"fixture", "contextmanager", "asynccontextmanager", "command", "property"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """An application that no server can import, and why.

    ``needs`` is the argument that its factory lacks; otherwise ``made_in`` says where it is made.
    """

    location: str
    text: str
    framework: Framework
    function: str = ""
    needs: str = ""
    made_in: str = ""


def serve(entry: EntryPoint, framework: Framework) -> Asgi | Wsgi:
    """Return how an application is served."""
    return Asgi(entry) if framework.interface is Interface.ASGI else Wsgi(entry)


def is_entry_module(module: Module, project: str) -> bool:
    """Tell whether a module's name says that it is what a server imports."""
    if _COMMANDS & set(module.name.split(".")):
        return False
    last = module.last_name
    return last in ENTRY_MODULES or last == project.replace("-", "_") or "." not in module.name


def find_applications(reading: Reading) -> Iterator[Candidate]:
    """Yield every attribute and factory that gives an application, mounted ones left out."""
    inner = {origin for module in reading.modules for origin in _mounted(module, reading)}
    for candidate in applications_in(reading.shipped, reading):
        if candidate.origin not in inner:
            yield candidate


def applications_in(modules: Iterable[Module], reading: Reading) -> Iterator[Candidate]:
    """Yield the attributes and factories of some modules that give an application."""
    for module in modules:
        yield from _attributes(module, reading)
        yield from _factories(module, reading)


def _attributes(module: Module, reading: Reading) -> Iterator[Candidate]:
    is_entry = is_entry_module(module, reading.name)
    evidence = Evidence.ENTRY_ATTRIBUTE if is_entry else Evidence.OTHER_ATTRIBUTE
    names = dict.fromkeys(module.scope.names)
    if module.is_package:
        names |= dict.fromkeys(_starred(module, reading))
    for name in names:
        binding = module.last(name)
        if name.startswith("_") or (not isinstance(binding, Assigned) and not is_entry):
            continue  # a name that is only imported counts where servers look
        found = reading.resolver.attribute(module, name)
        framework = _framework(found, reading)
        if framework is None and _is_unread(found, name, module, binding):
            framework = PLAIN_ASGI if module.last_name == "asgi" else PLAIN_WSGI
        if framework is None or (framework in _PLAIN and name not in ATTRIBUTES):
            continue
        if isinstance(found, Made) and not reading.may_import(found.maker):
            continue  # an optional part, whose framework this lock does not have
        yield Candidate(
            evidence=evidence,
            serve=serve(EntryPoint(module.name, name), framework),
            framework=framework.title,
            location=f"{module.path}:{binding.line}" if binding else module.path,
            text=_text(binding, name),
            origin=_origin_of(found),
        )


def _is_unread(
    found: object, name: str, module: Module, binding: Assigned | Defined | Imported | None
) -> bool:
    """Tell whether ``app`` of ``wsgi.py`` or ``asgi.py`` comes from a call that can't be read."""
    is_call = isinstance(binding, Assigned) and isinstance(binding.value, ast.Call)
    is_server = module.last_name in {"asgi", "wsgi"} and name in {"app", "application"}
    return is_call and is_server and not (isinstance(found, Made) and found.framework)


def _starred(module: Module, reading: Reading) -> Iterator[str]:
    for star in module.scope.stars:
        source = reading.resolver.module(star)
        if source is not None:
            yield from source.scope.names


def _framework(found: object, reading: Reading) -> Framework | None:
    if isinstance(found, Made):
        return found.framework
    if isinstance(found, Local) and isinstance(found.node, Function):
        names = (
            reading.resolver.full_name(decorator, found.module)
            for decorator in found.node.decorator_list
        )
        decorated = (DECORATORS[name] for name in names if name in DECORATORS)
        return next(decorated, None) or plain_interface(found.node)
    return None


def _origin_of(found: object) -> Origin | None:
    """Return the identity of an object: where it is made, or a plain callable defined."""
    if isinstance(found, Local):
        return (found.module.path, found.node.lineno, found.node.col_offset)
    return found.origin if isinstance(found, Made) else None


def _text(binding: Assigned | Defined | Imported | None, name: str) -> str:
    match binding:
        case Assigned(text=text):
            return text
        case Defined(node=node):
            return snippet(node)
        case Imported(module=origin):
            return f"from {origin} import {name}"
        case None:
            return f"import * gives {name}"


def _factories(module: Module, reading: Reading) -> Iterator[Candidate]:
    is_entry = is_entry_module(module, reading.name)
    evidence = Evidence.ENTRY_FACTORY if is_entry else Evidence.OTHER_FACTORY
    for function, framework in factories_of(module, reading):
        if not missing_argument(function):
            yield Candidate(
                evidence=evidence,
                serve=serve(EntryPoint(module.name, function.name, factory=True), framework),
                framework=framework.title,
                location=f"{module.path}:{function.lineno}",
                text=snippet(function),
                origin=(module.path, function.lineno, function.col_offset),
            )


def factories_of(module: Module, reading: Reading) -> Iterator[tuple[Function, Framework]]:
    """Yield the functions of a module that return an application."""
    for function in module.functions():
        if function.name.startswith("_") or isinstance(function, ast.AsyncFunctionDef):
            continue
        if any(_last(decorator) in _NO_FACTORY for decorator in function.decorator_list):
            continue
        if plain_interface(function) is not None:
            continue
        made = reading.resolver.returned(function, module)
        if made is not None and made.framework is not None and reading.may_import(made.maker):
            yield function, made.framework


def _last(node: ast.expr) -> str:
    target = node.func if isinstance(node, ast.Call) else node
    return (dotted(target) or "").rpartition(".")[2]


def missing_argument(function: Function) -> str:
    """Return the first parameter without a default, or an empty string."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    required = positional[: len(positional) - len(arguments.defaults)]
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    required += [one for one, default in pairs if default is None]
    return required[0].arg if required else ""


def _mounted(module: Module, reading: Reading) -> Iterator[Origin]:
    """Yield the applications that are a part of another one: mounted or wrapped."""
    resolver = reading.resolver
    for name in module.scope.names:
        found = resolver.attribute(module, name)
        if isinstance(found, Made) and found.framework:
            yield from found.inner
    for call in reading.calls(module):
        if call.name in _MOUNTING or call.name.endswith("Dispatcher"):
            yield from _given(call.node, call.body, reading)


def _given(call: ast.Call, body: Body, reading: Reading) -> Iterator[Origin]:
    for one in (*call.args, *(item.value for item in call.keywords)):
        if isinstance(one, ast.Name | ast.Attribute | ast.Call):
            found = reading.resolver.value(one, body.module, body.scope)
            if isinstance(found, Made) and found.framework:
                yield found.origin
                yield from found.inner


def find_unusable(reading: Reading) -> Iterator[Unusable]:
    """Yield applications that exist but that no server can import."""
    for module in reading.shipped:
        for function, framework in factories_of(module, reading):
            needs = missing_argument(function)
            if needs:
                yield Unusable(
                    location=f"{module.path}:{function.lineno}",
                    text=snippet(function),
                    framework=framework,
                    function=function.name,
                    needs=needs,
                )
        yield from _made_inside(module, reading)


def _made_inside(module: Module, reading: Reading) -> Iterator[Unusable]:
    for call in reading.calls(module):
        function = call.body.function
        if function is None and not call.body.is_main:
            continue
        found = reading.resolver.value(call.node, module, call.body.scope)
        if (
            not isinstance(found, Made)
            or not found.framework
            or found.origin[1] != call.node.lineno
        ):
            continue
        result = reading.resolver.returned(function, module) if function else None
        if result is None or result.framework is None:
            yield Unusable(
                location=f"{module.path}:{call.node.lineno}",
                text=snippet(ast.Expr(call.node)),
                framework=found.framework,
                made_in=f"{function.name}()" if function else "main",
            )

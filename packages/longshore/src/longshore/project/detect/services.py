"""Programs that listen by themselves: console scripts, ``python -m``, plug-ins of Celery."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from longshore.project.detect.model import Candidate, Evidence
from longshore.project.detect.reading import Body, Reading, bodies, constant, number, text_of
from longshore.project.detect.scripts import CELERY, Script
from longshore.project.detect.servercalls import ServerCall, is_local
from longshore.project.detect.servershapes import DEFAULT_PORT
from longshore.project.detect.syntax import Function, Module, calls, dotted, keyword, string
from longshore.project.detect.values import Local, Made
from longshore.types import CommandLine, Finding, Severity

_HOST_OPTIONS = ("--host", "--bind", "--address", "--listen", "--ip", "--bind-addr", "--interface")
_TAKES_BOTH = re.compile(r"--(?:[\w.-]*[.-])?(?:address|bind|listen)")
_PAIR = re.compile(r"(?:[\d.]+|\[::\]|localhost|\*)?:(\d+)")
_MAX_FUNCTIONS = 60
_MAX_DEPTH = 5


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a program that matter: the one for its address and its port's default.

    ``pair`` is an option that takes both: ``--listen-address=:9221``. A port that
    ``is_positional`` is an argument by itself.
    """

    host: str | None
    has_port: bool
    port: int | None
    pair: str | None = None
    is_positional: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """A program that starts a server: what runs it, the call, the sub-command if any."""

    candidate: Candidate
    call: ServerCall
    notes: tuple[Finding, ...]


def find_services(
    reading: Reading, scripts: tuple[Script, ...], server_calls: tuple[ServerCall, ...]
) -> Iterator[Service]:
    """Yield the scripts of the project that start a server."""
    for script in scripts:
        module = reading.resolver.module(script.module)
        attribute = script.attribute.partition(".")[0]
        starts = starts_of(module, attribute, reading) if module is not None else ()
        visited = reachable(starts, reading)
        call, owner = _served_in(visited, server_calls)
        if call is None and script.group == CELERY:
            call = next((one for one in server_calls if one.name.startswith("tornado.")), None)
        if call is not None:
            sub = _subcommand(owner, starts, reading)
            yield _service(script, visited, call, sub, reading)


def starts_of(module: Module, attribute: str, reading: Reading) -> tuple[Local, ...]:
    """Return what a script calls: a function, or the commands of a typer or click object."""
    start = reading.resolver.attribute(module, attribute)
    if isinstance(start, Local):
        return (start,)
    if isinstance(start, Made):
        owner = reading.resolver.module_at(start.origin[0]) or module
        return tuple(_subcommands(owner, attribute))
    return ()


def reachable(starts: tuple[Local, ...], reading: Reading) -> tuple[Local, ...]:
    """Return the functions and methods that a program may run, its sub-commands included."""
    found: dict[int, Local] = {}
    pending = [(start, 0) for start in starts]
    while pending and len(found) < _MAX_FUNCTIONS:
        local, depth = pending.pop(0)
        if id(local.node) in found or depth > _MAX_DEPTH:
            continue
        found[id(local.node)] = local
        pending += [(one, depth + 1) for one in _called(local, reading)]
    return tuple(found.values())


def _called(local: Local, reading: Reading) -> Iterator[Local]:
    module, node = local.module, local.node
    if isinstance(node, ast.ClassDef):
        yield from (Local(module, one) for one in node.body if isinstance(one, Function))
        return
    if node.decorator_list:
        yield from _subcommands(module, node.name)
    scope = reading.resolver.scope_of(node, module)
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name | ast.Attribute) and isinstance(inner.ctx, ast.Load):
            found = reading.resolver.value(inner, module, scope)
            owner = getattr(found, "of_class", found)
            if isinstance(owner, Local):
                yield owner
            elif found is None and isinstance(inner, ast.Name):
                yield from _chosen(inner.id, module, reading)


def _chosen(name: str, module: Module, reading: Reading) -> Iterator[Local]:
    """Yield the functions that a table of the module has: ``SERVERS = {"waitress": serve}``."""
    table = constant(name, module.scope)
    if isinstance(table, ast.Dict):
        for one in table.values:
            found = reading.resolver.value(one, module) if isinstance(one, ast.Name) else None
            if isinstance(found, Local):
                yield found


def _subcommands(module: Module, group: str) -> Iterator[Local]:
    """Yield the functions decorated by ``@GROUP.command(…)`` in a module (click, typer)."""
    for node in module.tree.body:
        if isinstance(node, Function):
            for decorator in node.decorator_list:
                target = decorator.func if isinstance(decorator, ast.Call) else decorator
                if dotted(target) == f"{group}.command":
                    yield Local(module, node)


def _served_in(
    visited: tuple[Local, ...], server_calls: tuple[ServerCall, ...]
) -> tuple[ServerCall | None, Local | None]:
    for local in visited:
        for call in server_calls:
            inside = local.node.lineno <= call.line <= (local.node.end_lineno or 0)
            if inside and call.module.path == local.module.path:
                return call, local
    return None, None


def _service(
    script: Script,
    visited: tuple[Local, ...],
    call: ServerCall,
    sub: str,
    reading: Reading,
) -> Service:
    modules = dict.fromkeys(local.module for local in visited)
    if script.group == CELERY:  # its options are tornado's, defined anywhere in the package
        modules |= dict.fromkeys(reading.modules)
    options = read_options(tuple(modules), reading)
    argv = ["celery", script.name] if script.group == CELERY else [script.name]
    if sub:
        argv.append(sub)
    port = options.port or (call.port if not options.has_port else None)
    notes = [development_warning(call)] if call.development else []
    if options.host:
        argv.append(f"{options.host}=0.0.0.0")
    elif is_local(call) and not options.pair:
        notes.append(local_note(call))
    if port is None:
        port = DEFAULT_PORT
        notes += [] if options.has_port else [port_note(call)]
    if options.pair:
        argv.append(f"{options.pair}=0.0.0.0:{port}")
    elif options.has_port:
        argv.append(str(port) if options.is_positional else f"--port={port}")
    candidate = Candidate(
        evidence=Evidence.SCRIPT,
        serve=CommandLine(tuple(argv)),
        framework="Celery plug-in" if script.group == CELERY else "console script",
        location=script.location,
        text=f"{script.text}, and {call.location} is {call.text}",
        port=port,
        env=call.env,
    )
    return Service(candidate, call, tuple(notes))


def _subcommand(owner: Local | None, starts: tuple[Local, ...], reading: Reading) -> str:
    """Return the sub-command that starts the server, by the name that click or typer gives it."""
    node = owner.node if owner else None
    is_only = len(starts) == 1 and node is starts[0].node
    if owner is None or not isinstance(node, Function) or is_only:
        return ""
    for decorator in node.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        is_external = reading.resolver.full_name(target, owner.module) == "click.command"
        if (dotted(target) or "").endswith(".command") and not is_external:
            given = (
                decorator.args[0] if isinstance(decorator, ast.Call) and decorator.args else None
            )
            return string(given) or re.sub("_", "-", node.name.lower())
    return ""


def read_options(modules: tuple[Module, ...], reading: Reading) -> Options:
    """Find the options for address and port: click, argparse, typer, tornado's ``define``."""
    host: str | None = None
    has_port, port, is_positional = False, None, False
    for module in modules:
        for body in bodies(module, reading.resolver):
            for names, default in _declared(body):
                pair = _PAIR.fullmatch(text_of(default, body.scope, module.scope) or "")
                name = next((one for one in names if _TAKES_BOTH.fullmatch(one)), None)
                if pair and name:
                    return Options(host=None, has_port=True, port=int(pair[1]), pair=name)
                if not names.isdisjoint({"--port", "port"}) and not has_port:
                    has_port, port = True, number(default, body.scope, module.scope)
                    is_positional = not any(name.startswith("-") for name in names)
                found = next((one for one in _HOST_OPTIONS if one in names), None)
                host = host or found
    return Options(host, has_port, port, is_positional=is_positional)


def _declared(body: Body) -> Iterator[tuple[set[str], ast.expr | None]]:
    """Yield the names of each declared option with its default."""
    nodes: list[ast.AST] = [*body.statements]
    if body.function is not None:
        nodes += body.function.decorator_list
        yield from _parameters(body.function)
    for call in calls(nodes):
        called = (dotted(call.func) or _attribute_name(call)).rpartition(".")[2]
        words = [word for one in call.args if (word := string(one)) is not None]
        if called in {"option", "add_argument", "add_option"}:
            yield set(words), keyword(call, "default")
        elif called == "define" and words:
            yield {f"--{words[0]}"}, keyword(call, "default")


def _attribute_name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _parameters(function: Function) -> Iterator[tuple[set[str], ast.expr | None]]:
    """Yield typer's options: the parameters of a ``@app.command()`` with their defaults."""
    decorated = any(
        (dotted(one.func if isinstance(one, ast.Call) else one) or "").endswith(".command")
        for one in function.decorator_list
    )
    if not decorated:
        return
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    missing: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    pairs = [
        *zip(positional, [*missing, *arguments.defaults], strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    for argument, default in pairs:
        if isinstance(default, ast.Call) and default.args:  # typer.Option(8000)
            default = default.args[0]  # noqa: PLW2901  # its first argument is the default
        if default is not None:
            yield {f"--{argument.arg.replace('_', '-')}"}, default


def local_note(call: ServerCall) -> Finding:
    """Warn that a server answers only inside of its container."""
    return Finding(
        rule="detect.local-address",
        severity=Severity.WARNING,
        location=call.location,
        message=f"listens on {call.host!r}, which nothing outside its container reaches",
        hint="listen on 0.0.0.0, or let the address be set by an option",
    )


def development_warning(call: ServerCall) -> Finding:
    """Warn that a program starts a framework's development server itself."""
    return Finding(
        rule="detect.development-server",
        severity=Severity.WARNING,
        location=call.location,
        message=f"{call.text} is a development server, and the program starts it itself",
        hint="name the application instead: wsgi = … in the process's table",
    )


def port_note(call: ServerCall) -> Finding:
    """Say that a port is assumed."""
    return Finding(
        rule="detect.port-unknown",
        severity=Severity.NOTE,
        location=call.location,
        message=f"the port is not a literal; {DEFAULT_PORT} is assumed",
        hint="say it: port = … in the process's table",
    )

"""Programs of a project without an application: console scripts, ``python -m``, bare scripts."""

import ast
import re
from collections.abc import Iterator

from longshore.project.detect.applications import is_entry_module
from longshore.project.detect.model import Candidate, Evidence
from longshore.project.detect.reading import Reading, bodies
from longshore.project.detect.scripts import CONSOLE, Script
from longshore.project.detect.servercalls import ServerCall, is_local
from longshore.project.detect.servershapes import DEFAULT_PORT
from longshore.project.detect.services import Service, local_note, port_note, reachable
from longshore.project.detect.syntax import Module, calls, snippet
from longshore.project.detect.values import Local
from longshore.types import CommandLine, ProcessKind

_FOREVER = re.compile(
    r"while\s+(True|1)\b|run_forever|run_polling|infinity_polling|start_polling|serve_forever"
    r"|\b(client|bot)\.run\(|run_pending"
)


def find_main_services(
    reading: Reading, scripts: tuple[Script, ...], server_calls: tuple[ServerCall, ...]
) -> Iterator[Service]:
    """Yield scripts that start a server of their own when they are run.

    A server that is given an application that can be imported is none of them: the runtime serves
    that. Beside a console script, a module without an entry's name is a part of something bigger
    that can be tried alone.
    """
    has_console = any(script.group == CONSOLE for script in scripts)
    for module in reading.modules:
        is_entry = is_entry_module(module, reading.name)
        if not _can_run(module, reading) or (has_console and not is_entry):
            continue
        call = _main_call(module, reading, server_calls)
        if call is not None and call.made is None and call.target is None:
            notes = [local_note(call)] if is_local(call) else []
            if call.port is None:
                notes.append(port_note(call))
            candidate = Candidate(
                evidence=Evidence.SCRIPT,
                order=2 if is_entry else 3,
                serve=CommandLine(_run(module, reading)),
                framework=call.name.partition(".")[0],
                location=call.location,
                text=call.text,
                port=call.port or DEFAULT_PORT,
                env=call.env,
            )
            yield Service(candidate, call, tuple(notes))


def _main_call(
    module: Module, reading: Reading, server_calls: tuple[ServerCall, ...]
) -> ServerCall | None:
    own = [call for call in server_calls if call.module.path == module.path]
    direct = next((call for call in own if call.body.function is None), None)
    if direct is not None:
        return direct
    for body in bodies(module, reading.resolver):
        for called in calls(body.statements) if body.is_main else ():
            start = reading.resolver.value(called.func, module, body.scope)
            for local in reachable((start,), reading) if isinstance(start, Local) else ():
                for call in server_calls:
                    inside = local.node.lineno <= call.line <= (local.node.end_lineno or 0)
                    if inside and call.module.path == local.module.path:
                        return call
    return None


def _can_run(module: Module, reading: Reading) -> bool:
    return reading.layout.is_shipped(module.path)


def _run(module: Module, reading: Reading) -> tuple[str, ...]:
    """Return how a script is run: by its name where it is installed, else by its path."""
    if reading.layout.is_wheel or "." in module.name or module.last_name == "__main__":
        return ("python", "-m", module.name.removesuffix(".__main__"))
    return ("python", module.path)


def find_console(reading: Reading, scripts: tuple[Script, ...]) -> tuple[Candidate, ...]:
    """Return the console script with the project's name, or all of them."""
    console = [script for script in scripts if script.group == CONSOLE]
    same = [one for one in console if _plain(one.name) == _plain(reading.name)]
    return tuple(
        Candidate(
            serve=CommandLine((script.name,)),
            framework="command-line application",
            location=script.location,
            text=script.text,
            kind=ProcessKind.JOB,
        )
        for script in same or console
    )


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def find_mains(reading: Reading) -> tuple[Candidate, ...]:
    """Return ``python -m package``, else every script with a main part, else a lone script."""
    runnable = [module for module in reading.modules if _can_run(module, reading)]
    package = [module for module in runnable if module.name.endswith(".__main__")]
    if len(package) > 1:
        same = [one for one in package if one.name == f"{reading.name.replace('-', '_')}.__main__"]
        package = same or package
    mains = package or _nearest([module for module in runnable if module.main], reading)
    if not mains and not reading.layout.is_wheel:
        alone = list(reading.files.searched())
        module = reading.resolver.module_at(alone[0]) if len(alone) == 1 else None
        mains = [module] if module is not None and _acts(module) else []
    return tuple(_script(module, reading) for module in mains)


def _acts(module: Module) -> bool:
    """Tell whether importing a module does something: calls, loops; not only definitions."""
    acts = (ast.For, ast.While, ast.With)
    return any(
        isinstance(one, acts) or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Call))
        for one in module.tree.body
    )


def _nearest(modules: list[Module], reading: Reading) -> list[Module]:
    """Return the scripts at the top; else those with an entry's name; else all but packages."""
    top = [module for module in modules if "." not in module.name and not module.is_package]
    entries = [module for module in modules if is_entry_module(module, reading.name)]
    rest = [module for module in modules if not module.is_package]
    return top or [module for module in entries if not module.is_package] or rest


def _script(module: Module, reading: Reading) -> Candidate:
    forever = _FOREVER.search(reading.files.text(module.path) or "") is not None
    line = module.main[0].lineno - 1 if module.main else 1
    return Candidate(
        serve=CommandLine(_run(module, reading)),
        framework="script",
        location=f"{module.path}:{line}",
        text='if __name__ == "__main__"' if module.main else snippet(module.tree.body[0]),
        kind=ProcessKind.WORKER if forever else ProcessKind.JOB,
    )

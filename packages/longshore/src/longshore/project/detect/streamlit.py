"""Streamlit's scripts, which its own server runs, and console scripts that start that server."""

import ast
from collections.abc import Iterator
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from longshore.project.detect.model import Candidate, Evidence
from longshore.project.detect.reading import Reading
from longshore.project.detect.scripts import CONSOLE, Script
from longshore.project.detect.services import reachable, starts_of
from longshore.project.detect.syntax import Module, snippet, string
from longshore.project.detect.values import Local
from longshore.types import CommandLine

_PORT: Final = 8501
_OPTIONS: Final = (
    "--server.address=0.0.0.0",
    f"--server.port={_PORT}",
    "--server.headless=true",
)
_ENV: Final = MappingProxyType(
    {
        "STREAMLIT_SERVER_ADDRESS": "0.0.0.0",  # noqa: S104 - inside its own network namespace
        "STREAMLIT_SERVER_HEADLESS": "true",
        "STREAMLIT_SERVER_PORT": str(_PORT),
    }
)
"""The same options for a program that writes Streamlit's command line itself."""

_NAMES: Final = ("streamlit_app", "app", "main", "dashboard", "home")
"""What people call the first page, the most explicit name first."""


def find_streamlit(reading: Reading, scripts: tuple[Script, ...]) -> Iterator[Candidate]:
    """Yield the console scripts that start Streamlit; without any, the scripts that it can run.

    A script inside of a wheel is none: where it is installed is not known before.
    """
    if not reading.may_import("streamlit"):
        return
    consoles = [one for one in scripts if one.group == CONSOLE and _starts(one, reading)]
    yield from (_console(one) for one in consoles)
    if not consoles and not reading.layout.is_wheel:
        yield from (_script(one) for one in reading.modules if _is_page(one))


def _starts(script: Script, reading: Reading) -> bool:
    module = reading.resolver.module(script.module)
    if module is None:
        return False
    starts = starts_of(module, script.attribute.partition(".")[0], reading)
    return any(_runs_streamlit(local, reading) for local in reachable(starts, reading))


def _runs_streamlit(local: Local, reading: Reading) -> bool:
    """Tell whether a function calls Streamlit's command line, or spells it: ``[…, "run"]``."""
    for node in ast.walk(local.node):
        if isinstance(node, ast.List | ast.Tuple):
            words = [string(one) for one in node.elts]
            if ("streamlit", "run") in pairwise(words):
                return True
        elif isinstance(node, ast.Call):
            name = reading.resolver.full_name(node.func, local.module)
            if name is not None and name.startswith("streamlit.web."):
                return True
    return False


def _console(script: Script) -> Candidate:
    return Candidate(
        evidence=Evidence.SCRIPT,
        serve=CommandLine((script.name,)),
        framework="Streamlit",
        location=script.location,
        text=script.text,
        port=_PORT,
        env=_ENV,
    )


def _is_page(module: Module) -> bool:
    """Tell whether a file is run by Streamlit by itself: it draws when it is imported."""
    if "pages" in module.path.split("/")[:-1] or _import_line(module) is None:
        return False
    draws = any(isinstance(one, ast.Expr | ast.With) for one in module.tree.body[1:])
    return draws or bool(module.main)


def _import_line(module: Module) -> ast.stmt | None:
    for one in module.tree.body:
        names = [alias.name for alias in one.names] if isinstance(one, ast.Import) else []
        if isinstance(one, ast.ImportFrom) and not one.level:
            names = [one.module or ""]
        if any(name.partition(".")[0] == "streamlit" for name in names):
            return one
    return None


def _script(module: Module) -> Candidate:
    imported = _import_line(module)
    name = module.path.rpartition("/")[2].removesuffix(".py").lower()
    known = _NAMES.index(name) if name in _NAMES else len(_NAMES)
    return Candidate(
        evidence=Evidence.SCRIPT,
        order=10 * (1 + module.path.count("/")) + known,
        serve=CommandLine(("streamlit", "run", module.path, *_OPTIONS)),
        framework="Streamlit",
        location=f"{module.path}:{imported.lineno}" if imported else module.path,
        text=snippet(imported) if imported else "",
        port=_PORT,
    )

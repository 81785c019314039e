"""Why a process ended, in words (exit codes of the runtime: sysexits.h where it has one)."""

import re
import signal
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from longshore.config.places import name_table
from longshore.engines.interface import SIGNAL_BASE, RunState, RunStatus
from longshore.engines.restart import Ending

_MEANINGS = {
    70: "the application can't be imported",
    71: "the application's start-up failed",
    75: "its port is taken",
    78: "a setting is missing or wrong",
}
_USAGE = 2  # argparse's and click's
_CONFIGURATION = 78
_CODE = PurePosixPath("/app")
_SQLITE = ("unable to open database file", "attempt to write a readonly database")
_REFUSED = re.compile(r"(?:Read-only file system|Permission denied): '([^']+)'")
_MISSING = re.compile(r"[Nn]o module named '(\w+)")
_GONE = {
    **dict.fromkeys(("asynchat", "asyncore", "distutils", "imp", "smtpd"), "3.12"),
    **dict.fromkeys(("aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr"), "3.13"),
    **dict.fromkeys(("lib2to3", "mailcap", "nis", "nntplib", "ossaudiodev", "pipes"), "3.13"),
    **dict.fromkeys(("sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib"), "3.13"),
}
"""Modules that the standard library has had, and the Python without them (PEP 594, 632)."""


def describe_state(state: RunState) -> str:
    """Return a state in a few words: ``running``, ``exited (71: its start-up failed)``."""
    if state.status is RunStatus.EXITED:
        return f"exited ({_cause(state)}{_restarted(state, '; ')})"
    restarted = _restarted(state)
    if restarted:
        last = state.restarts.last
        cause = "unknown" if last is None else _cause(last)
        return f"{state.status.value} ({restarted}, last exit: {cause})"
    return state.status.value


def describe_exit(state: RunState | Ending) -> str:
    """Return how a process ended, for a sentence: ``exited with code 78: …``."""
    if isinstance(state, RunState) and state.status is RunStatus.GONE:
        return "was removed by somebody else"
    code = state.exit_code
    if state.out_of_memory or code is None or code > SIGNAL_BASE:
        return f"ended: {_cause(state)}"
    return f"exited with code {_cause(state)}"


def exit_hint(state: RunState, process: str, lines: Sequence[str] = (), *, root: Path) -> str:
    """Return what to do about it.

    Args:
        state: how it ended.
        process: its name.
        lines: its last lines of output.
        root: the project's folder.
    """
    table = name_table(root, f"processes.{process}")
    memory = f"raise resources.memory of {table}"
    if state.out_of_memory:
        return memory
    if state.exit_code == SIGNAL_BASE + signal.SIGKILL:  # engines don't always notice
        return f"if nobody killed it, it ran out of memory: {memory}"
    if state.exit_code == _CONFIGURATION:
        return "give the setting with -e KEY=VALUE or --env-file FILE"
    known = _unwritten(lines, table) or _absent(lines, name_table(root))
    if known is not None:
        return known
    if state.exit_code == _USAGE and any(line.lower().startswith("usage") for line in lines):
        return f'write its whole command line: {table}: command = ["program", "argument"]'
    return f"see all of its output: longshore logs {process}"


def _unwritten(lines: Sequence[str], table: str) -> str | None:
    """Return what to do where the output says that something can't be written."""
    refused = [match[1] for line in lines for match in _REFUSED.finditer(line)]
    if refused:  # a relative path is below the working directory
        return _writing_hint(_CODE / refused[-1], table)
    if _is_about_sqlite(lines):
        return (
            "SQLite can't write where its file is: let a setting name a path below /data, "
            f'and add writable = ["/data"] to {table}, and to that of whatever shares it'
        )
    return None


def exit_docs(lines: Sequence[str]) -> str | None:
    """Return the page that says more, where there is one."""
    return "how-to/run-here.md#a-sqlite-database" if _is_about_sqlite(lines) else None


def _is_about_sqlite(lines: Sequence[str]) -> bool:
    return any(said in line for line in lines for said in _SQLITE)


def _absent(lines: Sequence[str], table: str) -> str | None:
    """Return what to do where the output names what neither the base nor the lock has."""
    missing = {match[1] for line in lines if (match := _MISSING.search(line))}
    for name in sorted(missing & _GONE.keys()):
        return (
            f"Python {_GONE[name]} has {name!r} no more: "
            f'write base = "debian:bookworm", which has 3.11, into {table}'
        )
    if "pkg_resources" in missing:
        return "add 'setuptools<81' to the project's dependencies: it has pkg_resources"
    if any("unsupported locale setting" in line for line in lines):
        return (
            'the image has the locale "C" only: write packages = ["libc-bin"] for C.UTF-8, '
            f'or packages = ["locales-all"] for all of them, into {table}'
        )
    return None


def _writing_hint(path: PurePosixPath, table: str) -> str:
    """Return how to let a process write to a path, or where else it could."""
    folder = path.parent if path.suffix and not path.name.startswith(".") else path
    if folder == _CODE or folder.is_relative_to(_CODE / ".venv"):
        return f"give it a setting that names a folder elsewhere: {path} lies among the code"
    return (
        f'add writable = ["{folder}"] to {table}, '
        "and to that of whatever shares it; `longshore init` writes the tables"
    )


def _restarted(state: RunState, prefix: str = "") -> str:
    count = state.restarts.count
    return f"{prefix}restarted {count}x" if count else ""


def _cause(state: RunState | Ending) -> str:
    code = state.exit_code
    if state.out_of_memory:
        return "out of memory"
    if code is None:
        return state.error or "nobody saw how"
    if code > SIGNAL_BASE:
        try:
            return signal.Signals(code - SIGNAL_BASE).name
        except ValueError:
            return str(code)
    meaning = _MEANINGS.get(code) or state.error
    return f"{code}: {meaning}" if meaning else str(code)

"""Measure Longshore against its peers and print the tables: ``make bench``.

Every figure is a median of runs that took turns with the peer's; what decides is the ratio. Nothing
here fails because something is slow, or because a tool is missing: the row says so.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from suite.builds import measure_builds
from suite.machine import describe_machine
from suite.project import copy_example
from suite.report import Table
from suite.sampling import UnavailableError
from suite.starts import measure_starts
from suite.startup import measure_startup

TABLES = ("startup", "builds", "starts")


def main(argv: list[str] | None = None) -> int:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=TABLES, action="append", help="a table; repeatable")
    parser.add_argument("--rounds", type=int, default=3, help="more runs, steadier figures")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures as JSON")
    options = parser.parse_args(argv)
    began = time.monotonic()
    machine = describe_machine()
    print("\n".join(f"- {name}: {value}" for name, value in machine.items()), flush=True)
    tables = []
    with tempfile.TemporaryDirectory(prefix="longshore-bench-") as name:
        _keep_bytecode(Path(name))
        for title in options.only or TABLES:
            print(f"\nmeasuring {title} ...", file=sys.stderr, flush=True)
            table = _measure(title, options.rounds, Path(name))
            if table is not None:
                tables.append(table)
                print(f"\n{table.markdown()}", flush=True)
    print(f"\nmeasured in {time.monotonic() - began:.0f} s", file=sys.stderr)
    if options.json:
        document = {"machine": machine, "tables": [table.data() for table in tables]}
        options.json.write_text(json.dumps(document, indent=2) + "\n")
    return 0


def _keep_bytecode(folder: Path) -> None:
    """Let the tools have their bytecode, as installed ones do, whatever the caller's settings."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")


def _measure(title: str, rounds: int, folder: Path) -> Table | None:
    try:
        match title:
            case "builds":
                return measure_builds(rounds, _project(folder), folder)
            case "starts":
                return measure_starts(rounds, _project(folder), folder)
            case _:
                return measure_startup(rounds)
    except UnavailableError as error:
        print(f"\n## {title}\n\nnot measured: {error}", flush=True)
        return None


def _project(folder: Path) -> Path:
    made = folder / "task-api"
    return made if made.is_dir() else copy_example(folder)


if __name__ == "__main__":
    sys.exit(main())

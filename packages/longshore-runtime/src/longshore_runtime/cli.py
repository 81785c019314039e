"""The command line: ``longshore-serve [OPTIONS] pkg.module:app``, ``… -- COMMAND``, ``drill``."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

from longshore_runtime.errors import ServeError
from longshore_runtime.events import EventLog
from longshore_runtime.options import read_options
from longshore_runtime.signals import end_while_starting
from longshore_runtime.standard_streams import reserve_standard_streams

if TYPE_CHECKING:
    from collections.abc import Sequence

    from longshore_runtime.options import Options


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``longshore-serve``; returns the exit code (see ``ExitCode``).

    Args:
        argv: the words after the program's name; the process's own by default.
    """
    words = sys.argv[1:] if argv is None else argv
    if words and words[0] == "drill":
        from longshore_runtime import drill  # noqa: PLC0415 -- a tool of its own

        return drill.main(words[1:])
    reserve_standard_streams()
    events = EventLog()
    try:
        options = read_options(words, os.environ)
        return int(run(options, events))
    except ServeError as error:
        from longshore_runtime.report import report_failure  # noqa: PLC0415 -- only when it fails

        report_failure(events, error)
        return int(error.code)


def run(options: Options, events: EventLog) -> int:
    """Do what the options say; each way imports what it needs and no more."""
    if options.command:
        from longshore_runtime.command import supervise  # noqa: PLC0415 -- keep it light

        supervise(options, options.command)
    if options.task == "serve":
        # Before the slow imports: a container may be told to stop in its first moments.
        end_while_starting(events)
        if options.is_foreign:
            from longshore_runtime.foreign_server import serve_foreign  # noqa: PLC0415 -- as above

            serve_foreign(options)
        from longshore_runtime.serve import serve  # noqa: PLC0415 -- asyncio and the rest

        return int(serve(options, events))
    from longshore_runtime.prepare import import_application, make_plan  # noqa: PLC0415 -- as above
    from longshore_runtime.report import render_config, report_check  # noqa: PLC0415 -- as above

    plan = make_plan(options)
    if options.task == "print-config":
        sys.stdout.write(json.dumps(render_config(options, plan, os.environ), indent=2) + "\n")
    else:
        application = import_application(options, plan)
        if options.is_foreign:
            from longshore_runtime.servers import compose  # noqa: PLC0415 -- not for uvicorn

            compose(options, plan, port=options.port)  # is it installed, does it speak this
        report_check(events, options, plan, application)
    return 0

"""How failures reach the user: text or JSON on standard error, and an exit code."""

import re
from typing import TYPE_CHECKING, Any

import click

from longshore.errors import ConfigError, ExitCode, LongshoreError, UsageError

if TYPE_CHECKING:
    from longshore.cli.context import Context
    from longshore.cli.terminal import Terminal

_KEPT_REPORTS = 10
# Also where the password holds an '@' or a '/': rather too much than too little.
_URL_CREDENTIALS = re.compile(r"(?<=://)(?:[^/\s:@]*:\S*@|[^/\s]*@)")


def report_error(error: LongshoreError, terminal: "Terminal") -> ExitCode:
    """Show an error of ours, with every problem that it carries, and return its exit code."""
    findings = error.findings if isinstance(error, ConfigError) else ()
    if terminal.wants_json:
        terminal.talk_json({"error": _document(error)})
    elif findings:
        for finding in findings:
            terminal.problem("error", str(finding), hint=finding.hint, docs=finding.docs)
    else:
        terminal.problem(
            "error", error.message, context=error.context, hint=error.hint, docs=error.docs
        )
    return error.exit_code


def report_usage(error: click.ClickException, terminal: "Terminal") -> ExitCode:
    """Show what click says about the command line, in our words."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        terminal.stderr.write(error.format_message() + "\n")
        return ExitCode.USAGE
    message, hint = error.format_message(), None
    if isinstance(error, click.UsageError) and error.ctx is not None:
        hint = f"see '{error.ctx.command_path} --help'"
    if isinstance(error, click.NoSuchOption):
        message = f"no such option {error.option_name!r}"
        if error.possibilities:
            hint = f"did you mean {error.possibilities[0]!r}?"
    message = (message[:1].lower() + message[1:]).rstrip(".")
    return report_error(UsageError(message, hint=hint), terminal)


def report_interrupt(terminal: "Terminal") -> ExitCode:
    """Say that the user stopped the work; what is cached stays valid."""
    terminal.say("interrupted")
    if terminal.wants_json:
        code = int(ExitCode.INTERRUPTED)
        document = {"type": "Interrupted", "exit_code": code, "message": "interrupted"}
        terminal.talk_json({"error": document})
    return ExitCode.INTERRUPTED


def report_bug(error: Exception, context: "Context") -> ExitCode:
    """Show a failure that nobody foresaw; the traceback goes to a file, with ``-v`` also here."""
    import traceback  # noqa: PLC0415 - only a bug pays for it

    trace = _without_credentials("".join(traceback.format_exception(error)))
    summary = traceback.format_exception_only(error)[-1].strip()
    terminal = context.terminal
    place = _keep_report(trace, context)
    lines = trace.rstrip().splitlines() if place is None or terminal.verbosity > 0 else []
    where = f"with the file {place}" if place else "with the lines above"
    failure = LongshoreError(
        f"unexpected failure: {_without_credentials(summary)}",
        context=lines,
        hint=f"this is a bug in longshore; please report it {where}",
    )
    return report_error(failure, terminal)


def _document(error: LongshoreError) -> dict[str, Any]:
    document: dict[str, Any] = {
        "type": type(error).__name__,
        "exit_code": int(error.exit_code),
        "message": error.message,
        "context": list(error.context),
        "hint": error.hint,
        "docs": error.docs,
    }
    if isinstance(error, ConfigError):
        document["findings"] = [
            {
                "rule": finding.rule,
                "severity": finding.severity.value,
                "location": finding.location,
                "message": finding.message,
                "hint": finding.hint,
                "docs": finding.docs,
            }
            for finding in error.findings
        ]
    return document


def _keep_report(trace: str, context: "Context") -> str | None:
    import platform  # noqa: PLC0415 - only a bug pays for these
    from datetime import UTC, datetime  # noqa: PLC0415

    from longshore import __version__  # noqa: PLC0415

    # Neither the arguments nor the environment: both may hold secrets.
    head = f"longshore {__version__}, Python {platform.python_version()}, {platform.platform()}\n\n"
    name = f"{datetime.now(tz=UTC):%Y%m%dT%H%M%S.%fZ}.txt"
    try:
        folder = context.directories.state / "crashes"
        folder.mkdir(exist_ok=True, mode=0o700)
        (folder / name).write_text(head + trace, encoding="utf-8", errors="backslashreplace")
        for old in sorted(folder.glob("*.txt"))[:-_KEPT_REPORTS]:
            old.unlink(missing_ok=True)
    except (OSError, LongshoreError):
        return None
    return str(folder / name)


def _without_credentials(text: str) -> str:
    return _URL_CREDENTIALS.sub("***@", text)

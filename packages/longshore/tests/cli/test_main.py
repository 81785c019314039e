"""The entry point: exit codes, and how failures look."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from longshore import __version__, errors
from longshore.cli.context import Context
from longshore.cli.main import SECTIONS, main
from longshore.errors import ConfigError, ExitCode, LongshoreError, ProjectError
from longshore.types import Finding, Severity

Install = Callable[[Callable[[Context], object]], None]
Capture = pytest.CaptureFixture[str]


def test_the_version_is_data(capsys: Capture) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr() == (f"longshore {__version__}\n", "")


def test_help_lists_every_command_by_section(capsys: Capture) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    for heading, entries in SECTIONS.items():
        assert f"\n{heading}:\n" in out
        for name, entry in entries.items():
            assert f"\n  {name.ljust(10)}  {entry.help}\n" in out


def test_every_command_of_the_table_exists_and_has_the_help_of_the_table(capsys: Capture) -> None:
    for entries in SECTIONS.values():
        for name, entry in entries.items():
            assert main([name, "--help"]) == 0
            out = " ".join(capsys.readouterr().out.split())
            assert f"longshore {name} " in out
            assert entry.help.rstrip(".") in out
            assert "Examples:" in out


def test_no_command_is_a_usage_error_that_shows_the_help(capsys: Capture) -> None:
    assert main([]) == 2
    out, err = capsys.readouterr()
    assert (out, err[:6]) == ("", "Usage:")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["buidl"], "error: no such command 'buidl'\nhint: did you mean 'build'?\n"),
        (["xyzzy"], "error: no such command 'xyzzy'\nhint: see 'longshore --help'\n"),
        (["--colour"], "error: no such option '--colour'\nhint: did you mean '--color'?\n"),
        (
            ["config", "--frmat"],
            "error: no such option '--frmat'\nhint: did you mean '--format'?\n",
        ),
        (
            ["config", "extra"],
            "error: got unexpected extra argument (extra)\nhint: see 'longshore config --help'\n",
        ),
        (
            ["--format", "yaml", "config"],
            (
                "error: invalid value for '--format': 'yaml' is not one of 'text', 'json'\n"
                "hint: see 'longshore --help'\n"
            ),
        ),
    ],
)
def test_a_wrong_command_line_says_what_is_wrong(
    capsys: Capture, arguments: list[str], message: str
) -> None:
    assert main(arguments) == ExitCode.USAGE
    assert capsys.readouterr() == ("", message)


@pytest.mark.parametrize("place", ["before", "after"])
def test_global_options_are_understood_on_both_sides_of_the_command(
    install: Install, capsys: Capture, place: str
) -> None:
    def body(context: Context) -> None:
        context.terminal.json({"verbosity": context.terminal.verbosity})

    install(body)
    options = ["--format", "json", "-vv"]
    assert main([*options, "probe"] if place == "before" else ["probe", *options]) == 0
    assert json.loads(capsys.readouterr().out) == {"verbosity": 2}


@pytest.mark.parametrize(
    "name", ["ConfigError", "ProjectError", "LockError", "WheelError", "TransportError"]
)
def test_an_error_has_its_message_its_context_its_hint_and_its_code(
    install: Install, capsys: Capture, name: str
) -> None:
    family: type[LongshoreError] = getattr(errors, name)

    def body(context: Context) -> None:
        del context
        msg = "a: is wrong"
        raise family(msg, context=["more", "lines"], hint="do b", docs="how-to/b.md")

    install(body)
    assert main(["probe"]) == family.exit_code
    assert capsys.readouterr() == (
        "",
        "error: a: is wrong\n  more\n  lines\nhint: do b\ndocs: how-to/b.md\n",
    )


def test_an_error_as_json_is_one_object(install: Install, capsys: Capture) -> None:
    def body(context: Context) -> None:
        del context
        msg = "a: is wrong"
        raise ProjectError(msg, context=["more"], hint="do b")

    install(body)
    assert main(["probe", "--format", "json"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert json.loads(err) == {
        "error": {
            "type": "ProjectError",
            "exit_code": 3,
            "message": "a: is wrong",
            "context": ["more"],
            "hint": "do b",
            "docs": None,
        }
    }


@pytest.mark.parametrize(
    "arguments", [["--format", "json", "--nope"], ["config", "--format=json", "--nope"]]
)
def test_a_wrong_command_line_is_json_too(capsys: Capture, arguments: list[str]) -> None:
    assert main(arguments) == 2
    assert json.loads(capsys.readouterr().err)["error"]["message"] == "no such option '--nope'"


def test_every_problem_of_a_configuration_is_an_error_of_its_own(
    install: Install, capsys: Capture
) -> None:
    findings = [
        Finding(rule="r", severity=Severity.ERROR, location="f: a", message="bad", hint="do b"),
        Finding(rule="r", severity=Severity.ERROR, location="f: c", message="worse"),
    ]

    def body(context: Context) -> None:
        del context
        msg = "f: 2 problems"
        raise ConfigError(msg, findings=findings)

    install(body)
    assert main(["probe"]) == 2
    assert capsys.readouterr().err == "error: f: a: bad\nhint: do b\nerror: f: c: worse\n"
    assert main(["probe", "--format", "json"]) == 2
    error = json.loads(capsys.readouterr().err)["error"]
    assert error["message"] == "f: 2 problems"
    assert [finding["location"] for finding in error["findings"]] == ["f: a", "f: c"]


@pytest.mark.parametrize(("answer", "code"), [(None, 0), (ExitCode.NEGATIVE, 1), ("text", 0)])
def test_a_command_may_return_a_negative_answer(
    install: Install, answer: object, code: int
) -> None:
    install(lambda _: answer)
    assert main(["probe"]) == code


def test_ctrl_c_is_130_without_a_traceback(install: Install, capsys: Capture) -> None:
    install(lambda _: signal.raise_signal(signal.SIGINT))
    assert main(["probe"]) == 130
    assert capsys.readouterr() == ("", "interrupted\n")
    assert main(["probe", "--format=json"]) == 130
    assert json.loads(capsys.readouterr().err)["error"]["exit_code"] == 130


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_end_is_heeded_as_ctrl_c_is(
    install: Install, capsys: Capture, number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    install(lambda _: signal.raise_signal(number))
    assert main(["probe"]) == 130
    assert capsys.readouterr() == ("", "interrupted\n")
    assert signal.getsignal(number) is before


def test_what_was_chosen_to_be_ignored_stays_ignored(install: Install) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        install(lambda _: signal.raise_signal(signal.SIGHUP))
        assert main(["probe"]) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_reader_of_a_pipe_may_leave(project: Path) -> None:
    del project
    script = Path(sys.executable).with_name("longshore")
    with subprocess.Popen(
        [script, "completion", "bash"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        said = process.stderr.read()
    assert (process.returncode, said) == (0, b"")


# Bugs -----------------------------------------------------------------------------------------


def crash(context: Context) -> None:
    """Fail as nobody foresaw, with a credential in the message."""
    del context
    msg = "can't parse https://user:hunter2@hunter2/hunter2@index.test/simple\nsecond line"
    raise KeyError(msg)


def test_a_bug_is_reported_shortly_and_kept_in_a_file(
    install: Install, capsys: Capture, home: Path
) -> None:
    install(crash)
    assert main(["probe"]) == ExitCode.BUG
    [report] = (home / ".local/state/longshore/crashes").iterdir()
    out, err = capsys.readouterr()
    assert out == ""
    first, hint = err.splitlines()
    assert first.startswith("error: unexpected failure: KeyError: ")
    assert hint == f"hint: this is a bug in longshore; please report it with the file {report}"
    text = report.read_text()
    assert text.startswith(f"longshore {__version__}, Python ")
    assert "in crash\n" in text
    assert stat.S_IMODE(report.parent.stat().st_mode) == 0o700
    assert "hunter2" not in err + text


def test_a_bug_shows_its_traceback_with_v(install: Install, capsys: Capture) -> None:
    install(crash)
    assert main(["probe", "-v"]) == ExitCode.BUG
    err = capsys.readouterr().err
    assert "Traceback (most recent call last):" in err
    assert "hunter2" not in err


def test_a_bug_shows_its_traceback_where_it_can_not_be_kept(
    install: Install, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGSHORE_STATE_DIR", os.devnull + "/state")
    install(crash)
    assert main(["probe"]) == ExitCode.BUG
    err = capsys.readouterr().err
    assert "Traceback (most recent call last):" in err
    assert err.endswith("this is a bug in longshore; please report it with the lines above\n")


def test_only_the_newest_reports_are_kept(install: Install, home: Path) -> None:
    install(crash)
    folder = home / ".local/state/longshore/crashes"
    folder.mkdir(parents=True, mode=0o700)
    home.joinpath(".local/state/longshore").chmod(0o700)
    for day in range(1, 21):
        (folder / f"200001{day:02}T000000.000000Z.txt").touch()
    main(["probe"])
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 10
    assert names[0] == "20000112T000000.000000Z.txt"
    assert not names[-1].startswith("2000")

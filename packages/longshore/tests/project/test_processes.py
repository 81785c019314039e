"""The table decides; what it leaves open is detected."""

import pytest

from longshore.config import Config, ProcessConfig
from longshore.errors import ProjectError
from longshore.project.detect import Detected, Detection, detect
from longshore.project.processes import choose_processes
from longshore.types import Asgi, CommandLine, EntryPoint, Process, ProcessKind

APP = Asgi(EntryPoint("shop.main", "app"))
WEB = Process(name="web", kind=ProcessKind.WEB, serve=APP, port=9000, env={"A": "1", "B": "1"})
WORKER = Process(name="worker", kind=ProcessKind.WORKER, serve=CommandLine(("celery",)))
FOUND = Detection(
    processes=tuple(
        Detected(process=one, reason="somewhere", framework="x") for one in (WEB, WORKER)
    )
)
TWO = {
    "one/__init__.py": b"from fastapi import FastAPI\napp = FastAPI()\n",
    "two/__init__.py": b"from fastapi import FastAPI\napp = FastAPI()\n",
}
UNDECIDED = detect(TWO, TWO.__getitem__, name="shop")


def test_without_a_table_everything_detected_runs() -> None:
    assert choose_processes(Config(), FOUND) == (WEB, WORKER)


@pytest.mark.parametrize("detection", [UNDECIDED, Detection(processes=())])
def test_what_is_asked_for_stands_in_for_what_is_open(detection: Detection) -> None:
    assert choose_processes(Config(), detection, otherwise=WORKER) == (WORKER,)


def test_what_is_asked_for_gives_way_to_what_is_found() -> None:
    assert choose_processes(Config(), FOUND, otherwise=WORKER) == (WEB, WORKER)


def test_a_table_may_choose_the_server_of_what_was_detected() -> None:
    config = Config(processes=(ProcessConfig(name="web", server="granian"),))

    (process,) = choose_processes(config, FOUND)

    assert (process.serve, process.server) == (APP, "granian")


@pytest.mark.parametrize(
    ("name", "what"), [("web", "ASGI"), ("worker", "a command, its own server")]
)
def test_a_server_that_does_not_serve_what_was_detected_is_refused(name: str, what: str) -> None:
    config = Config(processes=(ProcessConfig(name=name, server="waitress"),))

    with pytest.raises(ProjectError) as raised:
        choose_processes(config, FOUND)

    assert raised.value.message.endswith(
        f"processes.{name}.server: 'waitress' does not serve what was found: {what}"
    )


def test_a_table_is_complete() -> None:
    command = CommandLine(("other",))
    config = Config(processes=(ProcessConfig(name="other", serve=command),))

    (process,) = choose_processes(config, FOUND)

    assert (process.name, process.kind, process.serve) == ("other", ProcessKind.WORKER, command)


def test_a_table_that_leaves_open_what_runs_gets_what_was_detected() -> None:
    config = Config(processes=(ProcessConfig(name="web", drain=3.0, env={"B": "2"}),))

    (process,) = choose_processes(config, FOUND)

    assert process == Process(
        name="web",
        kind=ProcessKind.WEB,
        serve=APP,
        port=9000,
        drain=3.0,
        env={"A": "1", "B": "2"},
    )


def test_the_port_of_the_table_wins() -> None:
    config = Config(processes=(ProcessConfig(name="web", port=1234),))

    assert choose_processes(config, FOUND)[0].port == 1234


def test_what_is_written_needs_no_decision() -> None:
    config = Config(processes=(ProcessConfig(name="web", kind=ProcessKind.WEB, serve=APP),))

    assert choose_processes(config, UNDECIDED)[0].serve == APP


@pytest.mark.parametrize("config", [Config(), Config(processes=(ProcessConfig(name="web"),))])
def test_what_is_undecided_is_asked(config: Config) -> None:
    with pytest.raises(ProjectError, match="2 applications fit the web process equally well"):
        choose_processes(config, UNDECIDED)


def test_a_process_that_nobody_found_has_nothing_to_run() -> None:
    config = Config(file="pyproject.toml", processes=(ProcessConfig(name="other"),))

    with pytest.raises(ProjectError, match=r"processes\.other: nothing to run"):
        choose_processes(config, FOUND)


def test_a_library_has_no_process() -> None:
    assert choose_processes(Config(), None) == ()
    assert choose_processes(Config(), Detection(processes=())) == ()

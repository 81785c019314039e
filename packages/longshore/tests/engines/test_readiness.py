"""Waiting until what was started works."""

import socket
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from longshore.engines import readiness
from longshore.engines.interface import LoadedImage, Port, Run, RunSpec
from longshore.engines.ports import find_free_port
from longshore.engines.readiness import probe, wait_until_ready
from longshore.errors import DeployError
from longshore.oci.config import ImageConfig
from longshore.testing.engine import MemoryEngine
from longshore.types import Digest

MakeRun = Callable[..., Run]
IMAGE = LoadedImage(digest=Digest.of(b""), config=ImageConfig(), location="here")


@pytest.fixture
def port() -> int:
    return find_free_port()


@pytest.fixture
def web(make_run: MakeRun, port: int) -> Run:
    return make_run(port=port, engine="memory")


def start(memory: MemoryEngine, run: Run) -> None:
    port = None if run.port is None else Port(host=run.port, container=run.port)
    memory.start(
        RunSpec(run_id=run.run_id, service=run.service, process=run.process, image=IMAGE, port=port)
    )


def test_web_process_that_answers_is_ready(memory: MemoryEngine, web: Run) -> None:
    start(memory, web)
    wait_until_ready([web], memory)


def test_web_process_that_ends_is_an_error_with_its_last_lines(
    memory: MemoryEngine, web: Run
) -> None:
    memory.behaviour["web"] = "exit 78"
    start(memory, web)
    with pytest.raises(DeployError) as caught:
        wait_until_ready([web], memory)
    error = caught.value
    assert error.message == (
        "taskapi: process 'web' exited with code 78: a setting is missing or wrong"
    )
    assert error.context == tuple(f"web line {number}" for number in range(10, 30))
    assert error.hint == "give the setting with -e KEY=VALUE or --env-file FILE"


@pytest.mark.parametrize(("status", "is_ready"), [(404, True), (302, True), (503, False)])
def test_server_of_its_own_is_ready_with_any_answer_that_is_no_error_of_it(
    memory: MemoryEngine,
    web: Run,
    monkeypatch: pytest.MonkeyPatch,
    *,
    status: int,
    is_ready: bool,
) -> None:
    start(memory, web)
    monkeypatch.setattr(readiness, "probe", lambda _port, _path: status)
    wait = partial(wait_until_ready, [web], memory, timeout=0.05)
    if is_ready:
        wait(own_servers={"web"})
    for others in ((), {"worker"}) if is_ready else ((), {"web"}):
        with pytest.raises(DeployError, match=f"GET /readyz answered {status}"):
            wait(own_servers=others)


def test_process_that_never_answers_is_an_error(memory: MemoryEngine, web: Run) -> None:
    start(memory, replace(web, port=None))
    with pytest.raises(DeployError) as caught:
        wait_until_ready([web], memory, timeout=0.1)
    assert caught.value.message == (
        "taskapi: process 'web' was not ready within 0.1 s: GET /readyz answered nothing"
    )


def test_server_that_accepts_and_says_nothing_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(readiness, "_PROBE_TIMEOUT", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert probe(server.getsockname()[1], "/readyz") is None


def test_worker_that_ends_beside_a_ready_web_process_is_an_error(
    memory: MemoryEngine, web: Run, make_run: MakeRun
) -> None:
    worker = make_run(process="worker", port=None)
    memory.behaviour["worker"] = "exit 1"
    start(memory, web)
    start(memory, worker)
    with pytest.raises(DeployError, match="process 'worker' exited with code 1"):
        wait_until_ready([web, worker], memory)


def test_worker_alone_has_to_stay_alive_for_a_while(
    memory: MemoryEngine, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "SETTLE", 0.05)
    worker = make_run(process="worker", port=None)
    start(memory, worker)
    wait_until_ready([worker], memory)

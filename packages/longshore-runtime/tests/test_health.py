"""Readiness checks: verdicts with hysteresis, run in the background, cached for the probes."""

from __future__ import annotations

import asyncio
import functools
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore_runtime import checks
from longshore_runtime.health import FAIL, PASS, WARN, Check, Registry, Verdict, check, registry
from longshore_runtime.health_runner import HealthRunner
from longshore_runtime.lifecycle import Lifecycle, Phase
from longshore_runtime.probes import answer_probe
from longshore_runtime.testing import Served

if TYPE_CHECKING:
    from pathlib import Path

Serve = Callable[..., Served]


def verdict(**settings: Any) -> Verdict:
    return Verdict(check=Check(name="x", run=lambda: None, **settings))


def feed(subject: Verdict, *results: bool) -> bool | None:
    for result in results:
        subject.record(passed=result, output="" if result else "no", took=0.0, now=0.0)
    return subject.is_passing


def test_unknown_is_not_passing() -> None:
    assert verdict().status(0.0) == FAIL


def test_first_result_counts_at_once() -> None:
    assert feed(verdict(), True) is True
    assert feed(verdict(), False) is False


def test_single_failure_does_not_take_the_service_out() -> None:
    subject = verdict(failures=3)
    assert feed(subject, True, False, False) is True
    assert feed(subject, True, False, False) is True
    assert feed(subject, False) is False


def test_recovery_takes_as_many_successes_as_asked() -> None:
    subject = verdict(successes=2)
    assert feed(subject, False, True) is False
    assert feed(subject, True) is True


@given(st.lists(st.booleans(), min_size=1), st.integers(1, 4), st.integers(1, 4))
def test_verdict_changes_only_after_a_full_streak(
    results: list[bool], failures: int, successes: int
) -> None:
    subject = verdict(failures=failures, successes=successes)
    expected, streak = results[0], 0
    feed(subject, results[0])
    for result in results[1:]:
        streak = streak + 1 if result != expected else 0
        if streak >= (successes if result else failures):
            expected, streak = result, 0
        assert feed(subject, result) is expected


def test_verdict_that_is_too_old_is_not_believed() -> None:
    subject = verdict(every=5, timeout=2)
    feed(subject, True)
    assert subject.status(21.0) == PASS
    assert subject.status(21.1) == FAIL


def test_check_that_is_not_critical_warns() -> None:
    subject = verdict(critical=False)
    feed(subject, False)
    assert subject.status(0.0) == WARN


def test_worst_status_counts_and_no_checks_pass() -> None:
    checks_ = Registry()
    assert checks_.status() == PASS
    checks_.add(Check(name="a", run=lambda: None, critical=False))
    assert checks_.status() == WARN
    checks_.add(Check(name="b", run=lambda: None))
    assert (checks_.status(), checks_.failing()) == (FAIL, ["a", "b"])


def test_decorator_keeps_the_function_and_its_name() -> None:
    @check(every=1.0)
    def storage() -> None: ...

    try:
        assert registry.verdicts["storage"].check.run is storage
    finally:
        registry.remove("storage")


def test_check_with_arguments_is_refused() -> None:
    def needs(argument: int) -> None: ...

    with pytest.raises(TypeError, match="takes no arguments"):
        check(needs)  # type: ignore[type-var]


def run_once(function: Any, **settings: Any) -> Verdict:
    found = Registry()
    found.add(Check(name="x", run=function, **settings))
    asyncio.run(HealthRunner(found).first_round())
    return found.verdicts["x"]


def test_run_that_raises_shows_the_kind_and_not_the_text() -> None:
    def fails() -> None:
        msg = "postgres://u:hunter2@db"
        raise ConnectionError(msg)

    subject = run_once(fails)
    assert subject.is_passing is False
    assert subject.output == "ConnectionError"


def test_run_that_hangs_in_a_thread_is_given_up() -> None:
    hang = threading.Event()
    subject = run_once(hang.wait, timeout=0.05)
    hang.set()
    assert (subject.is_passing, subject.output) == (False, "took longer than 0.05 s")


def test_run_that_hangs_in_the_loop_is_given_up() -> None:
    async def hangs() -> None:
        await asyncio.Event().wait()

    assert run_once(hangs, timeout=0.05).output == "took longer than 0.05 s"


def test_plain_and_async_functions_pass() -> None:
    async def fine() -> None: ...

    assert run_once(fine).is_passing is True
    assert run_once(lambda: True).is_passing is True
    assert run_once(functools.partial(fine)).is_passing is True
    assert run_once(lambda: False).is_passing is False


def test_liveness_never_looks_at_a_check() -> None:
    lifecycle = Lifecycle()
    lifecycle.enter(Phase.READY)
    failing = Registry()
    failing.add(Check(name="db", run=lambda: None))
    assert answer_probe("/livez", lifecycle, checks=failing).status == 200
    assert answer_probe("/healthz", lifecycle, checks=failing).status == 200
    assert answer_probe("/readyz", lifecycle, checks=failing).status == 503


def test_liveness_fails_when_the_heart_stops_but_not_while_starting() -> None:
    lifecycle = Lifecycle()
    lifecycle.liveness_limit = 0.0
    assert answer_probe("/livez", lifecycle).status == 200
    lifecycle.enter(Phase.READY)
    assert answer_probe("/livez", lifecycle).status == 503


def test_readiness_follows_the_checks(serve: Serve, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_text("down")
    service = serve("checked:app", env={"CHECK_STATE": str(state)})
    reply = service.get("/readyz?verbose")
    assert (reply.status, reply.json()["checks"]["database"]["output"]) == (503, "ConnectionError")
    assert b"hunter2" not in reply.body
    assert service.get("/livez").status == 200
    state.write_text("up")
    service.wait_readiness(200)
    state.write_text("no cache")
    service.wait_readiness(503)
    state.write_text("up")
    service.wait_readiness(200)
    said = [event["check"] for event in service.stop().events if event["event"] == "check"]
    assert "database" in said


def test_two_seconds_of_computing_are_alive_and_a_deadlock_is_not(serve: Serve) -> None:
    service = serve(
        "plain:who",
        flags=("--management-port", "0"),
        env={"LONGSHORE_LIVENESS_TIMEOUT": "4"},
    )
    port = service.management_port
    with socket.create_connection(("127.0.0.1", service.port)) as client:
        client.sendall(b"GET /block/2 HTTP/1.1\r\nhost: a\r\n\r\n")
        client.setblocking(False)
        statuses = set()
        while True:
            statuses.add(service.get("/livez", port=port).status)
            try:
                if client.recv(100):
                    break
            except BlockingIOError:
                continue
        assert statuses == {200}
        client.setblocking(True)
        client.sendall(b"GET /block/60 HTTP/1.1\r\nhost: a\r\n\r\n")
        while service.get("/livez", port=port).status == 200:
            pass
        assert service.get("/livez?verbose", port=port).json()["heartbeat_age_s"] >= 4


def test_ready_made_checks_pass_and_fail() -> None:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import StaticPool

    class Redis:
        def ping(self) -> bool:
            return True

    class Pool:
        async def fetchval(self, query: str) -> int:
            assert query == "SELECT 1"
            return 1

    engine = create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    checks.sqlalchemy(engine, name="t-sql")
    checks.redis(Redis(), name="t-redis")
    checks.asyncpg(Pool(), name="t-pg")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    checks.http_get(f"http://127.0.0.1:{port}/health", name="t-http")
    found = Registry()
    for name in ("t-sql", "t-redis", "t-pg", "t-http"):
        found.add(registry.verdicts[name].check)
        registry.remove(name)
    asyncio.run(HealthRunner(found).first_round())
    engine.dispose()
    passing = {name: each.is_passing for name, each in found.verdicts.items()}
    assert passing == {"t-sql": True, "t-redis": True, "t-pg": True, "t-http": False}
    assert found.verdicts["t-http"].output == "ConnectionRefusedError"


def test_http_check_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="http or https"):
        checks.http_get("file:///etc/passwd")

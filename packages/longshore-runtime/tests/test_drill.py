"""The drill and the load behind it: what is lost is counted, what is not is not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore_runtime import cli
from longshore_runtime.load import Load, Shape, Target
from longshore_runtime.testing import Served
from longshore_runtime.usage import propose_resources, read_usage

Serve = Callable[..., Served]

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], "asyncio.Future[None]"]


async def load_against(answer: bytes, shape: Shape) -> Load:
    """Run load against a server that answers every connection's first request with some bytes."""
    asked = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    load = Load(Target(port=server.sockets[0].getsockname()[1]), shape)
    load.start()
    await asked.wait()
    await load.stop()
    server.close()
    return load


ONE = Shape(keep_alive=1, rate=0, slow=0)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab", "truncated"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab", "truncated"),
        (b"", "closed before the answer"),
        (b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n", "status 503"),
    ],
)
def test_answer_that_is_not_whole_is_lost(answer: bytes, reason: str) -> None:
    tally = asyncio.run(load_against(answer, ONE)).keep_alive
    assert list(tally.lost) == [reason]
    assert tally.answered == 0


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
        (
            b"HTTP/1.1 404 No\r\nConnection: Close\r\ntransfer-encoding: chunked\r\n\r\n"
            b"2\r\nok\r\n0\r\n\r\n"
        ),
    ],
)
def test_answer_that_announces_the_close_is_not_lost(answer: bytes) -> None:
    tally = asyncio.run(load_against(answer, ONE)).keep_alive
    assert tally.lost.total() == 0
    assert tally.answered == tally.moved > 0


def test_drill_of_a_service_that_drains_loses_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGSHORE_DRAIN_DELAY", "0.8")
    monkeypatch.chdir(Path(__file__).parent / "apps")
    words = ["--seconds", "0.5", "--propagation", "0.5", "--path", "/sleep/0.01"]
    code = cli.main(["drill", "--json", *words, "--slow-path", "/sleep/1", "plain:app"])
    facts = json.loads(capsys.readouterr().out)
    assert (code, facts["lost"], facts["exit_code"]) == (0, 0, 0)
    assert facts["clients"]["slow"]["answered"] == 1
    assert facts["clients"]["new connections"]["answered_after_signal"] > 0
    assert facts["timeline_ms"]["readiness_down"] < facts["timeline_ms"]["stopping"]
    assert facts["peak_memory_mib"] > 1
    assert facts["resources"]["limits.memory"].endswith("Mi")


def test_drill_of_a_service_that_does_not_wait_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGSHORE_DRAIN_DELAY", "0")
    monkeypatch.chdir(Path(__file__).parent / "apps")
    words = ["--seconds", "0.3", "--propagation", "0.5", "--path", "/sleep/0.01"]
    assert cli.main(["drill", *words, "plain:app"]) == 1
    out = capsys.readouterr().out
    assert "refused" in out
    assert "exit code 0" in out


def test_usage_of_a_service_counts_its_workers(serve: Serve) -> None:
    service = serve("plain:who", flags=("--workers", "2"))
    pids = [service.process.pid, *service.wait_event("boot")["worker_pids"]]
    whole = read_usage(service.process.pid)
    assert whole.memory > read_usage(pids[1]).memory > 0
    assert read_usage(2**22 + 1).memory == 0


@given(
    st.integers(1, 1 << 40), st.floats(0, 10, allow_nan=False), st.floats(0, 1e5, allow_nan=False)
)
def test_limit_is_never_below_the_request_nor_the_peak(peak: int, cpu: float, rate: float) -> None:
    found = propose_resources(peak_memory=peak, cpu_per_request=cpu, rate=rate)
    request, limit = (
        int(found[f"{kind}.memory"].removesuffix("Mi")) for kind in ("requests", "limits")
    )
    assert request * 2**20 > peak
    assert limit >= request

"""What goes wrong in production: each fault leaves a service that serves, or an honest exit."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from longshore_runtime.testing import Served

Serve = Callable[..., Served]

APPS = Path(__file__).parent / "apps"
GIGABYTE = 1_000_000_000


def connect(service: Served) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", service.port))
    client.settimeout(20)
    return client


def resident_mib(service: Served) -> int:
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


def test_handler_that_raises_is_a_500_and_the_service_goes_on(serve: Serve) -> None:
    service = serve("plain:faulty")
    assert service.get("/raise").status == 500
    with connect(service) as client:
        client.sendall(b"GET /raise-late HTTP/1.1\r\nhost: a\r\n\r\n")
        assert b"0\r\n\r\n" not in client.makefile("rb").read()
    assert service.get("/fine").status == 200
    assert service.stop().code == 0


def test_client_that_disconnects_leaves_nothing_in_flight(serve: Serve) -> None:
    service = serve("plain:faulty")
    with connect(service) as client:
        client.sendall(b"GET /disconnect HTTP/1.1\r\nhost: a\r\n\r\n")
        service.wait_in_flight(1)
    service.wait_in_flight(0)
    assert service.stop().code == 0


def test_event_loop_that_is_blocked_cannot_outlast_the_grace_period(serve: Serve) -> None:
    service = serve(
        "plain:who", flags=("--management-port", "0"), env={"LONGSHORE_GRACE_PERIOD": "1.5"}
    )
    port = service.management_port
    with connect(service) as client:
        client.sendall(b"GET /block/60 HTTP/1.1\r\nhost: a\r\n\r\n")
        while service.get("/readyz?verbose", port=port).json()["in_flight"] == 0:
            pass
        service.send_signal()
        stopped = service.wait(10)
    assert stopped.code == 1
    assert "stopped hard" in stopped.event("stop")["message"]


def test_start_that_blocks_the_main_thread_is_71(serve: Serve) -> None:
    stopped = serve("plain:blocking_start", env={"LONGSHORE_STARTUP_TIMEOUT": "1"}).wait()
    assert stopped.code == 71
    assert "plain.py" in stopped.event("failed")["message"]


def test_storm_of_signals_is_one_drain(serve: Serve) -> None:
    service = serve("plain:app", env={"LONGSHORE_DRAIN_DELAY": "0.3"})
    with connect(service) as client:
        client.sendall(b"GET /sleep/0.6 HTTP/1.1\r\nhost: a\r\n\r\n")
        service.wait_in_flight(1)
        for _ in range(300):
            service.send_signal(signal.SIGTERM)
            service.send_signal(signal.SIGINT)
        assert client.recv(12) == b"HTTP/1.1 200"
        stopped = service.wait()
    assert stopped.code == 0
    assert len([event for event in stopped.events if event["event"] == "stop"]) == 1


@pytest.mark.parametrize("seconds", ["86400000", "-86400000"])
def test_jump_of_the_clock_changes_no_time_out(serve: Serve, seconds: str) -> None:
    service = serve("plain:faulty", env={"LONGSHORE_DRAIN_DELAY": "0.3"})
    assert service.get(f"/jump/{seconds}").status == 200
    assert service.get("/readyz").status == 200
    stopped = service.stop()
    assert stopped.code == 0
    assert 300 <= stopped.event("stop")["total_ms"] < 5000


def start_with_stdout(stdout: Any, **environ: str) -> tuple[int, subprocess.Popen[bytes]]:
    """Start a service whose events nobody reads; returns its port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = [sys.executable, "-m", "longshore_runtime", "--port", str(port), "plain:faulty"]
    environment = {**os.environ, **environ}
    environment.pop("PYTHONUNBUFFERED", None)
    process = subprocess.Popen(
        words, cwd=APPS, env=environment, stdout=stdout, stderr=subprocess.DEVNULL
    )
    while True:
        try:
            if Served("unused").get("/readyz", port=port).status == 200:
                return port, process
        except OSError:
            assert process.poll() is None


def fill(pipe: int) -> None:
    os.set_blocking(pipe, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(pipe, b"x" * 4096)
    os.set_blocking(pipe, True)


def test_stalled_stdout_stops_neither_service_nor_exit(write_end: int) -> None:
    fill(write_end)
    port, process = start_with_stdout(write_end, LONGSHORE_FLUSH_TIMEOUT="0.3")
    with process:
        assert Served("unused").get("/print", port=port).status == 200
        process.terminate()
        assert process.wait(20) == 1


def test_stdout_whose_reader_is_gone_stops_nothing(read_end: int, write_end: int) -> None:
    os.close(read_end)
    port, process = start_with_stdout(write_end)
    with process:
        assert Served("unused").get("/print", port=port).status == 200
        process.terminate()
        assert process.wait(20) == 0


def test_closed_stdout_does_not_send_the_log_to_a_client() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    shell = (
        f'exec "{sys.executable}" -m longshore_runtime --port {port} plain:faulty 0<&- 1>&- 2>&-'
    )
    with subprocess.Popen(["sh", "-c", shell], cwd=APPS) as process:
        reply = None
        while reply is None:
            with contextlib.suppress(ConnectionRefusedError):
                reply = Served("unused").get("/fine", port=port)
            assert process.poll() is None
        assert (reply.status, reply.body) == (200, b"ok")
        process.terminate()
        assert process.wait(20) == 0


def test_service_out_of_descriptors_recovers_when_clients_leave(serve: Serve) -> None:
    service = serve("plain:app")
    pid = service.process.pid
    service.get("/warm")
    used = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 10, used + 10))
    clients = [connect(service) for _ in range(40)]
    for client in clients:
        client.close()
    while True:
        try:
            if service.get("/after", timeout=5).status == 200:
                break
        except OSError:
            continue
    assert service.stop().code == 0


def test_gigabyte_to_a_404_is_not_held_in_memory(serve: Serve) -> None:
    service = serve("plain:faulty")
    service.get("/warm")
    before = resident_mib(service)
    chunk = b"x" * (1 << 20)
    with connect(service) as client:
        client.sendall(
            b"POST /missing HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % GIGABYTE
        )
        sent = 0
        while sent < GIGABYTE:
            sent += client.send(chunk[: GIGABYTE - sent])
        assert client.recv(12) == b"HTTP/1.1 404"
    assert resident_mib(service) - before < 16
    assert service.get("/fine").status == 200


@pytest.mark.parametrize("header", [b"x-many: " + b"y" * 1000 + b"\r\n", b"z" * 1000])
def test_head_without_end_is_431_and_not_held_in_memory(serve: Serve, header: bytes) -> None:
    service = serve("plain:faulty")
    service.get("/warm")
    before = resident_mib(service)
    with connect(service) as client:
        client.sendall(b"GET / HTTP/1.1\r\nhost: a\r\nx-long: ")
        with pytest.raises(ConnectionError):
            client.sendall(header * 100_000)
    assert resident_mib(service) - before < 8
    assert service.get("/fine").status == 200


def test_head_of_usual_size_and_bodies_in_the_same_packet_pass(serve: Serve) -> None:
    service = serve("plain:faulty")
    with connect(service) as client:
        for _ in range(3):
            client.sendall(
                b"POST /fine HTTP/1.1\r\nhost: a\r\nx: "
                + b"y" * 30_000
                + b"\r\ncontent-length: 300000\r\n\r\n"
                + b"b" * 300_000
            )
            reply = b""
            while not reply.endswith(b"\r\n\r\nok"):
                reply += client.recv(65536)
            assert reply.startswith(b"HTTP/1.1 200")

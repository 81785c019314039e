"""Applications under gunicorn, granian, hypercorn, waitress and daphne, started by the runtime."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from longshore_runtime.testing import Served

Serve = Callable[..., Served]

SERVERS = (
    pytest.param("gunicorn", "wsgi", id="gunicorn-wsgi"),
    pytest.param("gunicorn", "asgi", id="gunicorn-asgi"),
    pytest.param("granian", "wsgi", id="granian-wsgi"),
    pytest.param("granian", "asgi", id="granian-asgi"),
    pytest.param("hypercorn", "asgi", id="hypercorn"),
    pytest.param("waitress", "wsgi", id="waitress"),
    pytest.param("daphne", "asgi", id="daphne"),
)
every_server = pytest.mark.parametrize(("server", "interface"), SERVERS)

SILENT = {"waitress"}
"""PEP 3333 lets no application send ``Connection``; this server has no other way."""


@pytest.fixture
def start(serve: Serve) -> Serve:
    """Start a service under a server: ``start("granian", "asgi", "guests:asgi")``."""

    def start(server: str, interface: str, target: str, **options: Any) -> Served:
        flags = ("--server", server, "--interface", interface, *options.pop("flags", ()))
        return serve(target, flags=flags, **options)

    return start


def get_when_listening(service: Served, path: str) -> Any:
    """GET a path; some servers listen a moment after the application is there."""
    port = service.port
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            continue
        return service.get(path)


@every_server
def test_service_boots_answers_and_drains(start: Serve, server: str, interface: str) -> None:
    service = start(server, interface, f"guests:{interface}", env={"LONGSHORE_DRAIN_DELAY": "1.5"})
    assert get_when_listening(service, "/hello").body == b"hello"
    boot = service.wait_event("boot")
    assert boot["server"].startswith(f"{server} ")
    assert (boot["app"], boot["interface"]) == (f"guests:{interface}", interface)
    assert service.get("/readyz").status == 200

    answers: list[int] = []
    slow = threading.Thread(target=lambda: answers.append(service.get("/sleep/3").status))
    slow.start()
    service.wait_in_flight(1)
    service.send_signal()
    service.wait_readiness(503)
    reply = service.get("/new")
    assert reply.status == 200
    if server not in SILENT:
        assert reply.headers["connection"] == "close"
    stopped = service.wait()
    slow.join()
    assert (answers, stopped.code) == ([200], 0)
    assert stopped.event("stop")["reason"] == "SIGTERM"


@every_server
def test_application_that_is_not_there_is_70(start: Serve, server: str, interface: str) -> None:
    stopped = start(server, interface, "guests:aplication").wait()
    assert stopped.code == 70
    assert "module 'guests' has no attribute 'aplication'" in stopped.stderr
    failed = [event for event in stopped.events if event["event"] == "failed"]
    assert [event["exit_code"] for event in failed] == [70]
    assert "Traceback" not in stopped.stderr


@every_server
def test_missing_setting_is_78_and_named(start: Serve, server: str, interface: str) -> None:
    stopped = start(server, interface, "unset:app").wait()
    assert stopped.code == 78
    assert [one["name"] for one in stopped.event("failed")["settings"]] == ["SHOP_DATABASE"]


@pytest.mark.parametrize(
    ("server", "interface"), [one for one in SERVERS if one.values[1] == "asgi"][:3]
)
def test_start_up_that_fails_is_71(start: Serve, server: str, interface: str) -> None:
    stopped = start(server, interface, "plain:failing").wait()
    assert stopped.code == 71
    assert "RuntimeError: the database said no" in stopped.event("failed")["message"]


def test_several_workers_report_a_failure_once_and_are_not_started_again(start: Serve) -> None:
    stopped = start("gunicorn", "wsgi", "nowhere:app", flags=("--workers", "3")).wait()
    assert stopped.code == 70
    assert len([event for event in stopped.events if event["event"] == "failed"]) == 1
    assert "Traceback" not in stopped.stderr


@pytest.mark.parametrize(
    ("server", "interface"), [("hypercorn", "asgi"), ("granian", "asgi"), ("gunicorn", "asgi")]
)
def test_start_up_that_takes_too_long_is_71_and_says_where(
    start: Serve, server: str, interface: str
) -> None:
    env = {"LONGSHORE_STARTUP_TIMEOUT": "1"}
    stopped = start(server, interface, "guests:starting", env=env).wait()
    assert stopped.code == 71
    message = stopped.event("failed")["message"]
    assert message.startswith("the start took longer than 1 s; still waiting on the application's")
    assert "guests.py" in message


def test_import_that_takes_too_long_is_70_and_says_where(start: Serve) -> None:
    env = {"LONGSHORE_STARTUP_TIMEOUT": "1"}
    stopped = start("gunicorn", "wsgi", "endless:app", flags=("--workers", "2"), env=env).wait()
    assert stopped.code == 70
    (failed,) = [event for event in stopped.events if event["event"] == "failed"]
    assert "still waiting on the import: endless.py:" in failed["message"]


def test_signal_before_the_service_is_ready_is_passed_on_at_once(start: Serve) -> None:
    service = start("granian", "asgi", "guests:starting", env={"LONGSHORE_DRAIN_DELAY": "20"})
    service.wait_event("asked")
    service.send_signal()
    assert service.wait_event("draining")["delay_s"] == 0


def test_application_without_a_lifespan_is_ready(start: Serve) -> None:
    service = start("gunicorn", "asgi", "guests:asgi_client")
    assert get_when_listening(service, "/readyz").status == 200


@pytest.mark.parametrize("interface", ["asgi", "wsgi"])
def test_factory_is_called(start: Serve, interface: str) -> None:
    service = start("granian", interface, f"guests:make_{interface}", flags=("--factory",))
    assert get_when_listening(service, "/made").body == b"made"


def test_other_interface_than_the_server_was_told_is_70(start: Serve) -> None:
    stopped = start("gunicorn", "wsgi", "guests:asgi").wait()
    assert stopped.code == 70
    message = stopped.event("failed")["message"]
    assert message == "guests:asgi: is an ASGI application, but gunicorn serves it as WSGI"


def test_port_in_use_is_75_before_anything_is_imported(start: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        stopped = start("gunicorn", "wsgi", "nowhere:app", flags=("--port", port)).wait()
    assert stopped.code == 75
    assert f"port {port} on '127.0.0.1' is in use" in stopped.stderr


@pytest.mark.parametrize(
    ("server", "interface", "target"),
    [
        ("gunicorn", "wsgi", "guests:wsgi"),
        ("waitress", "wsgi", "guests:wsgi"),
        ("granian", "wsgi", "guests:wsgi"),
        ("granian", "asgi", "guests:asgi_client"),
        ("gunicorn", "asgi", "guests:asgi_client"),
    ],
)
@pytest.mark.parametrize("trusted", ["loopback", "10.0.0.0/8"])
def test_proxies_are_trusted_as_the_runtime_is_told(
    start: Serve, server: str, interface: str, target: str, trusted: str
) -> None:
    service = start(server, interface, target, env={"TRUSTED_PROXIES": trusted})
    get_when_listening(service, "/readyz")
    headers = {
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "shop.example",
        "Host": "inside",
    }
    told = b"203.0.113.7 https shop.example"
    expected = told if trusted == "loopback" else b"127.0.0.1 http inside"
    assert service.request("GET", "/client", headers=headers).body == expected

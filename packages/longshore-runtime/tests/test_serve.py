"""One application in one process: boot, health, drain, exit codes."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from longshore_runtime import __version__
from longshore_runtime.cli import main
from longshore_runtime.testing import Reply, Served

if TYPE_CHECKING:
    from pathlib import Path

Serve = Callable[..., Served]


def test_boot_line_says_what_is_served_where_and_within_which_budget(serve: Serve) -> None:
    boot = serve("plain:app", env={"LONGSHORE_DRAIN_DELAY": "0.25"}).wait_event("boot")
    assert boot["version"] == __version__
    assert boot["app"] == "plain:app"
    assert boot["host"] == "127.0.0.1"
    assert boot["port"] > 0
    assert boot["workers"] == 1
    assert boot["server"].startswith("uvicorn ")
    assert boot["budget"]["delay"] == 0.25
    assert boot["features"]["drain_delay"] == "on: LONGSHORE_DRAIN_DELAY"


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("KUBERNETES_SERVICE_HOST", "on: Kubernetes"),
        ("K_SERVICE", "off: Cloud Run or Knative"),
        ("UNRELATED", "off: no orchestrator"),
    ],
)
def test_boot_line_says_why_the_delay_is_on_or_off(serve: Serve, variable: str, said: str) -> None:
    boot = serve("plain:app", env={variable: "x"}).wait_event("boot")
    assert boot["features"]["drain_delay"] == said


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/startupz", "/healthz", "/health"])
def test_health_paths_pass_when_ready(shared: Serve, path: str) -> None:
    reply = shared("plain:app").get(path)
    assert (reply.status, reply.json()["status"]) == (200, "pass")
    assert reply.headers["cache-control"] == "no-store"


def test_head_of_a_health_path_has_no_body(shared: Serve) -> None:
    reply = shared("plain:app").request("HEAD", "/readyz")
    assert (reply.status, reply.body) == (200, b"")


def test_sigterm_keeps_serving_with_readiness_down_and_closes_connections(serve: Serve) -> None:
    service = serve("plain:app", env={"LONGSHORE_DRAIN_DELAY": "30"})
    connection = http.client.HTTPConnection("127.0.0.1", service.port)
    connection.request("GET", "/before")
    response = connection.getresponse()
    response.read()
    assert response.getheader("connection") is None
    service.send_signal()
    service.wait_readiness(503)
    connection.request("GET", "/after")
    response = connection.getresponse()
    assert response.read() == b"after"
    assert response.getheader("connection") == "close"
    connection.close()
    fresh = service.get("/new")
    assert (fresh.body, fresh.headers["connection"]) == (b"new", "close")
    assert service.get("/livez").status == 200
    assert service.get("/readyz").status == 503
    assert service.get("/startupz").status == 200


def test_clean_drain_waits_for_the_delay_and_exits_zero(serve: Serve) -> None:
    service = serve("plain:app", env={"LONGSHORE_DRAIN_DELAY": "0.3"})
    service.get("/")
    stopped = service.stop()
    assert stopped.code == 0
    line = stopped.event("stop")
    assert line["reason"] == "SIGTERM"
    assert line["exit_code"] == 0
    assert line["requests"] == 1
    assert line["stages_ms"]["stopping"] >= 300
    assert stopped.events[-1] == line


def test_sigint_skips_the_delay(serve: Serve) -> None:
    service = serve("plain:app", env={"LONGSHORE_DRAIN_DELAY": "30"})
    service.wait_event("boot")
    stopped = service.stop(signal.SIGINT, timeout=10)
    assert (stopped.code, stopped.event("stop")["reason"]) == (0, "SIGINT")


def test_request_in_flight_is_finished(serve: Serve) -> None:
    service = serve("plain:app")
    replies: list[Reply] = []
    port = service.port
    thread = threading.Thread(target=lambda: replies.append(service.get("/sleep/0.5", port=port)))
    thread.start()
    service.wait_in_flight(1)
    stopped = service.stop()
    thread.join()
    assert [(reply.status, reply.body) for reply in replies] == [(200, b"sleep")]
    assert stopped.code == 0
    assert stopped.event("stop")["in_flight"] == 1


def test_request_that_never_ends_is_cut_off_at_the_budget_with_code_1(serve: Serve) -> None:
    service = serve("plain:app", env={"LONGSHORE_IN_FLIGHT_TIMEOUT": "0.2"})
    with socket.create_connection(("127.0.0.1", service.port)) as client:
        client.sendall(b"GET /forever HTTP/1.1\r\nhost: test\r\n\r\n")
        service.wait_in_flight(1)
        stopped = service.stop()
    assert stopped.code == 1
    assert stopped.event("stop")["cut_off"] == 1


def test_idle_keep_alive_connection_does_not_hold_the_stop(serve: Serve) -> None:
    service = serve("plain:app")
    connection = http.client.HTTPConnection("127.0.0.1", service.port)
    connection.request("GET", "/")
    connection.getresponse().read()
    stopped = service.stop(timeout=10)
    connection.close()
    assert stopped.code == 0


def test_second_signal_skips_the_waits(serve: Serve) -> None:
    service = serve("plain:app", env={"LONGSHORE_DRAIN_DELAY": "30"})
    service.wait_event("boot")
    service.send_signal()
    service.wait_readiness(503)
    # Within half a second a signal counts as the same wish: repeat until it is a second one.
    stopped = None
    while stopped is None:
        service.send_signal()
        try:
            stopped = service.wait(0.6)
        except subprocess.TimeoutExpired:
            continue
    assert stopped.code == 0


def test_management_port_answers_health_and_nothing_else(serve: Serve) -> None:
    service = serve("plain:app", flags=("--management-port", "0"))
    port = service.management_port
    assert service.get("/readyz", port=port).status == 200
    assert service.get("/tasks", port=port).status == 404
    assert service.request("POST", "/readyz", port=port).status == 400


def test_flags_win_over_the_environment(serve: Serve) -> None:
    service = serve(
        "plain:app",
        flags=("--host", "127.0.0.1"),
        env={"LONGSHORE_HOST": "203.0.113.1", "PORT": "1"},
    )
    assert service.get("/").status == 200


def test_port_in_use_is_75_before_the_import(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        stopped = serve("no.such.module:app", flags=("--port", str(port))).wait()
    assert stopped.code == 75
    assert stopped.event("failed")["cause"] == "port"
    assert "Traceback" not in stopped.stderr


@pytest.mark.parametrize(
    ("target", "code", "cause"),
    [
        ("no_such_module:app", 70, "import"),
        ("plain:nothing", 70, "import"),
        ("plain:not_callable", 70, "import"),
        ("plain", 70, "import"),
        ("plain:failing", 71, "lifespan"),
    ],
)
def test_failed_start_has_its_exit_code(serve: Serve, target: str, code: int, cause: str) -> None:
    stopped = serve(target).wait()
    assert stopped.code == code
    assert stopped.event("failed")["cause"] == cause


def test_start_that_hangs_is_71_at_the_time_out(serve: Serve) -> None:
    stopped = serve("plain:hanging_start", env={"LONGSHORE_STARTUP_TIMEOUT": "0.2"}).wait()
    assert stopped.code == 71
    assert "0.2 s" in stopped.event("failed")["message"]


def test_stop_that_hangs_is_1_at_the_time_out(serve: Serve) -> None:
    service = serve("plain:hanging_stop", env={"LONGSHORE_LIFESPAN_TIMEOUT": "0.2"})
    service.wait_event("boot")
    stopped = service.stop()
    assert stopped.code == 1
    assert "0.2 s" in stopped.event("stop")["problems"][0]


def test_application_without_lifespan_is_served(serve: Serve) -> None:
    service = serve("plain:without_lifespan")
    assert service.get("/").status == 200
    assert service.stop().code == 0


def test_wrong_settings_are_78_and_named_together(serve: Serve) -> None:
    env = {"LONGSHORE_DRAIN_DELAY": "soon", "LONGSHORE_MANAGEMENT_PORT": "http"}
    stopped = serve("plain:app", env=env).wait()
    assert stopped.code == 78
    message = stopped.event("failed")["message"]
    assert "LONGSHORE_DRAIN_DELAY" in message
    assert "LONGSHORE_MANAGEMENT_PORT" in message
    assert "soon" not in stopped.stderr + json.dumps(stopped.events)


def test_own_health_path_of_the_application_wins_and_is_said_once(
    serve: Serve, tmp_path: Path
) -> None:
    (tmp_path / "own.py").write_text(
        "from fastapi import APIRouter, FastAPI\n"
        "router = APIRouter()\n"
        "@router.get('/health')\n"
        "def health(): return 'mine'\n"
        "app = FastAPI()\n"
        "app.include_router(router)\n"
    )
    service = serve("own:app", cwd=tmp_path)
    assert service.get("/health").json() == "mine"
    assert service.get("/healthz").json() == {"status": "pass"}
    service.get("/health")
    said = [event for event in service.stop().events if event["event"] == "own-paths"]
    assert [event["paths"] for event in said] == [["/health"]]


def test_trusted_proxy_is_believed_and_malformed_trust_is_78(serve: Serve) -> None:
    service = serve("plain:show_client", env={"TRUSTED_PROXIES": "loopback"})
    reply = service.request("GET", "/", headers={"X-Forwarded-For": "198.51.100.7"})
    assert reply.body == b"198.51.100.7"
    stopped = serve("plain:show_client", env={"TRUSTED_PROXIES": "everyone"}).wait()
    assert stopped.code == 78
    assert "TRUSTED_PROXIES" in stopped.event("failed")["message"]


def test_application_that_takes_the_signals_is_drained_nevertheless(
    serve: Serve, tmp_path: Path
) -> None:
    (tmp_path / "greedy.py").write_text(
        "import os, signal\n"
        "signal.signal(signal.SIGTERM, lambda *_: os._exit(99))\n"
        "from starlette.applications import Starlette\n"
        "app = Starlette()\n"
    )
    service = serve("greedy:app", cwd=tmp_path)
    service.wait_event("boot")
    assert service.stop().code == 0


def test_django_with_broken_urls_is_70_instead_of_500_for_ever(
    serve: Serve, tmp_path: Path
) -> None:
    (tmp_path / "broken_urls.py").write_text("import no_such_module\n")
    (tmp_path / "site_app.py").write_text(
        "from django.conf import settings\n"
        "settings.configure(ROOT_URLCONF='broken_urls', SECRET_KEY='x')\n"
        "from django.core.wsgi import get_wsgi_application\n"
        "app = get_wsgi_application()\n"
    )
    stopped = serve("site_app:app", cwd=tmp_path).wait()
    assert stopped.code == 70
    assert (
        "broken_urls.py:1: no module named 'no_such_module'" in stopped.event("failed")["message"]
    )


def test_budget_that_exceeds_the_grace_period_is_said(serve: Serve) -> None:
    service = serve("plain:app", env={"LONGSHORE_GRACE_PERIOD": "10"})
    assert "14 s" in service.wait_event("budget")["message"]


def test_ipv6_address_is_served_and_shown_in_brackets(serve: Serve) -> None:
    service = serve("plain:app", flags=("--host", "::1"))
    boot = service.wait_event("boot")
    assert boot["message"].endswith(f"http://[::1]:{boot['port']}")
    with socket.create_connection(("::1", boot["port"])) as client:
        client.sendall(b"GET /six HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        assert client.makefile("rb").read().endswith(b"six")


def test_address_that_does_not_exist_here_is_78(serve: Serve) -> None:
    stopped = serve("plain:app", flags=("--host", "203.0.113.1")).wait()
    assert stopped.code == 78
    assert "no such address" in stopped.event("failed")["message"]


def test_help_and_version_exit_zero(capsys: pytest.CaptureFixture[str]) -> None:
    for flag in ("--help", "--version"):
        with pytest.raises(SystemExit) as caught:
            main([flag])
        assert caught.value.code == 0
    assert __version__ in capsys.readouterr().out

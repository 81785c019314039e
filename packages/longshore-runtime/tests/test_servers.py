"""The command lines of other servers, and what their own settings may change."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from longshore_runtime.cli import main
from longshore_runtime.errors import ConfigError, ImportFailedError
from longshore_runtime.options import read_options
from longshore_runtime.prepare import make_plan
from longshore_runtime.servers import compose, find_version
from longshore_runtime.testing import Served

if TYPE_CHECKING:
    from longshore_runtime.servers.interface import Start

Serve = Callable[..., Served]
APPS = Path(__file__).parent / "apps"


def composed(*words: str, **environ: str) -> Start:
    options = read_options([*words, "shop:app"], environ)
    return compose(options, make_plan(options), port=8000)


def follows(start: Start, option: str) -> str:
    """Return the word after an option."""
    return start.command[start.command.index(option) + 1]


@pytest.mark.parametrize(
    ("words", "option", "value"),
    [
        (("--server", "gunicorn"), "--bind", "127.0.0.1:8000"),
        (("--server", "gunicorn", "--host", "::"), "--bind", "[::]:8000"),
        (("--server", "gunicorn"), "--graceful-timeout", "9"),
        (("--server", "gunicorn", "--workers", "3"), "--workers", "3"),
        (("--server", "granian"), "--host", "127.0.0.1"),
        (("--server", "granian"), "--port", "8000"),
        (("--server", "granian"), "--interface", "asgi"),
        (("--server", "granian", "--interface", "wsgi"), "--interface", "wsgi"),
        (("--server", "granian"), "--workers-kill-timeout", "14"),
        (("--server", "hypercorn"), "--bind", "127.0.0.1:8000"),
        (("--server", "hypercorn"), "--graceful-timeout", "9"),
    ],
)
def test_address_and_drain_are_the_runtimes(
    words: tuple[str, ...], option: str, value: str
) -> None:
    assert follows(composed(*words, LONGSHORE_IN_FLIGHT_TIMEOUT="9"), option) == value


def test_threads_serve_wsgi_and_an_asgi_worker_serves_asgi() -> None:
    wsgi = json.loads(composed("--server", "gunicorn").command[3])
    asgi = json.loads(composed("--server", "gunicorn", "--interface", "asgi").command[3])
    assert (wsgi["worker_class"], wsgi["threads"] > 1) == ("gthread", True)
    assert (asgi["worker_class"], asgi.get("threads")) == ("asgi", None)


def test_server_is_told_of_the_application_through_the_environment() -> None:
    environ = composed("--server", "waitress", "--factory").environ
    assert environ["LONGSHORE_APP"] == "shop:app"
    assert (environ["LONGSHORE_SERVER"], environ["LONGSHORE_INTERFACE"]) == ("waitress", "wsgi")
    assert environ["LONGSHORE_FACTORY"] == "1"


@pytest.mark.parametrize(
    ("server", "interface", "speaks"),
    [("waitress", "asgi", "WSGI"), ("hypercorn", "wsgi", "ASGI"), ("daphne", "wsgi", "ASGI")],
)
def test_interface_that_a_server_does_not_speak_is_refused(
    server: str, interface: str, speaks: str
) -> None:
    with pytest.raises(ConfigError, match=f"--server {server}: serves {speaks} applications only"):
        composed("--server", server, "--interface", interface)


def test_server_that_is_not_installed_is_named() -> None:
    with pytest.raises(ImportFailedError, match="no-such-server is not installed"):
        find_version("no-such-server")


def test_granians_own_variables_win_over_what_is_proposed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GRANIAN_BLOCKING_THREADS", "3")
    start = composed("--server", "granian", "--interface", "wsgi")
    assert start.environ["GRANIAN_BLOCKING_THREADS"] == "3"
    assert start.settings == ("GRANIAN_BLOCKING_THREADS",)


def test_hypercorns_file_beside_the_application_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "--config" not in composed("--server", "hypercorn").command
    (tmp_path / "hypercorn.toml").write_text("workers = 2\n")
    start = composed("--server", "hypercorn")
    assert follows(start, "--config") == "hypercorn.toml"
    assert "--workers" not in start.command
    assert start.settings == ("hypercorn.toml",)


def test_print_config_shows_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--server", "waitress", "--port", "8123", "--print-config", "shop:app"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["server"].startswith("waitress 3")
    assert "--listen=127.0.0.1:8123" in shown["command"]


@pytest.mark.parametrize(("interface", "code"), [("wsgi", 0), ("asgi", 78)])
def test_check_looks_at_the_server_too(serve: Serve, interface: str, code: int) -> None:
    flags = ("--server", "waitress", "--interface", interface, "--check")
    assert serve(f"guests:{interface}", flags=flags).wait().code == code


@pytest.fixture
def project(tmp_path: Path) -> Callable[[str], Path]:
    """A folder with an application and a ``gunicorn.conf.py``."""

    def write(config: str) -> Path:
        (tmp_path / "guests.py").write_text((APPS / "guests.py").read_text())
        (tmp_path / "plain.py").write_text((APPS / "plain.py").read_text())
        # One write for a line: print() makes two, and another process's line may come between.
        say = "import os\ndef say(line):\n    os.write(1, line.encode() + bytes([10]))\n"
        (tmp_path / "gunicorn.conf.py").write_text(say + config)
        return tmp_path

    return write


def wait_up(service: Served) -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", service.port)).close()
        except ConnectionRefusedError:
            continue
        return


def test_gunicorns_file_wins_but_for_address_drain_and_development(
    serve: Serve, project: Callable[[str], Path]
) -> None:
    config = (
        "bind = '127.0.0.1:1'\ngraceful_timeout = 1\nreload = True\ndaemon = True\n"
        "worker_class = 'sync'\nthreads = 1\n"
        "def post_worker_init(worker):\n"
        "    c = worker.cfg\n"
        '    say(\'{"event": "worker", "class": "%s", "graceful": %d, "reload": %d}\'\n'
        "        % (c.worker_class_str, c.graceful_timeout, c.reload))\n"
    )
    flags = ("--server", "gunicorn", "--interface", "wsgi")
    service = serve("guests:wsgi", flags=flags, cwd=project(config))
    wait_up(service)
    assert service.get("/x").body == b"x"
    worker: dict[str, Any] = service.wait_event("worker")
    assert (worker["class"], worker["graceful"], worker["reload"]) == ("sync", 15, 0)
    assert service.wait_event("boot")["server_settings"] == ["gunicorn.conf.py"]
    assert service.stop().code == 0


def test_gunicorns_environment_wins_over_its_file(
    serve: Serve, project: Callable[[str], Path]
) -> None:
    hook = (
        "workers = 1\ndef when_ready(server):\n"
        '    say(\'{"event": "workers", "count": %d}\' % server.cfg.workers)\n'
    )
    service = serve(
        "guests:wsgi",
        flags=("--server", "gunicorn"),
        cwd=project(hook),
        env={"GUNICORN_CMD_ARGS": "--workers 2 --bind 127.0.0.1:1"},
    )
    assert service.wait_event("workers")["count"] == 2
    wait_up(service)
    assert service.get("/x").status == 200

"""HTTP/2 under granian: health, drain and streaming keep working."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from longshore_runtime.testing import Served

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        shutil.which("curl") is None and os.environ.get("CI") != "true",
        reason="needs curl with HTTP/2",
    ),
]


def curl(port: int, path: str) -> tuple[str, str]:
    """Return the head and the body of a response over HTTP/2 without an upgrade."""
    words = ["curl", "-sS", "-i", "--http2-prior-knowledge", f"http://127.0.0.1:{port}{path}"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=20)
    head, _, body = done.stdout.replace("\r\n", "\n").partition("\n\n")
    return head.lower(), body


def test_http_2_drains_under_the_supervisor(serve: Callable[..., Served]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = [
        *(sys.executable, "-m", "granian", "--http", "2", "--interface", "asgi"),
        *("--port", str(port), "longshore_runtime.target:app"),
    ]
    service = serve(words, env={"LONGSHORE_DRAIN_DELAY": "1.5", "LONGSHORE_APP": "streams:app"})
    head = ""
    while not head:
        with contextlib.suppress(subprocess.CalledProcessError):
            head, _ = curl(port, "/readyz")
    assert head.startswith("http/2 200")
    head, body = curl(port, "/download")
    assert len(body) == 10_000
    service.send_signal()
    while "http/2 503" not in head:
        head, body = curl(port, "/readyz")
    assert "draining" in body
    assert "connection:" not in head
    head, body = curl(port, "/download")
    assert (head.startswith("http/2 200"), len(body)) == (True, 10_000)
    assert service.wait().code == 0

"""The same as ``asgi_app``, as WSGI."""

from __future__ import annotations

import time
from typing import Any


def app(environ: Any, start_response: Any) -> list[bytes]:
    """Answer after 20 ms, or after 3 s for ``/slow``."""
    time.sleep(3.0 if environ["PATH_INFO"] == "/slow" else 0.02)
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]

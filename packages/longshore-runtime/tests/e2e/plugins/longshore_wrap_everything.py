"""A pytest plugin for Starlette's suite: every application that a test client gets is wrapped."""

from __future__ import annotations

from typing import Any

from starlette import testclient

from longshore_runtime.lifecycle import Lifecycle
from longshore_runtime.wrapper import Wrapped

original = testclient.TestClient.__init__
wrapped: list[Wrapped] = []


def initialise(self: Any, app: Any, *args: Any, **kwargs: Any) -> None:
    original(self, app, *args, **kwargs)
    self.app = Wrapped(self.app, Lifecycle())
    self._transport.app = self.app
    wrapped.append(self.app)


testclient.TestClient.__init__ = initialise  # type: ignore[method-assign]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.write_line(f"wrapped {len(wrapped)} applications")

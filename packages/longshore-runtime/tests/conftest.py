from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from longshore_runtime.testing import Served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# The end-to-end tests share what makes environments; importlib mode adds no folder by itself.
sys.path.insert(0, str(Path(__file__).parent / "e2e"))

APPS = Path(__file__).parent / "apps"


@pytest.fixture(autouse=True)
def default_sigterm() -> None:
    """Let SIGTERM end what a test forks: a handler that an earlier test left would swallow it."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Served]]:
    """Start services that are gone when the test is over; they import from ``tests/apps``."""
    for name in ("KUBERNETES_SERVICE_HOST", "K_SERVICE", "WEB_CONCURRENCY", "PORT"):
        monkeypatch.delenv(name, raising=False)
    with ExitStack() as stack:

        def start(target: Any, **options: Any) -> Served:
            return stack.enter_context(Served(target, cwd=options.pop("cwd", APPS), **options))

        yield start


@pytest.fixture(scope="module")
def shared() -> Iterator[Callable[[str], Served]]:
    """Services that the tests of one module only ask, never stop: each is started once."""
    running: dict[str, Served] = {}
    with ExitStack() as stack:

        def find(target: str) -> Served:
            if target not in running:
                env = {"LONGSHORE_THREADS": "4", "PORT": None, "WEB_CONCURRENCY": None}
                running[target] = stack.enter_context(Served(target, cwd=APPS, env=env))
            return running[target]

        yield find


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe whose ends a test may close itself."""
    ends = os.pipe()
    yield ends
    for end in ends:
        with suppress(OSError):
            os.close(end)


@pytest.fixture
def read_end(pipe: tuple[int, int]) -> int:
    return pipe[0]


@pytest.fixture
def write_end(pipe: tuple[int, int]) -> int:
    return pipe[1]

"""Services that answer in their own protocol, or do not yet; real sockets."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from longshore.config import ServiceKind
from longshore.engines.backing.account import Account
from longshore.engines.backing.readiness import answers, wait_until_answering
from longshore.engines.interface import Backing, LoadedImage, Run, RunSpec
from longshore.errors import DeployError
from longshore.oci.config import ImageConfig
from longshore.testing.engine import MemoryEngine
from longshore.types import Digest

ACCOUNT = Account(user="me", database="tasks")
SEEN: list[bytes] = []


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Answer each client on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    with client:
                        answer(client)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def saying(text: bytes) -> Callable[[socket.socket], None]:
    def answer(client: socket.socket) -> None:
        SEEN.append(client.recv(512))
        client.sendall(text)

    return answer


def waiting(client: socket.socket) -> None:
    client.recv(1)


@pytest.mark.parametrize(
    ("kind", "said", "is_ready"),
    [
        (ServiceKind.REDIS, b"+PONG\r\n", True),
        (ServiceKind.REDIS, b"-NOAUTH Authentication required.\r\n", True),
        (ServiceKind.REDIS, b"-LOADING Redis is loading the dataset in memory\r\n", False),
        (ServiceKind.REDIS, b"HTTP/1.1 400 Bad Request\r\n", False),
        (ServiceKind.REDIS, b"", False),
        (ServiceKind.POSTGRES, b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0", True),
        (ServiceKind.POSTGRES, b"E\0\0\0\x20SFATAL\0C57P03\0Mstarting up\0\0", False),
        (ServiceKind.POSTGRES, b"E\0\0\0\x20SFATAL\0C28000\0Mno pg_hba.conf entry\0\0", True),
        (ServiceKind.POSTGRES, b"", False),
        (ServiceKind.OTHER, b"220 ready\r\n", True),
    ],
)
def test_only_the_right_answer_counts(kind: ServiceKind, said: bytes, is_ready: bool) -> None:
    with server(saying(said)) as port:
        assert answers(kind, port, ACCOUNT) is is_ready


def test_postgres_is_asked_as_the_one_who_will_use_it() -> None:
    with server(saying(b"R")) as port:
        answers(ServiceKind.POSTGRES, port, ACCOUNT)
    assert SEEN[-1] == b"\0\0\0\x20\0\x03\0\0user\0me\0database\0tasks\0\0"


def test_who_hangs_up_at_once_is_not_there_yet_and_who_waits_is() -> None:
    with server(socket.socket.close) as port:
        assert not answers(ServiceKind.OTHER, port, ACCOUNT)
    with server(waiting) as port:
        assert answers(ServiceKind.OTHER, port, ACCOUNT)
    assert not answers(ServiceKind.OTHER, port, ACCOUNT)


@pytest.fixture
def cache(memory: MemoryEngine) -> Callable[..., Run]:
    """Start a service called ``cache``, which listens nowhere by itself."""

    def start(port: int, behaviour: str) -> Run:
        memory.behaviour["cache"] = behaviour
        image = LoadedImage(digest=Digest.of(b""), config=ImageConfig(), location="")
        memory.start(RunSpec(run_id="1", service="shop", process="cache", image=image))
        return Run(
            run_id="1",
            service="shop",
            process="cache",
            engine="memory",
            image=image.digest,
            root=Path("/project"),
            port=port,
            created=datetime(2026, 1, 2, tzinfo=UTC),
            grace=1.0,
            backing=Backing(key="", address=""),
        )

    return start


def test_the_end_of_a_service_is_noticed_while_it_is_waited_for(
    memory: MemoryEngine, cache: Callable[..., Run]
) -> None:
    run = cache(1, "exit 3")
    with pytest.raises(DeployError, match="'cache' exited with code 3") as caught:
        wait_until_answering({run: (ServiceKind.REDIS, ACCOUNT)}, memory)
    assert caught.value.context[-1] == "cache line 29"


def test_a_service_that_never_answers_is_given_up_with_its_last_lines(
    memory: MemoryEngine, cache: Callable[..., Run]
) -> None:
    with server(saying(b"-LOADING")) as port:
        run = cache(port, "run")
        with pytest.raises(DeployError, match=r"did not answer within 0\.2 s") as caught:
            wait_until_answering({run: (ServiceKind.REDIS, ACCOUNT)}, memory, timeout=0.2)
    assert caught.value.hint == "see all of its output: longshore logs cache"

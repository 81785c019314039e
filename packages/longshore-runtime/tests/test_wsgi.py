"""WSGI applications behind the bridge, over real connections."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import pytest

from longshore_runtime.testing import Reply, Served

Serve = Callable[..., Served]


def test_request_reaches_the_application(serve: Serve) -> None:
    service = serve("wsgis:plain")
    reply = service.get("/a%20b/%C3%A9?q=1")
    assert (reply.status, reply.headers["content-type"]) == (200, "text/plain")
    assert reply.body.decode("utf-8").startswith("GET /a b/")
    assert service.wait_event("boot")["interface"] == "wsgi"
    assert service.stop().code == 0


@pytest.mark.filterwarnings("default")
def test_bridge_follows_pep_3333_as_its_validator_sees_it(serve: Serve) -> None:
    assert serve("wsgis:strict", flags=("--interface", "wsgi")).get("/x").status == 200


def test_body_is_streamed_both_ways(shared: Serve) -> None:
    body = bytes(range(256)) * 4096
    assert shared("wsgis:echo").request("POST", "/", body=body).body == body


def test_body_can_be_read_by_lines(shared: Serve) -> None:
    assert shared("wsgis:lines").request("POST", "/", body=b"a\nb\nc").body == b"a\n|b\n|c"


def test_headers_are_joined_and_underscores_refused(shared: Serve) -> None:
    service = shared("wsgis:headers")
    with socket.create_connection(("127.0.0.1", service.port)) as client:
        client.sendall(
            b"GET / HTTP/1.1\r\nhost: a\r\nx-one: 1\r\nx-one: 2\r\nx_two: evil\r\n"
            b"connection: close\r\n\r\n"
        )
        reply = client.makefile("rb").read()
    assert b"\r\nHTTP_X_ONE=1,2\r\n" in reply
    assert b"x-a: 1" in reply
    assert b"\r\nset-cookie: a=b; Path=/\r\n" in reply
    assert b"transfer-encoding: x" not in reply


@pytest.mark.parametrize("target", ["wsgis:failing", "wsgis:silent"])
def test_application_that_fails_is_a_500_and_the_service_goes_on(serve: Serve, target: str) -> None:
    service = serve(target)
    assert service.get("/").status == 500
    assert service.get("/readyz").status == 200


def test_failure_after_the_start_cuts_the_response(shared: Serve) -> None:
    service = shared("wsgis:late_failure")
    with socket.create_connection(("127.0.0.1", service.port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        assert client.makefile("rb").read().endswith(b"12345")


def test_write_callable_comes_before_the_iterable(shared: Serve) -> None:
    assert shared("wsgis:legacy_write").get("/").body == b"written returned"


def test_client_that_leaves_ends_an_endless_response_and_closes_it(shared: Serve) -> None:
    service = shared("wsgis:endless")
    with socket.create_connection(("127.0.0.1", service.port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        assert client.recv(1000)
    assert service.get("/closed").body == b"yes"


def test_pool_works_on_requests_side_by_side(serve: Serve) -> None:
    service = serve("wsgis:together", env={"LONGSHORE_THREADS": "2"})
    port = service.port
    replies: list[Reply] = []
    threads = [
        threading.Thread(target=lambda: replies.append(service.get("/", port=port)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [reply.status for reply in replies] == [200, 200]


def test_body_that_nobody_reads_is_not_held_in_memory(shared: Serve) -> None:
    service = shared("wsgis:ignore_body")
    assert service.request("POST", "/", body=b"x" * (8 << 20)).status == 404
    assert service.get("/readyz").status == 200

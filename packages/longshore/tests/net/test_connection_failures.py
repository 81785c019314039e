"""The words for connections that fail in ways no test can bring about."""

import errno
import os
import socket
import ssl

import pytest

from longshore.net.connection_failures import connection_failure, timeout_failure
from longshore.net.failures import TransientError, describe_status


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENETUNREACH, "https://site.test: the network can't be reached"),
        (errno.EHOSTUNREACH, "https://site.test: the host can't be reached"),
        (errno.ECONNRESET, "https://site.test: connection reset by peer"),
    ],
)
def test_the_operating_systems_reasons_may_pass(number: int, message: str) -> None:
    cause = OSError(number, os.strerror(number))
    failure = connection_failure("https://site.test/a", cause, proxy=None)
    assert str(failure) == message
    assert isinstance(failure, TransientError)
    assert failure.hint == "check the network and the proxy settings"


def test_a_name_server_that_is_down_may_come_back() -> None:
    cause = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    failure = connection_failure("https://site.test/a", cause, proxy=None)
    assert isinstance(failure, TransientError)
    cause = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    failure = connection_failure("https://site.test/a", cause, proxy=None)
    assert not isinstance(failure, TransientError)


def test_openssls_reason_is_put_in_words() -> None:
    cause = ssl.SSLError(1, "[SSL: X] long")
    cause.reason = "UNSUPPORTED_PROTOCOL"
    failure = connection_failure("https://site.test/a", cause, proxy=None)
    assert str(failure) == "https://site.test: no TLS connection: unsupported protocol"


def test_a_cause_of_any_other_kind_is_shown() -> None:
    failure = connection_failure("https://site.test/a", RuntimeError("odd"), proxy=None)
    assert str(failure) == "https://site.test: odd"


def test_a_connection_that_does_not_come_about_names_the_time() -> None:
    failure = timeout_failure("https://site.test/a?b", connecting=True, seconds=10.0)
    assert str(failure) == "https://site.test/a: no connection within 10 s"


def test_a_status_without_a_name_is_a_number() -> None:
    assert describe_status(599) == "599"

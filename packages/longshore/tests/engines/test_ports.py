"""Ports of the loopback interface."""

import os
import socket

import pytest

from longshore.engines import ports
from longshore.engines.ports import find_free_port, find_holder, is_free


def test_port_of_a_listener_is_taken_and_then_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not is_free(port)
    assert is_free(port)


def test_listener_on_every_address_takes_the_port_too() -> None:
    with socket.create_server(("", 0)) as server:
        assert not is_free(server.getsockname()[1])


def test_free_port_is_free() -> None:
    assert is_free(find_free_port())


def test_holder_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        holder = find_holder(server.getsockname()[1])
    assert holder is not None
    assert holder.endswith(f"(pid {os.getpid()})")


def test_nobody_holds_a_free_port() -> None:
    assert find_holder(find_free_port()) is None


def test_holder_that_is_not_visible_is_unknown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: "os.PathLike[str]"
) -> None:
    monkeypatch.setattr(ports, "_PROC", tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert find_holder(server.getsockname()[1]) is None

"""Identities of processes."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

from longshore.engines.identity import ProcessIdentity


def start_sleeper() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])


def identity_of(pid: int) -> ProcessIdentity:
    identity = ProcessIdentity.of(pid)
    assert identity is not None
    return identity


def test_own_process_is_alive() -> None:
    assert identity_of(os.getpid()).is_alive


def test_identity_survives_json() -> None:
    own = identity_of(os.getpid())
    assert ProcessIdentity.from_json(own.to_json()) == own


def test_anything_else_in_json_is_no_identity() -> None:
    documents: tuple[object, ...] = (None, [], {}, {"pid": "x", "start": 1, "boot": ""}, {"pid": 1})
    for document in documents:
        assert ProcessIdentity.from_json(document) is None


def test_same_number_with_another_start_is_another_process() -> None:
    own = identity_of(os.getpid())
    for other in (replace(own, start=own.start - 1), replace(own, boot="another boot")):
        assert not other.is_alive
        assert not other.send(signal.SIGKILL)  # else this test would not come to its end
        assert other.wait(0)


def test_signal_reaches_the_process_and_its_end_is_seen() -> None:
    with start_sleeper() as process:
        identity = identity_of(process.pid)
        assert not identity.wait(0)
        assert identity.send(signal.SIGTERM)
        assert identity.wait(10)
        assert process.wait() == -signal.SIGTERM
        assert not identity.is_alive


def test_zombie_is_not_alive() -> None:
    with start_sleeper() as process:
        identity = identity_of(process.pid)
        process.kill()
        assert identity.wait(10)
        assert not identity.is_alive  # nobody has waited for it yet


def test_number_of_no_process_has_no_identity() -> None:
    with start_sleeper() as process:
        process.kill()
    assert ProcessIdentity.of(process.pid) is None

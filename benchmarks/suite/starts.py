"""From the start of a container to the first 200 of ``/``."""

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from suite.builds import open_peer
from suite.peer import Peer
from suite.project import NAME, Longshore, run_checked
from suite.report import Row, Table
from suite.sampling import Sample, Series, UnavailableError, interleave
from suite.startup import LONGSHORE

LIMIT = 0.5
PATIENCE = 60.0
PLAIN = "without-bytecode"
COMPILED = "taskapi"
OURS = "localhost/longshore-bench/ours"
SETTINGS = ("TASKAPI_API_TOKEN=bench", "TASKAPI_SQLITE_MIGRATE=false")
_POLL = 0.005
Case = Callable[[int], Sample]


def measure_starts(rounds: int, project: Path, folder: Path) -> Table:
    """Start the built images in turns; the same settings, the same engine, the same storage."""
    ours = Longshore(project=project, home=folder / "warm")
    ours.prepare()
    cases: dict[str, Case] = {"up builtin": lambda _: _up(ours, "builtin")}
    reasons: dict[str, str] = {}
    peer, reason = open_peer(project)
    if (broken := _podman_problem()) is not None:
        reasons = dict.fromkeys(("image", "plain", "compiled", "up podman"), broken)
    else:
        cases["up podman"] = lambda _: _up(ours, "podman")
        if peer is None:
            reasons = dict.fromkeys(("image", "plain", "compiled"), reason)
        else:
            _build_and_load(ours, peer)
            cases |= _containers(peer)
    try:
        series = interleave(rounds + 2, **cases)
    finally:
        if peer is not None:
            peer.clean()
    return Table(
        title="From start to the first 200",
        rows=tuple(_rows(series, reasons)),
        remarks=(
            "`podman run` and `longshore up`: from the command to the first 200 of `/`.",
            "`longshore up` also checks that nothing has to be built, migrates, starts the worker.",
        ),
    )


def _rows(series: dict[str, Series], reasons: dict[str, str]) -> Iterator[Row]:
    plain = ("peer image without bytecode", series.get("plain"))
    names = {
        "image": "longshore's image, `podman run`",
        "up podman": "`longshore up --detach --engine podman`",
        "up builtin": "`longshore up --detach --engine builtin`",
        "compiled": "peer image with bytecode, `podman run`",
        "plain": "peer image without bytecode, `podman run`",
    }
    for key, name in names.items():
        found = series.get(key)
        yield Row(
            name=name,
            series=found,
            peer=None if key == "plain" else plain,
            limit=LIMIT if key == "image" else None,
            note="" if found else reasons.get(key, "it did not start"),
        )


def _podman_problem() -> str | None:
    try:
        run_checked("podman", "info")
    except UnavailableError as error:
        return str(error)
    return None


def _build_and_load(ours: Longshore, peer: Peer) -> None:
    peer.build(PLAIN, bytecode=False)
    digest = ours.describe()["image"].rpartition("@")[2]
    source = f"oci:{ours.home / 'data' / 'images'}:{NAME}:latest"
    pulled = run_checked("podman", *peer.storage, "pull", "--quiet", source, env=peer.env).strip()
    if not pulled:
        msg = f"podman did not take {digest}"
        raise UnavailableError(msg)
    run_checked("podman", *peer.storage, "tag", pulled.splitlines()[-1], OURS, env=peer.env)


def _containers(peer: Peer) -> dict[str, Case]:
    images = {
        "image": OURS,
        "compiled": f"localhost/longshore-bench/{COMPILED}",
        "plain": f"localhost/longshore-bench/{PLAIN}",
    }
    return {name: _container(peer, image) for name, image in images.items()}


def _container(peer: Peer, image: str) -> Case:
    def start(_: int) -> Sample:
        port = _free_port()
        argv = ["podman", *peer.storage, "run", "--detach", "--rm"]
        argv += ["--publish", f"127.0.0.1:{port}:8000", "--tmpfs", "/data"]
        for setting in SETTINGS:
            argv += ["--env", setting]
        began = time.perf_counter()
        container = run_checked(*argv, image, env=peer.env).strip()
        try:
            return Sample(seconds=_first_answer(port) - began)
        finally:
            stop = ("rm", "--force", "--time", "0", container)
            subprocess.run(
                ["podman", *peer.storage, *stop], env=peer.env, capture_output=True, check=False
            )

    return start


def _up(ours: Longshore, engine: str) -> Sample:
    port = _free_port()
    argv = [str(LONGSHORE), "up", "--detach", "--quiet", "--engine", engine, "--port", str(port)]
    argv += ["--env", SETTINGS[0]]
    try:
        began = time.perf_counter()
        with _running(argv, ours):
            return Sample(seconds=_first_answer(port) - began)
    finally:
        down = [str(LONGSHORE), "down"]
        subprocess.run(down, cwd=ours.project, env=ours.env, capture_output=True, check=False)


@contextmanager
def _running(argv: list[str], ours: Longshore) -> Iterator[None]:
    with subprocess.Popen(
        argv, cwd=ours.project, env=ours.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        yield
        process.wait()


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port


def _first_answer(port: int) -> float:
    """Return the time of the first 200.

    Raises:
        UnavailableError: if there is none for a minute.
    """
    deadline = time.perf_counter() + PATIENCE
    while time.perf_counter() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/")
            if connection.getresponse().status == http.client.OK:
                return time.perf_counter()
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(_POLL)
    msg = f"no 200 on port {port} in {PATIENCE:.0f} s (pid {os.getpid()})"
    raise UnavailableError(msg)

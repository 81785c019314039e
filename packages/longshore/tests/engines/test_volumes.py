"""Where what a service writes is kept."""

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from longshore.engines.interface import EngineError
from longshore.testing.engine import MemoryEngine
from longshore.testing.services import ServiceBench
from longshore.types import CommandLine, Process, ProcessKind

COMMAND = CommandLine(("true",))
WEB = Process(
    name="web",
    kind=ProcessKind.WEB,
    serve=COMMAND,
    writable=(PurePosixPath("/data"), PurePosixPath("/var/cache")),
)
WORKER = replace(WEB, name="worker", kind=ProcessKind.WORKER, writable=(PurePosixPath("/data"),))


@pytest.fixture
def bench(tmp_path: Path, memory: MemoryEngine) -> ServiceBench:
    return ServiceBench(tmp_path, WEB, WORKER, engines=(memory,))


def test_new_volume_is_told_once_with_its_place(bench: ServiceBench) -> None:
    bench.up()
    assert bench.notes() == [
        "/data: kept in a new volume, /volumes/taskapi/data",
        "/var/cache: kept in a new volume, /volumes/taskapi/var-cache",
    ]
    bench.down()
    bench.up()
    assert len(bench.notes()) == 2


def test_each_run_knows_its_volumes_and_where_they_are(
    bench: ServiceBench, memory: MemoryEngine
) -> None:
    _, worker = bench.up()
    [(volume, path)] = bench.services().volumes(worker)
    assert (volume.name, volume.target) == ("data", PurePosixPath("/data"))
    assert path == Path("/volumes/taskapi/data")
    memory.volume_path = out_of_order  # type: ignore[method-assign]
    assert bench.services().volumes(worker) == ((volume, None),)


def out_of_order(service: str, volume: str) -> Path | None:
    msg = f"can't tell of {service} {volume}"
    raise EngineError(msg)

"""Run records."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from threading import Event

import pytest

from longshore.engines.interface import Backing, Run, Volume
from longshore.engines.records import RunRecords
from longshore.errors import PreflightError

MakeRun = Callable[..., Run]


@pytest.fixture
def records(tmp_path: Path) -> RunRecords:
    return RunRecords(tmp_path / "runs")


def test_what_is_written_is_read(records: RunRecords, make_run: MakeRun) -> None:
    run = make_run(volumes=(Volume(name="data", target=PurePosixPath("/data")),))
    records.write(run)
    assert records.runs("taskapi") == (run,)
    assert records.services() == ("taskapi",)


def test_runs_are_sorted_by_process_and_replaced(records: RunRecords, make_run: MakeRun) -> None:
    for process, run_id in (("worker", "1"), ("web", "2"), ("web", "3")):
        records.write(make_run(process=process, run_id=run_id, port=None))
    assert [(run.process, run.run_id) for run in records.runs("taskapi")] == [
        ("web", "3"),
        ("worker", "1"),
    ]


def test_removed_record_is_gone_and_removing_it_twice_is_harmless(
    records: RunRecords, make_run: MakeRun
) -> None:
    run = make_run()
    records.write(run)
    records.remove(run)
    records.remove(run)
    assert records.runs("taskapi") == ()
    assert records.services() == ()


def test_services_are_found_by_the_folder_of_their_project(
    records: RunRecords, make_run: MakeRun
) -> None:
    records.write(make_run(service="one", root=Path("/here")))
    records.write(make_run(service="two", root=Path("/there")))
    assert records.services_of(Path("/here")) == ("one",)


def test_what_is_known_of_a_backing_service_is_kept(records: RunRecords, make_run: MakeRun) -> None:
    backing = Backing(key="sha256:1", address="redis://127.0.0.1:1/0", borrowed=True)
    run = make_run(process="cache", backing=backing)
    records.write(run)
    assert records.runs("taskapi") == (run,)
    assert run.url == "redis://127.0.0.1:1/0"


def test_records_are_private_and_have_no_setting(records: RunRecords, make_run: MakeRun) -> None:
    records.write(make_run())
    path = records.folder("taskapi") / "web.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert set(json.loads(path.read_text())) == {
        "format", "run_id", "service", "process", "engine", "image", "root", "port", "created",
        "grace", "backing",
        "volumes",
    }  # fmt: skip


def test_record_of_an_earlier_version_has_no_volumes(
    records: RunRecords, make_run: MakeRun
) -> None:
    records.write(make_run())
    path = records.folder("taskapi") / "web.json"
    document = json.loads(path.read_text())
    del document["volumes"]
    path.write_text(json.dumps(document))
    assert records.runs("taskapi") == (make_run(),)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": 99}', "\x00"])
def test_damaged_record_is_no_record(records: RunRecords, make_run: MakeRun, content: str) -> None:
    records.write(make_run())
    (records.folder("taskapi") / "web.json").write_text(content)
    assert records.runs("taskapi") == ()


def test_leftovers_of_killed_writers_are_swept(records: RunRecords, make_run: MakeRun) -> None:
    records.write(make_run())
    leftover = records.folder("taskapi") / ".record-abc"
    leftover.write_text("half")
    records.sweep("taskapi")
    assert not leftover.exists()
    assert len(records.runs("taskapi")) == 1


def test_folder_that_cannot_be_made_is_an_error_with_its_path(
    tmp_path: Path, make_run: MakeRun
) -> None:
    (tmp_path / "file").write_text("")
    records = RunRecords(tmp_path / "file")
    with pytest.raises(PreflightError) as caught:
        records.write(make_run())
    assert caught.value.message.startswith(f"{tmp_path}/file/taskapi: can't write the run record")


def test_lock_is_held_by_one_at_a_time(records: RunRecords) -> None:
    waiting, entered = Event(), Event()

    def second() -> None:
        with records.locked("taskapi", wait=waiting.set):
            entered.set()

    with ThreadPoolExecutor() as pool:
        with records.locked("taskapi"):
            future = pool.submit(second)
            assert waiting.wait(10)
            assert not entered.is_set()
        future.result(10)
    assert entered.is_set()


def test_lock_of_a_killed_program_is_free(records: RunRecords) -> None:
    code = (
        "import os, sys; from pathlib import Path\n"
        "from longshore.engines.records import RunRecords\n"
        f"with RunRecords(Path({str(records.root)!r})).locked('taskapi'):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code], env=dict(os.environ), check=False)
    assert killed.returncode == -9
    with records.locked("taskapi", wait=lambda: pytest.fail("the lock is still held")):
        pass

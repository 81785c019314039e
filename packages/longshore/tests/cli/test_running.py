"""``up``, ``ps``, ``logs``, ``down`` and ``run``, as far as they need no image."""

import json
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import pytest

from longshore.cli.main import main
from longshore.cli.ps import describe_age
from longshore.cli.running import make_prefixes
from longshore.cli.watching import describe_paths
from longshore.engines.choose import Engines
from longshore.engines.interface import LoadedImage, Port, Run, RunSpec, Volume
from longshore.engines.ports import find_free_port
from longshore.engines.records import RunRecords
from longshore.errors import WheelError
from longshore.oci.config import ImageConfig
from longshore.testing.engine import MemoryEngine
from longshore.types import Digest, NullReporter

PROJECT = """
[project]
name = "shop"
version = "1"

[tool.longshore.processes.web]
command = ["serve"]
kind = "web"
port = {port}

[tool.longshore.processes.worker]
command = ["work"]
"""

VOLUMES = (Volume(name="data", target=PurePosixPath("/data")),)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryEngine]:
    """The only engine of this machine."""
    engine = MemoryEngine()
    engines = Engines((engine,), reporter=NullReporter())
    monkeypatch.setattr("longshore.engines.choose.open_engines", lambda _: engines)
    monkeypatch.setattr("longshore.engines.service.open_engines", lambda _: engines)
    yield engine
    engine.close()


@pytest.fixture
def port(project: Path) -> int:
    """The port of the project's web process."""
    number = find_free_port()
    (project / "pyproject.toml").write_text(PROJECT.format(port=number))
    return number


@pytest.fixture
def running(home: Path, project: Path, port: int, engine: MemoryEngine) -> tuple[Run, ...]:
    """The project's two processes, started earlier."""
    records = RunRecords(home / ".local/state/longshore/runs")
    (home / ".local/state/longshore").mkdir(parents=True, mode=0o700)
    image = LoadedImage(digest=Digest.of(b"image"), config=ImageConfig(), location="here")
    runs = []
    for process, host in (("web", port), ("worker", None)):
        spec = RunSpec(
            run_id=process,
            service="shop",
            process=process,
            image=image,
            port=None if host is None else Port(host=host, container=host),
            volumes=VOLUMES,
        )
        engine.start(spec)
        run = Run(
            run_id=process,
            service="shop",
            process=process,
            engine="memory",
            image=image.digest,
            root=project,
            port=host,
            created=datetime.now(UTC).replace(microsecond=0),
            grace=3,
            volumes=VOLUMES,
        )
        records.write(run)
        runs.append(run)
    return tuple(runs)


def test_ps_of_nothing(engine: MemoryEngine, capsys: pytest.CaptureFixture[str]) -> None:
    del engine
    assert main(["ps"]) == 0
    assert capsys.readouterr() == ("", "nothing runs here\n")
    assert main(["ps", "--format", "json"]) == 0
    assert capsys.readouterr() == ("[]\n", "")


def test_ps_is_a_table(
    running: tuple[Run, ...],
    port: int,
    engine: MemoryEngine,
    capsys: pytest.CaptureFixture[str],
) -> None:
    engine.stop(running[1], grace=0)
    assert main(["ps"]) == 0
    header, web, worker = capsys.readouterr().out.splitlines()
    assert header.split() == ["SERVICE", "PROCESS", "ENGINE", "STATE", "URL", "IMAGE", "SINCE"]
    digest = Digest.of(b"image").short
    url = f"http://127.0.0.1:{port}"
    assert web.split()[:6] == ["shop", "web", "memory", "running", url, digest]
    assert worker.split()[:6] == ["shop", "worker", "memory", "exited", "(0)", digest]


def test_ps_says_where_volumes_are_when_asked_for_more(
    running: tuple[Run, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    del running
    assert main(["ps", "-v"]) == 0
    assert capsys.readouterr().err == "shop /data: volume data (memory), /volumes/shop/data\n"


def test_ps_is_json_on_request(
    running: tuple[Run, ...], port: int, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ps", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[0] == {
        "service": "shop",
        "process": "web",
        "kind": "process",
        "engine": "memory",
        "state": "running",
        "exit_code": None,
        "out_of_memory": False,
        "restarts": {"count": 0, "last_exit_code": None, "last_out_of_memory": False},
        "url": f"http://127.0.0.1:{port}",
        "image": str(Digest.of(b"image")),
        "root": str(project),
        "since": running[0].created.isoformat(),
        "volumes": [{"name": "data", "target": "/data", "path": "/volumes/shop/data"}],
    }


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-1, "0s"), (59.9, "59s"), (60, "1m"), (7199, "1h"), (86400, "1d"), (1e6, "11d")],
)
def test_ages_have_one_unit(seconds: float, expected: str) -> None:
    assert describe_age(seconds) == expected


def test_logs_of_all_processes_carry_their_names(
    running: tuple[Run, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    del running
    assert main(["logs", "--tail", "1"]) == 0
    assert capsys.readouterr().out == "web    | web line 29\nworker | worker line 29\n"


def test_logs_of_one_process_are_as_they_are(
    running: tuple[Run, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    del running
    assert main(["logs", "web", "-n", "2"]) == 0
    assert capsys.readouterr().out == "web line 28\nweb line 29\n"
    assert main(["logs", "web", "--follow", "--tail", "1", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"process": "web", "line": "web line 29"}


def test_logs_are_coloured_on_request_only(
    running: tuple[Run, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    del running
    monkeypatch.setenv("NO_COLOR", "1")
    assert main(["logs", "--tail", "1", "--color", "always"]) == 0
    out = capsys.readouterr().out
    assert re.fullmatch(
        r"\x1b\[\d\dmweb    \| \x1b\[0mweb line 29\n\x1b\[\d\dmworker \| \x1b\[0m.*\n", out
    )


def test_processes_have_different_colours_and_keep_them() -> None:
    names = ["web", "worker", "beat", "migrate", "mail"]
    all_of_them = make_prefixes(names, coloured=True)
    colours = {prefix[:5] for prefix in all_of_them.values()}
    assert len(colours) == len(names)
    assert make_prefixes(["web"], coloured=True)["web"][:5] == all_of_them["web"][:5]
    many = make_prefixes([f"p{number}" for number in range(40)], coloured=True)
    assert len(many) == 40


def test_logs_of_nothing_are_an_error(
    project: Path, port: int, engine: MemoryEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    del port, engine
    assert main(["logs"]) == 2
    expected = f"error: nothing of {project} was started\nhint: start it: longshore up\n"
    assert capsys.readouterr().err == expected


def test_down_stops_everything_of_the_project(
    running: tuple[Run, ...], engine: MemoryEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    del running
    assert main(["down"]) == 0
    assert engine.running() == []
    assert capsys.readouterr().out == ""
    assert main(["down"]) == 0
    assert capsys.readouterr().err == "nothing of shop runs here\n"


def test_down_works_where_the_project_can_not_be_read_any_more(
    running: tuple[Run, ...],
    project: Path,
    engine: MemoryEngine,
    capsys: pytest.CaptureFixture[str],
) -> None:
    del running
    (project / "pyproject.toml").write_text("[broken")
    assert main(["down", "--format", "json"]) == 0
    assert engine.running() == []
    assert json.loads(capsys.readouterr().out) == [
        {"service": "shop", "process": "web"},
        {"service": "shop", "process": "worker"},
    ]


def test_down_removes_volumes_on_request_only(port: int, engine: MemoryEngine) -> None:
    del port
    assert main(["down", "--volumes"]) == 0
    assert engine.calls == ["remove_volumes shop"]


def test_up_finds_a_taken_port_before_it_builds(
    port: int, engine: MemoryEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", port)):
        assert main(["up", "--detach"]) == 7
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"error: port {port} is taken by ")
    assert err.endswith("hint: stop that program, or choose a port with --port\n")
    assert engine.calls == []


def test_image_that_can_not_be_built_leaves_alone_what_runs(
    running: tuple[Run, ...],
    engine: MemoryEngine,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: object) -> None:
        msg = "sqlalchemy 2.1 has no wheel that fits"
        raise WheelError(msg)

    monkeypatch.setattr("longshore.build.build_image", fail)
    before = list(engine.calls)
    assert main(["up", "--detach"]) == 4
    assert capsys.readouterr().err.endswith("error: sqlalchemy 2.1 has no wheel that fits\n")
    assert engine.calls == before
    assert engine.running() == [run.process for run in running]


def test_unknown_process_is_a_usage_error_before_anything_is_built(
    port: int, engine: MemoryEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    del port
    assert main(["up", "wrker"]) == 2
    assert capsys.readouterr().err == (
        "error: shop has no process 'wrker'\n  it has web, worker\nhint: did you mean 'worker'?\n"
    )
    assert engine.calls == []


def test_up_of_a_library_says_what_detection_says(
    project: Path, engine: MemoryEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    del engine
    (project / "pyproject.toml").write_text('[project]\nname = "lib"\nversion = "1"\n')
    assert main(["up"]) == 3
    up = capsys.readouterr().err
    assert main(["build"]) == 3
    assert up == capsys.readouterr().err
    assert up.startswith("error: ")
    assert "lib" in up


def test_up_of_jobs_alone_says_that_nothing_would_keep_running(
    project: Path, engine: MemoryEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    del engine
    (project / "pyproject.toml").write_text(
        '[project]\nname = "jobs"\nversion = "1"\n'
        '[tool.longshore.processes.purge]\ncommand = ["purge"]\nschedule = "0 3 * * *"\n'
    )
    assert main(["up"]) == 3
    assert capsys.readouterr().err.startswith(
        "error: jobs has no web, worker or scheduler process: nothing would keep running\n"
    )


def test_wrong_settings_are_refused_before_anything_else(
    port: int, engine: MemoryEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    del port, engine
    for argv in (["up", "-e", "=hunter2"], ["run", "-e", "=hunter2", "--", "true"]):
        assert main(argv) == 2
        assert capsys.readouterr().err == (
            "error: -e, number 1: expected KEY=VALUE or KEY\n"
            "hint: write KEY=VALUE, or export KEY first\n"
        )


def test_missing_secret_is_named_before_anything_is_built(
    project: Path, port: int, engine: MemoryEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    pyproject = project / "pyproject.toml"
    pyproject.write_text(pyproject.read_text() + 'secrets = ["SHOP_TOKEN"]\n')
    assert main(["up"]) == 7
    assert capsys.readouterr().err == (
        "error: secret SHOP_TOKEN, for worker, is not set\n"
        "hint: give it with -e SHOP_TOKEN=..., in a file with --env-file, in .env, or export it\n"
        "docs: how-to/pass-settings.md\n"
    )
    (project / ".env").write_text("SHOP_TOKEN=hunter2\n")
    with socket.create_server(("127.0.0.1", port)):  # what is looked at next
        assert main(["up", "-v"]) == 7
    error = capsys.readouterr().err
    assert f"settings {project / '.env'}: 1\n" in error
    assert f"port {port} is taken" in error
    assert "hunter2" not in error
    assert engine.calls == []


def test_watching_needs_the_foreground(port: int, capsys: pytest.CaptureFixture[str]) -> None:
    del port
    assert main(["up", "--watch", "--detach"]) == 2
    assert capsys.readouterr().err == (
        "error: --watch stays in the foreground\nhint: leave --detach out\n"
    )


def test_changed_files_are_shown_relative_and_few(project: Path) -> None:
    paths = [project / "a.py", project / "src" / "b.py", Path("/elsewhere/c.py"), project / "d"]
    assert describe_paths(paths, [project]) == "a.py, src/b.py, /elsewhere/c.py and 1 more"
    assert describe_paths(paths[:1], [project]) == "a.py"


def test_unknown_engine_is_a_usage_error(port: int, capsys: pytest.CaptureFixture[str]) -> None:
    del port
    assert main(["up", "--engine", "docker"]) == 2
    assert "'docker' is not one of 'auto', 'podman', 'builtin'" in capsys.readouterr().err


def test_run_wants_a_command(port: int, capsys: pytest.CaptureFixture[str]) -> None:
    del port
    assert main(["run"]) == 2
    assert "CMD" in capsys.readouterr().err

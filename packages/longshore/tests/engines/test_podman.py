"""What podman is asked, and how its answers are read; podman itself is in the end-to-end tests."""

from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from longshore.engines.container import is_podmans_own, read_state, run_arguments
from longshore.engines.interface import (
    EngineError,
    LoadedImage,
    Port,
    RunSpec,
    RunState,
    RunStatus,
    Volume,
)
from longshore.engines.podman import PodmanEngine
from longshore.oci.config import ImageConfig
from longshore.types import Digest, Secret

SPEC = RunSpec(
    run_id="42",
    service="taskapi",
    process="web",
    image=LoadedImage(
        digest=Digest.of(b""), config=ImageConfig(cmd=("taskapi.main:app",)), location="0123abc"
    ),
    env={"TOKEN": Secret("hunter2"), "PATH": Secret("/bin")},
    port=Port(host=8123, container=8000),
    volumes=(Volume(name="data", target=PurePosixPath("/data")),),
    memory_bytes=64 << 20,
)


def test_container_is_confined() -> None:
    argv = run_arguments(SPEC, limit_memory=True)
    for option in (
        "--read-only",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        "--user=65532:65532",
        "--init=false",
        "--pull=never",
        "--publish=127.0.0.1:8123:8000",
        "--memory=67108864",
        "--volume=longshore-taskapi-data:/data:U",
    ):
        assert option in argv


def test_image_of_others_keeps_its_own_user() -> None:
    argv = run_arguments(replace(SPEC, foreign=True), limit_memory=False)
    assert "--security-opt=no-new-privileges" in argv
    assert "--volume=longshore-taskapi-data:/data" in argv
    for option in ("--read-only", "--cap-drop=ALL", "--user=65532:65532"):
        assert option not in argv


def test_container_is_reached_by_its_name_on_the_network_of_its_service() -> None:
    assert not [each for each in run_arguments(SPEC, limit_memory=False) if "network" in each]
    argv = run_arguments(replace(SPEC, networked=True), limit_memory=False)
    assert "--network=longshore-taskapi" in argv
    assert "--network-alias=web" in argv


def test_memory_is_limited_only_where_podman_can() -> None:
    argv = run_arguments(SPEC, limit_memory=False)
    assert not [option for option in argv if option.startswith("--memory")]


def test_image_and_arguments_come_last() -> None:
    assert run_arguments(SPEC, limit_memory=False)[-2:] == ["0123abc", "taskapi.main:app"]
    other = replace(SPEC, args=("--", "worker"))
    assert run_arguments(other, limit_memory=False)[-3:] == ["0123abc", "--", "worker"]
    command = replace(SPEC, entrypoint=("python",), args=("-V",))
    argv = run_arguments(command, limit_memory=False)
    assert argv[-2:] == ["0123abc", "-V"]
    assert '--entrypoint=["python"]' in argv


def test_settings_go_by_name_and_only_podmans_own_names_by_value() -> None:
    argv = run_arguments(SPEC, limit_memory=False)
    assert "--env=TOKEN" in argv
    assert "--env=PATH=/bin" in argv
    assert "hunter2" not in " ".join(argv)


@pytest.mark.parametrize("name", ["HOME", "LD_PRELOAD", "XDG_RUNTIME_DIR", "CONTAINERS_CONF"])
def test_podmans_own_names(name: str) -> None:
    assert is_podmans_own(name)


@pytest.mark.parametrize("name", ["DATABASE_URL", "API_TOKEN", "PORT", "LONGSHORE_HOST"])
def test_other_names_are_not_podmans(name: str) -> None:
    assert not is_podmans_own(name)


def inspected(status: str, **state: Any) -> dict[str, Any]:
    return {
        "Config": {"Labels": {"dev.longshore.run": "42"}},
        "State": {"Status": status, "ExitCode": 0, "OOMKilled": False, "Error": ""} | state,
    }


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (inspected("created"), RunState(status=RunStatus.STARTING)),
        (inspected("running"), RunState(status=RunStatus.RUNNING)),
        (inspected("stopping"), RunState(status=RunStatus.RUNNING)),
        (inspected("exited", ExitCode=78), RunState(status=RunStatus.EXITED, exit_code=78)),
        (
            inspected("exited", ExitCode=137, OOMKilled=True),
            RunState(status=RunStatus.EXITED, exit_code=137, out_of_memory=True),
        ),
        (inspected("dead"), RunState(status=RunStatus.EXITED, exit_code=0)),
    ],
)
def test_states_are_read(document: dict[str, Any], expected: RunState) -> None:
    assert read_state(document, run_id="42") == expected


def test_container_of_another_start_is_not_this_run() -> None:
    assert read_state(inspected("running"), run_id="43").status is RunStatus.GONE
    foreign = inspected("running") | {"Config": {"Labels": None}}
    assert read_state(foreign, run_id="42").status is RunStatus.GONE


def program(folder: Path, script: str) -> PodmanEngine:
    path = folder / "podman"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    environment = {"PATH": f"{folder}:/usr/bin:/bin"}
    return PodmanEngine(
        environment=environment, folder=folder / "own", runs=folder / "runs", program=str(path)
    )


def test_podman_that_is_not_there_says_so(tmp_path: Path) -> None:
    engine = PodmanEngine(environment={"PATH": str(tmp_path)}, folder=tmp_path, runs=tmp_path)
    assert engine.available() == "podman is not installed"


def test_podman_that_does_not_work_says_why(tmp_path: Path) -> None:
    engine = program(tmp_path, "echo 'Error: cannot find newuidmap' >&2; exit 125")
    assert engine.available() == "podman does not work: cannot find newuidmap"


def test_podman_of_another_machine_is_passed_over(tmp_path: Path) -> None:
    engine = program(tmp_path, """echo '{"host": {"serviceIsRemote": true}}'""")
    assert engine.available() == "podman runs its containers on another machine"


def test_memory_is_limited_where_podman_has_the_control_group(tmp_path: Path) -> None:
    engine = program(tmp_path, """echo '{"host": {"cgroupControllers": ["cpu", "memory"]}}'""")
    assert engine.available() is None
    assert engine.limits_memory
    without = program(tmp_path, """echo '{"host": {"cgroupControllers": null}}'""")
    assert without.available() is None
    assert not without.limits_memory


def test_containers_are_started_in_a_folder_of_ours(tmp_path: Path) -> None:
    engine = program(tmp_path, """[ "$1" != run ] || { echo "run in $PWD" >&2; exit 125; }""")
    with pytest.raises(EngineError, match=f"run in {tmp_path}/own"):
        engine.start(replace(SPEC, volumes=()))

"""What `up` and `run` start."""

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.engines.interface import LoadedImage, Port, Volume
from longshore.engines.plan import (
    grace_of,
    plan_command,
    plan_run,
    plan_service,
    volume_name,
)
from longshore.errors import ProjectError
from longshore.oci.config import ImageConfig
from longshore.types import (
    Asgi,
    CommandLine,
    Digest,
    EntryPoint,
    Process,
    ProcessKind,
    Project,
    ProjectKind,
    Resources,
    Secret,
    parse_name,
)

APP = Asgi(EntryPoint("taskapi.main", "app"))
IMAGE = LoadedImage(digest=Digest.of(b""), config=ImageConfig(), location="id")
WEB = Process(
    name="web",
    kind=ProcessKind.WEB,
    serve=APP,
    port=8000,
    drain=30,
    writable=(PurePosixPath("/data"),),
    env={"MODE": "own", "LEVEL": "own"},
    resources=Resources(memory_bytes=256 << 20),
)
WORKER = Process(name="worker", kind=ProcessKind.WORKER, serve=CommandLine(("python", "-m", "w")))
NIGHTLY = Process(
    name="purge",
    kind=ProcessKind.CRON,
    serve=CommandLine(("purge",)),
    schedule="0 3 * * *",
    writable=(PurePosixPath("/var/lib/purge"),),
)
MIGRATE = Process(name="migrate", kind=ProcessKind.RELEASE, serve=CommandLine(("migrate",)))


def project(*processes: Process) -> Project:
    return Project(
        name=parse_name("taskapi"),
        version="1",
        kind=ProjectKind.APPLICATION,
        root=Path("/project"),
        members=(),
        processes=processes,
        python="",
    )


def revealed(env: "object") -> dict[str, str]:
    assert isinstance(env, dict)
    return {name: value.reveal() for name, value in env.items()}


def test_up_starts_what_lasts_web_first_and_releases_before() -> None:
    plan = plan_service(project(MIGRATE, NIGHTLY, WORKER, WEB))
    assert plan.before == (MIGRATE,)
    assert plan.lasting == (WEB, WORKER)
    assert plan.ports == {"web": 8000}


def test_port_option_is_for_the_first_web_process_and_collisions_move_up() -> None:
    admin = Process(name="admin", kind=ProcessKind.WEB, serve=APP, port=9000)
    metrics = Process(name="metrics", kind=ProcessKind.WEB, serve=APP)
    plan = plan_service(project(admin, metrics, WEB), port=9000)
    assert plan.ports == {"web": 9000, "admin": 9001, "metrics": 8000}


def test_project_with_nothing_that_lasts_is_an_error() -> None:
    with pytest.raises(ProjectError, match="taskapi has no web, worker or scheduler process"):
        plan_service(project(NIGHTLY, MIGRATE))


def test_program_that_may_be_a_server_is_in_the_table_to_write() -> None:
    serve = CommandLine(("python", "-m", "shop server"))
    job = Process(name="job", kind=ProcessKind.JOB, serve=serve)
    with pytest.raises(ProjectError) as caught:
        plan_service(project(MIGRATE, job))
    assert caught.value.hint == (
        "if it is a server, add to [processes.web] in longshore.toml: "
        'command = ["python", "-m", "shop server"], kind = "web", '
        "with the options that make it listen on 0.0.0.0:8000; "
        "to run it once: longshore run -- python -m 'shop server'"
    )


def test_process_that_shares_the_network_listens_on_the_hosts_port() -> None:
    spec = plan_run(
        WEB, IMAGE, run_id="1", service="s", settings={}, port=8123, shares_network=True
    )
    env = revealed(spec.env)
    assert (env["PORT"], env["LONGSHORE_HOST"]) == ("8123", "127.0.0.1")
    assert spec.port == Port(host=8123, container=8123)


@pytest.mark.parametrize(
    ("argv", "started"),
    [
        (("serve", "--host=0.0.0.0", "--port=8001"), ("--host=127.0.0.1", "--port=8123")),
        (("serve", "-p", "8001", "-n", "8001"), ("-p", "8123", "-n", "8001")),
        (("serve", "--directory=/tmp", "8001"), ("--directory=/tmp", "8123")),
        (("serve", "--bind", "0.0.0.0:8001"), ("--bind", "127.0.0.1:8123")),
        (("serve", "--bind=[::]:8001"), ("--bind=[::]:8123",)),
        (("serve", "http://cache:8001", "x:8001"), ("http://cache:8001", "x:8001")),
    ],
)
def test_command_that_shares_the_network_listens_on_the_hosts_port(
    argv: tuple[str, ...], started: tuple[str, ...]
) -> None:
    web = Process(name="web", kind=ProcessKind.WEB, serve=CommandLine(argv), port=8001)

    def args(*, shares_network: bool) -> tuple[str, ...] | None:
        return plan_run(
            web,
            IMAGE,
            run_id="1",
            service="s",
            settings={},
            port=8123,
            shares_network=shares_network,
        ).args

    assert args(shares_network=True) == ("--", "serve", *started)
    assert args(shares_network=False) == ("--", *argv)


def test_settings_that_say_where_to_listen_follow_the_port() -> None:
    env = {"UI_ADDRESS": "0.0.0.0", "UI_PORT": "8501", "LIMIT": "8501", "OTHER_PORT": "1"}
    web = Process(
        name="web", kind=ProcessKind.WEB, serve=CommandLine(("shop",)), port=8501, env=env
    )

    def settings(given: dict[str, Secret], *, shares_network: bool) -> dict[str, str]:
        spec = plan_run(
            web,
            IMAGE,
            run_id="1",
            service="s",
            settings=given,
            port=8123,
            shares_network=shares_network,
        )
        return {name: spec.env[name].reveal() for name in env}

    assert settings({}, shares_network=False) == env
    shared = {**env, "UI_ADDRESS": "127.0.0.1", "UI_PORT": "8123"}
    assert settings({}, shares_network=True) == shared
    own = {"UI_PORT": Secret("9999")}
    assert settings(own, shares_network=True) == {**shared, "UI_PORT": "9999"}


def test_process_in_its_own_network_keeps_its_port() -> None:
    spec = plan_run(
        WEB, IMAGE, run_id="1", service="s", settings={}, port=8123, shares_network=False
    )
    env = revealed(spec.env)
    assert env["PORT"] == "8000"
    assert "LONGSHORE_HOST" not in env
    assert spec.port == Port(host=8123, container=8000)


def test_settings_win_over_the_processs_own_but_not_over_the_port() -> None:
    settings = {"LEVEL": Secret("mine"), "PORT": Secret("1"), "LONGSHORE_GRACE_PERIOD": Secret("9")}
    spec = plan_run(
        WEB, IMAGE, run_id="1", service="s", settings=settings, port=8000, shares_network=False
    )
    env = revealed(spec.env)
    assert (env["MODE"], env["LEVEL"], env["PORT"]) == ("own", "mine", "8000")
    assert env["LONGSHORE_GRACE_PERIOD"] == "9"


def test_run_has_the_processs_arguments_volumes_and_limits() -> None:
    spec = plan_run(WEB, IMAGE, run_id="1", service="s", settings={}, shares_network=True)
    assert spec.args == ("--interface", "asgi", "taskapi.main:app")
    assert spec.volumes == (Volume(name="data", target=PurePosixPath("/data")),)
    assert spec.memory_bytes == 256 << 20
    assert spec.port is None
    assert "PORT" not in spec.env


def test_runtime_ends_before_the_engine_kills_it() -> None:
    spec = plan_run(WEB, IMAGE, run_id="1", service="s", settings={}, shares_network=True)
    env = revealed(spec.env)
    assert env["LONGSHORE_IN_FLIGHT_TIMEOUT"] == "30"
    assert float(env["LONGSHORE_GRACE_PERIOD"]) == grace_of(WEB) == 40


def test_command_gets_the_environment_and_storage_of_the_whole_service() -> None:
    spec = plan_command(
        project(WEB, NIGHTLY), IMAGE, ("alembic", "current"), run_id="1", settings={}
    )
    assert (spec.entrypoint, spec.args) == (("alembic",), ("current",))
    assert revealed(spec.env) == {"MODE": "own", "LEVEL": "own"}
    assert [str(volume.target) for volume in spec.volumes] == ["/data", "/var/lib/purge"]


def test_specification_shows_no_value() -> None:
    settings = {"TOKEN": Secret("hunter2")}
    spec = plan_run(WEB, IMAGE, run_id="1", service="s", settings=settings, shares_network=True)
    assert "hunter2" not in repr(spec)


def test_names_of_volumes_follow_the_path() -> None:
    assert volume_name(PurePosixPath("/data")) == "data"
    assert volume_name(PurePosixPath("/var/lib/app")) == "var-lib-app"
    assert volume_name(PurePosixPath("/a-b")).startswith("a-b-")


_PATHS = st.lists(
    st.text(alphabet="abAB-_.é ", min_size=1).filter(lambda part: part not in (".", "..")),
    min_size=1,
    max_size=3,
).map(lambda parts: PurePosixPath("/", *parts))


@given(_PATHS, _PATHS)
def test_two_folders_never_share_a_volume(one: PurePosixPath, other: PurePosixPath) -> None:
    assert (volume_name(one) == volume_name(other)) == (one == other)


@given(_PATHS)
def test_name_of_a_volume_is_one_that_engines_accept(path: PurePosixPath) -> None:
    name = volume_name(path)
    assert name
    assert name[0] != "-"
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")

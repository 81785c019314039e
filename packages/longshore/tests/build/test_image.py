"""How containers start."""

from pathlib import Path, PurePosixPath

import pytest

from longshore.build.image import default_process, image_config, process_arguments
from longshore.build.names import parse_tag
from longshore.errors import UsageError
from longshore.testing.sample import BareBase
from longshore.types import (
    Asgi,
    CommandLine,
    EntryPoint,
    Process,
    ProcessKind,
    Project,
    ProjectKind,
    Wsgi,
    parse_name,
)

APP = EntryPoint.parse("pkg.main:app")


def _process(name: str, kind: ProcessKind, serve: Asgi | Wsgi | CommandLine) -> Process:
    return Process(name=name, kind=kind, serve=serve, writable=(PurePosixPath("/data"),))


WORKER = _process("a-worker", ProcessKind.WORKER, CommandLine(("python", "-m", "pkg.worker")))
WEB = _process("web", ProcessKind.WEB, Asgi(APP))


def _project(*processes: Process) -> Project:
    return Project(
        name=parse_name("demo"),
        version=None,
        kind=ProjectKind.APPLICATION,
        root=Path("/nowhere"),
        members=(),
        processes=processes,
        python="",
    )


@pytest.mark.parametrize(
    ("serve", "arguments"),
    [
        (Asgi(APP), ("--interface", "asgi", "pkg.main:app")),
        (Wsgi(EntryPoint.parse("pkg:make()")), ("--interface", "wsgi", "--factory", "pkg:make")),
        (CommandLine(("celery", "-A", "pkg")), ("--", "celery", "-A", "pkg")),
    ],
)
def test_the_runtime_starts_every_process(
    serve: Asgi | Wsgi | CommandLine, arguments: tuple[str, ...]
) -> None:
    assert process_arguments(_process("web", ProcessKind.WEB, serve)) == arguments


@pytest.mark.parametrize(
    ("server", "arguments"),
    [
        (None, ("--interface", "wsgi", "pkg.main:app")),
        ("uvicorn", ("--interface", "wsgi", "pkg.main:app")),
        ("gunicorn", ("--server", "gunicorn", "--interface", "wsgi", "pkg.main:app")),
    ],
)
def test_the_runtime_is_told_of_another_server_than_its_own(
    server: str | None, arguments: tuple[str, ...]
) -> None:
    process = Process(name="web", kind=ProcessKind.WEB, serve=Wsgi(APP), server=server)
    assert process_arguments(process) == arguments


def test_the_web_process_is_the_default() -> None:
    assert default_process(_project(WORKER, WEB)) is WEB
    assert default_process(_project(WORKER)) is WORKER


def test_the_configuration_extends_the_bases(tmp_path: Path) -> None:
    config = image_config(BareBase(tmp_path).describe(), _project(WORKER, WEB))
    assert config.env["PORT"] == "8000"
    assert config.env["LANG"] == "C"  # the base's
    assert config.exposed_ports == ("8000/tcp",)
    assert config.volumes == ("/data",)
    assert config.working_dir == "/app"
    assert list(config.env) == sorted(config.env)


def test_a_worker_listens_on_nothing(tmp_path: Path) -> None:
    config = image_config(BareBase(tmp_path).describe(), _project(WORKER))
    assert config.exposed_ports == ()
    assert "PORT" not in config.env


@pytest.mark.parametrize(
    ("text", "name"),
    [("demo", "demo:latest"), ("team/demo:1.4", "team/demo:1.4")],
)
def test_a_tag_is_written_out(text: str, name: str) -> None:
    assert parse_tag(text) == name


@pytest.mark.parametrize("text", ["Demo", "", f"demo@sha256:{'0' * 64}"])
def test_what_is_no_tag(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--tag "):
        parse_tag(text)

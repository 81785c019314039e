"""The server of an image: the lock's own under the runtime, otherwise the added one."""

import json
from dataclasses import replace
from typing import Any

import pytest

from longshore.build import BuildResult, build_image
from longshore.build.materials import plain_files
from longshore.build.servers import server_findings, with_servers
from longshore.cli.context import Context
from longshore.errors import ProjectError
from longshore.testing import Archive, make_wheel
from longshore.testing.sample import PYPROJECT, Sample, hashed
from longshore.types import BuildMode, MaterialKind

WSGI = PYPROJECT.replace('asgi = "demo:app"', 'wsgi = "demo:app"')


@pytest.fixture
def lock(sample: Sample) -> Any:
    """Let the sample's lock have some packages."""

    def write(*names: str) -> list[Archive]:
        archives = [make_wheel(name, "23.0", files={f"{name}.py": b""}) for name in names]
        for archive in archives:
            sample.index.add(archive)
        sample.write("requirements.txt", hashed(archives))
        return archives

    return write


def _command(workshop: Context, result: BuildResult) -> list[str]:
    manifest = workshop.layout.manifest(result.descriptor)
    data = workshop.layout.blobs.read(manifest.config.digest)
    assert data is not None
    command: list[str] = json.loads(data)["config"]["Cmd"]
    return command


def _added(result: BuildResult) -> list[str]:
    return [
        each.purl.partition("@")[0].removeprefix("pkg:pypi/")
        for each in result.record.materials
        if each.kind is MaterialKind.ADDED
    ]


def test_the_locks_own_server_serves_and_no_other_is_added(
    sample: Sample, lock: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    lock("gunicorn")
    sample.write("pyproject.toml", WSGI)
    workshop = sample.workshop()

    result = build_image(workshop)

    assert _command(workshop, result) == [
        *("--server", "gunicorn", "--interface", "wsgi", "demo:app")
    ]
    assert _added(result) == ["longshore-runtime"]
    assert "web server: gunicorn 23.0, of the lock\n" in capsys.readouterr().err


def test_a_server_that_speaks_another_interface_is_none(
    sample: Sample, lock: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    lock("waitress")
    workshop = sample.workshop()

    result = build_image(workshop)

    assert _command(workshop, result) == ["--interface", "asgi", "demo:app"]
    assert _added(result) == ["longshore-runtime", "uvicorn"]
    said = "web server: uvicorn 0.1, added: the lock has none that fits\n"
    assert said in capsys.readouterr().err


def test_an_image_that_is_found_again_has_the_same_servers(sample: Sample, lock: Any) -> None:
    lock("granian")
    made = build_image(sample.workshop())

    found = build_image(sample.workshop())

    assert found.cached
    assert found.project.processes == made.project.processes
    assert [each.server for each in found.project.processes] == ["granian"]


@pytest.mark.parametrize("server", ["gunicorn", "uvicorn"])
def test_the_configuration_chooses_among_the_locks_servers(
    sample: Sample, lock: Any, server: str
) -> None:
    lock("granian", "gunicorn")
    sample.write("pyproject.toml", f'{PYPROJECT}server = "{server}"\n')
    workshop = sample.workshop()

    result = build_image(workshop)

    assert (_command(workshop, result)[:2] == ["--server", server]) is (server != "uvicorn")
    assert ("uvicorn" in _added(result)) is (server == "uvicorn")


def test_a_server_that_the_lock_does_not_have_is_an_error(sample: Sample, lock: Any) -> None:
    lock("granian")
    sample.write("pyproject.toml", f'{PYPROJECT}server = "hypercorn"\n')

    with pytest.raises(ProjectError) as raised:
        build_image(sample.workshop())

    place = "pyproject.toml: tool.longshore.processes.web.server"
    assert raised.value.message == f"{place}: 'hypercorn' is not in the lock"
    assert raised.value.hint == (
        "add it to the project's dependencies and lock again, or choose granian or uvicorn"
    )


def test_another_choice_is_another_image(sample: Sample, lock: Any) -> None:
    lock("granian", "gunicorn")
    first = build_image(sample.workshop())
    sample.write("pyproject.toml", f'{PYPROJECT}server = "gunicorn"\n')

    second = build_image(sample.workshop())

    assert not second.cached
    assert second.descriptor.digest != first.descriptor.digest


@pytest.mark.parametrize(
    ("server", "settings"), [("gunicorn", "gunicorn.conf.py"), ("hypercorn", "hypercorn.toml")]
)
def test_the_servers_own_settings_are_shipped_beside_a_wheel(
    sample: Sample, server: str, settings: str
) -> None:
    sample.write("pyproject.toml", f'{PYPROJECT}server = "{server}"\n')
    sample.write("gunicorn.conf.py", "workers = 3\n")
    sample.write("hypercorn.toml", "workers = 3\n")
    workshop = sample.workshop()

    project = with_servers(workshop, frozenset({server}))

    (member,) = project.members
    as_wheel = replace(project, members=(replace(member, build=BuildMode.WHEEL),))
    assert [file.path for file in plain_files(workshop, as_wheel)] == [settings]


def test_a_server_that_is_a_program_of_its_own_is_named(sample: Sample) -> None:
    project = with_servers(sample.workshop(), frozenset({"uwsgi"}))

    (finding,) = server_findings(project, frozenset({"uwsgi"}))

    assert finding.message == "uwsgi of the lock is not used: uvicorn serves"
    assert server_findings(project, frozenset({"gunicorn"})) == ()

"""Applications that others wrote, from their sdists, built and run without configuration.

``builtin`` runs all of them, podman the few that ask for it in ``applications.toml``; with
``LONGSHORE_E2E_APPLICATIONS=all`` in the environment, podman runs all, too.
"""

import http.client
import os
import time
from collections.abc import Callable

import pytest
from _pytest.mark.structures import ParameterSet
from tests.e2e.applications.applications import (
    BUILTIN,
    PODMAN,
    Application,
    Question,
    read_applications,
)
from tests.e2e.harness import Answer, Bench, eventually

from longshore.cli.context import Context

APPLICATIONS = read_applications()
WANTS_ALL = os.environ.get("LONGSHORE_E2E_APPLICATIONS") == "all"


def cases(chosen: Callable[[Application], object]) -> list[ParameterSet]:
    """Return the applications of a kind with each engine that runs them."""
    return [
        pytest.param(application, engine, id=f"{application.name}-{engine}")
        for application in filter(chosen, APPLICATIONS)
        for engine in ((BUILTIN, PODMAN) if WANTS_ALL else application.engines)
    ]


@pytest.mark.parametrize(("application", "engine"), cases(lambda each: each.ask or each.says))
def test_comes_up_answers_and_goes_down(
    application: Application,
    bench: Bench,
    record_property: Callable[[str, object], None],
) -> None:
    settings = [word for setting in application.settings for word in ("-e", setting)]
    begun = time.monotonic()
    up = bench.run("up", "--detach", "--engine", bench.engine, "--port", str(bench.port), *settings)
    record_property("seconds", round(time.monotonic() - begun, 1))
    assert up.returncode == 0, up.stderr
    assert application.prints in up.stderr
    for question in application.ask:
        answer = ask(bench.port, question)
        assert answer.status == question.status, (question, answer, bench.run("logs").stdout)
        assert question.has in answer.body.decode(), question
    for said in application.says:
        eventually(lambda said=said: said in bench.run("logs").stdout, what=said)  # type: ignore[misc]  # bound at once
    record_property("bytes", image_bytes(application, bench))
    down = bench.down()
    assert down.returncode == 0, down.stderr
    assert not bench.is_listening()


@pytest.mark.parametrize(("application", "engine"), cases(lambda each: each.run))
def test_runs_its_commands(
    application: Application,
    bench: Bench,
    record_property: Callable[[str, object], None],
) -> None:
    for command in application.run:
        begun = time.monotonic()
        run = bench.run("run", "--engine", bench.engine, "--", *command.argv)
        record_property("seconds", round(time.monotonic() - begun, 1))
        assert run.returncode == 0, run.stderr
        assert command.has in run.stdout
    record_property("bytes", image_bytes(application, bench))


def ask(port: int, question: Question) -> Answer:
    """Send a request as a browser would that has never been there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", question.path, headers={"Accept": "*/*"})
        answer = connection.getresponse()
        return Answer(status=answer.status, body=answer.read())
    finally:
        connection.close()


def image_bytes(application: Application, bench: Bench) -> int:
    """Return the size of the image's layers, compressed."""
    layout = Context(environment=bench.environment).layout
    manifest = layout.manifest(layout.resolve(f"{application.image}:latest"))
    return sum(layer.size for layer in manifest.layers)

"""Settings that the applications require, found in their code: no false one among them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.applications.applications import Application, read_applications

from longshore.cli.context import Context
from longshore.project.required import required_settings
from longshore.types import CommandLine, Process, ProcessKind


@pytest.mark.parametrize("application", read_applications(), ids=lambda each: each.name)
def test_only_what_an_application_requires_is_found(
    application: Application,
    environment: dict[str, str],
    unpack: Callable[[Application], Path],
) -> None:
    root = unpack(application)
    context = Context(environment=environment, start=str(root))
    paths = [file.path for file in context.source.files]
    commands = [
        Process(name=f"run-{number}", kind=ProcessKind.JOB, serve=CommandLine(command.argv))
        for number, command in enumerate(application.run)
    ]
    processes = commands or context.project.processes
    found = required_settings(root, folders={root: paths}, processes=processes)
    context.close()
    names = {one.name for requirements in found.values() for one in requirements}
    assert sorted(names) == sorted(application.requires)

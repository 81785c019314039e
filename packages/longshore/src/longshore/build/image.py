"""How containers of an image start: its configuration and annotations; pure."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import assert_never

from longshore.base.interface import BaseImage
from longshore.config.places import name_table
from longshore.errors import ProjectError
from longshore.layers.key import LAYER_FORMAT
from longshore.layers.plan import PLAN_VERSION
from longshore.oci.config import ImageConfig
from longshore.types import Asgi, CommandLine, EntryPoint, Process, ProcessKind, Project, Wsgi
from longshore.types.server import OWN_SERVER

IMAGE_FORMAT = 2
"""Raised when the same layers give another image.

Stamped in every image together with the layers' format and the plan's version.
"""

DEFAULT_PORT = 8000
PYTHON = "/app/.venv/bin/python"
ENTRYPOINT = (PYTHON, "-m", "longshore_runtime")
ROOT = "/app"

_ENVIRONMENT = MappingProxyType(
    {
        "LONGSHORE_HOST": "0.0.0.0",  # noqa: S104 - inside its own network namespace
        "PATH": "/app/.venv/bin:/usr/local/bin:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt",
    }
)


def default_process(project: Project) -> Process:
    """Return the process that the image starts without arguments: the web one, else the first.

    Raises:
        ProjectError: if the project has no process: it is a library.
    """
    if not project.processes:
        msg = f"{project.name} has no process: nothing in it would run"
        hint = (
            f"say what to serve in {name_table(project.root, 'processes.web')}, "
            'for example: asgi = "package.module:app"'
        )
        raise ProjectError(msg, hint=hint, docs="reference/configuration.md")
    web = [process for process in project.processes if process.kind is ProcessKind.WEB]
    return (web or list(project.processes))[0]


def process_arguments(process: Process) -> tuple[str, ...]:
    """Return the arguments of the runtime that start a process."""
    match process.serve:
        case Asgi(app):
            return (*_server(process), "--interface", "asgi", *_target(app))
        case Wsgi(app):
            return (*_server(process), "--interface", "wsgi", *_target(app))
        case CommandLine(argv):
            return ("--", *argv)
        case _:
            assert_never(process.serve)


def _server(process: Process) -> tuple[str, ...]:
    """Return how the runtime is told of a server; its own one is what it takes by itself."""
    own = process.server in (None, OWN_SERVER)
    return () if own else ("--server", str(process.server))


def _target(app: EntryPoint) -> tuple[str, ...]:
    """Return how the runtime is told of an application; it takes no trailing ``()``."""
    flag = ("--factory",) if app.factory else ()
    return (*flag, str(replace(app, factory=False)))


def process_port(process: Process) -> int:
    """Return the port that a process listens on inside its container."""
    return process.port or DEFAULT_PORT


def image_config(base: BaseImage, project: Project) -> ImageConfig:
    """Return the image's configuration on top of the base's."""
    process = default_process(project)
    environment = {**base.config.env, **_ENVIRONMENT}
    ports: tuple[str, ...] = ()
    if process.kind is ProcessKind.WEB:
        environment["PORT"] = str(process_port(process))
        ports = (f"{process_port(process)}/tcp",)
    volumes = sorted({str(path) for each in project.processes for path in each.writable})
    return replace(
        base.config,
        env=MappingProxyType(dict(sorted(environment.items()))),
        entrypoint=ENTRYPOINT,
        cmd=process_arguments(process),
        user=base.user,
        working_dir=ROOT,
        exposed_ports=ports,
        volumes=tuple(volumes),
        stop_signal="SIGTERM",
    )


def image_annotations(base: BaseImage, project: Project) -> Mapping[str, str]:
    """Return the manifest's annotations (image-spec 1.1, annotations.md).

    Only what does not change with each commit: the revision is in the build record.
    """
    annotations = {
        "dev.longshore.image-format": f"{IMAGE_FORMAT}.{LAYER_FORMAT}.{PLAN_VERSION}",
        "org.opencontainers.image.base.name": base.reference,
        "org.opencontainers.image.title": project.name,
    }
    if project.version:
        annotations["org.opencontainers.image.version"] = project.version
    if project.description:
        annotations["org.opencontainers.image.description"] = project.description
    return MappingProxyType(annotations)

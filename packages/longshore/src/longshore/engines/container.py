"""Podman's containers as values: how they are named and started, what is read of them; pure."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from longshore.engines.interface import Run, RunSpec, RunState, RunStatus
from longshore.engines.podman_network import isolation_arguments, network_arguments
from longshore.engines.status import Status

SERVICE_LABEL = "dev.longshore.service"
RUN_LABEL = "dev.longshore.run"

_OWN_NAMES = frozenset({"HOME", "LANG", "PATH", "PWD", "SHELL", "TERM", "TMPDIR", "USER"})
_OWN_PREFIXES = (
    "BUILDAH_",
    "CONTAINER",
    "DBUS_",
    "GO",
    "LC_",
    "LD_",
    "PODMAN_",
    "STORAGE_",
    "XDG_",
)
_STARTING = frozenset({"configured", "created", "initialized"})
_RUNNING = frozenset({"running", "paused", "stopping"})


def run_arguments(spec: RunSpec, *, limit_memory: bool) -> list[str]:
    """Return the arguments of ``podman run`` after those that name the container."""
    argv = [
        "--pull=never",
        f"--label={SERVICE_LABEL}={spec.service}",
        f"--label={RUN_LABEL}={spec.run_id}",
        *isolation_arguments(spec),
        *network_arguments(spec),
        "--init=false",
        "--http-proxy=false",  # podman would copy the caller's proxy settings
        "--image-volume=ignore",  # ours are named
        "--log-driver=k8s-file",
    ]
    if spec.entrypoint is not None:
        argv.append(f"--entrypoint={json.dumps(spec.entrypoint)}")
    if spec.port is not None:
        argv.append(f"--publish=127.0.0.1:{spec.port.host}:{spec.port.container}")
    if limit_memory and spec.memory_bytes is not None:
        argv += [f"--memory={spec.memory_bytes}", f"--memory-swap={spec.memory_bytes}"]
    given_to_user = "" if spec.foreign else ":U"
    for volume in spec.volumes:
        name = volume_id(spec.service, volume.name)
        argv.append(f"--volume={name}:{volume.target}{given_to_user}")
    for name, value in spec.env.items():
        # Only names that podman itself heeds are spelled out: paths and locales, no secrets.
        argv.append(f"--env={name}={value.reveal()}" if is_podmans_own(name) else f"--env={name}")
    return [
        *argv,
        spec.image.location,
        *(spec.image.config.cmd if spec.args is None else spec.args),
    ]


def is_podmans_own(name: str) -> bool:
    """Tell whether podman would take a variable of its environment for an instruction."""
    return name in _OWN_NAMES or name.startswith(_OWN_PREFIXES)


def container_name(service: str, process: str) -> str:
    """Return the name of a process's container."""
    return f"longshore-{service}-{process}"


def repository(service: str) -> str:
    """Return the name of a service's images."""
    return f"localhost/longshore/{service}"


def volume_id(service: str, volume: str) -> str:
    """Return the name of a service's volume among all of podman's."""
    return f"longshore-{service}-{volume}"


def read_state(document: Mapping[str, Any], *, run_id: str) -> RunState:
    """Read one element of ``podman container inspect``."""
    labels = document["Config"].get("Labels") or {}
    if labels.get(RUN_LABEL) != run_id:
        return RunState(status=RunStatus.GONE)
    state = document["State"]
    word = state["Status"]
    if word in _STARTING:
        return RunState(status=RunStatus.STARTING)
    if word in _RUNNING:
        return RunState(status=RunStatus.RUNNING)
    return RunState(
        status=RunStatus.EXITED,
        exit_code=state["ExitCode"],
        out_of_memory=bool(state.get("OOMKilled")),
        error=state.get("Error") or "",
    )


def with_restarts(state: RunState, status: Status | None, run: Run) -> RunState:
    """Add what the keeper of a container tells."""
    if status is None or status.run_id != run.run_id:
        return state
    is_kept = status.exit_code is None and not status.error and status.supervisor.is_alive
    if is_kept and state.status is RunStatus.EXITED:
        state = RunState(status=RunStatus.RESTARTING)
    return replace(state, restarts=status.restarts)

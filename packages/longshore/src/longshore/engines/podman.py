"""The engine that drives podman 4 or newer, with or without root.

Containers are read-only, without capabilities, as user 65532, published on 127.0.0.1 only. Values
of settings travel in podman's own environment, never on a command line.
"""

import json
import math
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from longshore.engines.foreground import wait_in_foreground
from longshore.engines.interface import (
    EngineError,
    LoadedImage,
    LogStream,
    Run,
    RunSpec,
    RunState,
    RunStatus,
)
from longshore.errors import DeployError
from longshore.oci.descriptor import Descriptor
from longshore.oci.document import canonical
from longshore.oci.layout import ImageLayout
from longshore.oci.manifest import Index
from longshore.types import Secret

SERVICE_LABEL = "dev.longshore.service"
RUN_LABEL = "dev.longshore.run"

_OWN_NAMES = frozenset({"HOME", "LANG", "PATH", "PWD", "SHELL", "TERM", "TMPDIR", "USER"})
_OWN_PREFIXES = ("BUILDAH_", "CONTAINER", "DBUS_", "GO", "LC_", "LD_", "PODMAN_", "XDG_")
_REPLACED = "replaced-"
_REFUSED_BY_PODMAN = 125
_NOT_STARTED = (126, 127)
_STARTING = frozenset({"configured", "created", "initialized"})
_RUNNING = frozenset({"running", "paused", "stopping"})


class PodmanEngine:
    """Runs images with the ``podman`` program.

    Args:
        environment: what podman itself runs with; the caller's.
        folder: where it runs: conmon leaves a file there for a container that needed too much
            memory.
        program: the program's name or path.
    """

    name = "podman"
    shares_network = False

    def __init__(
        self, *, environment: Mapping[str, str], folder: Path, program: str = "podman"
    ) -> None:
        self._environment = environment
        self._folder = folder
        self._program = program
        self._controllers: frozenset[str] = frozenset()
        self._replaced: tuple[str, ...] = ()

    @property
    def limits_memory(self) -> bool:
        """Whether podman has the memory control group here; rootless, it may not."""
        return "memory" in self._controllers

    def available(self) -> str | None:
        """Return why podman can't be used: not there, not working, or on another machine."""
        if shutil.which(self._program, path=self._environment.get("PATH")) is None:
            return "podman is not installed"
        completed = self._call("info", "--format", "json", check=False)
        if completed.returncode != 0:
            return f"podman does not work: {_last_line(completed.stderr)}"
        host = json.loads(completed.stdout)["host"]
        if host.get("serviceIsRemote"):
            return "podman runs its containers on another machine"
        self._controllers = frozenset(host.get("cgroupControllers") or ())
        return None

    def load(self, layout: ImageLayout, descriptor: Descriptor, *, service: str) -> LoadedImage:
        """Copy the image into podman's storage, where it is called ``longshore/<service>``."""
        manifest = layout.manifest(descriptor)
        config, _ = layout.image_config(manifest)
        image_id = manifest.config.digest.hex  # how podman names images
        if self._call("image", "exists", image_id, check=False).returncode != 0:
            with _single_image(layout, descriptor) as folder:
                # Relative: podman makes a name of the path, and not every path is one.
                self._call("pull", "--quiet", f"oci:{folder.name}", cwd=folder.parent)
            self._call("untag", image_id)
        self._name(image_id, repository(service))
        return LoadedImage(digest=descriptor.digest, config=config, location=image_id)

    def start(self, spec: RunSpec) -> None:
        """Start a detached container."""
        name = container_name(spec.service, spec.process)
        self._remove(name)
        self._make_volumes(spec)
        argv = ["run", "--detach", "--name", name]
        completed = self._call(
            *argv, *self._arguments(spec), settings=spec.env, cwd=self._own_folder(), check=False
        )
        if completed.returncode == 0:
            self._drop_replaced()
            return
        self._remove(name)
        reason = _last_line(completed.stderr)
        if completed.returncode in _NOT_STARTED:
            msg = f"{spec.service}: can't start process {spec.process!r}: {reason}"
            raise DeployError(msg)
        msg = f"podman can't start a container: {reason}"
        raise EngineError(msg, hint=_hint(reason))

    def run(self, spec: RunSpec) -> int:
        """Run a container in the foreground and remove it afterwards."""
        self._make_volumes(spec)
        name = f"{container_name(spec.service, spec.process)}-{spec.run_id}"
        argv = ["run", "--rm", "--interactive", "--name", name]
        if sys.stdin.isatty() and sys.stdout.isatty():
            argv.append("--tty")
        command = [self._program, *argv, *self._arguments(spec)]
        environment, folder = self._with(spec.env), self._own_folder()
        code = wait_in_foreground(lambda: subprocess.Popen(command, env=environment, cwd=folder))
        if code == _REFUSED_BY_PODMAN:
            msg = "podman can't start a container"
            raise EngineError(msg, hint="see its message above, or use --engine builtin")
        return code

    def state(self, run: Run) -> RunState:
        """Ask podman."""
        name = container_name(run.service, run.process)
        completed = self._call("container", "inspect", name, check=False)
        if completed.returncode != 0:
            if self._call("container", "exists", name, check=False).returncode == 1:
                return RunState(status=RunStatus.GONE)
            msg = f"podman can't inspect {name}: {_last_line(completed.stderr)}"
            raise EngineError(msg)
        return read_state(json.loads(completed.stdout)[0], run_id=run.run_id)

    def logs(self, run: Run, *, follow: bool = False, tail: int | None = None) -> LogStream:
        """Read what ``podman logs`` prints."""
        argv = [self._program, "logs"]
        argv += ["--follow"] if follow else []
        argv += [] if tail is None else ["--tail", str(tail)]
        name = container_name(run.service, run.process)
        return _ProgramLog([*argv, name], env=dict(self._environment))

    def stop(self, run: Run, *, grace: float) -> None:
        """Stop the container, if it runs."""
        seconds = str(math.ceil(grace))
        name = container_name(run.service, run.process)
        if grace <= 0:
            # Unlike a second `stop`, this does not wait for one that is under way.
            self._call("kill", "--signal", "KILL", name, check=False)
        self._call("stop", "--ignore", "--time", seconds, name)

    def remove(self, run: Run) -> None:
        """Remove the container with its log."""
        self._remove(container_name(run.service, run.process))

    def remove_volumes(self, service: str) -> tuple[str, ...]:
        """Remove the volumes that carry the service's label."""
        label = f"label={SERVICE_LABEL}={service}"
        listed = self._call("volume", "ls", "--quiet", "--filter", label)
        names = tuple(sorted(listed.stdout.decode().split()))
        if names:
            self._call("volume", "rm", *names)
        return names

    def _name(self, image_id: str, name: str) -> None:
        """Make it the latest of its service; the one before goes once nothing uses it.

        Until then that one has a name of its own: without any, whoever cleans up after a killed
        program could not tell whose it is.
        """
        names = self._names(name)
        latest = names.get(f"{name}:latest")
        replaced = {each for each in names if each.startswith(f"{name}:{_REPLACED}")}
        if latest != image_id:
            if latest is not None:
                replaced.add(f"{name}:{_REPLACED}{latest[:12]}")
                self._call("tag", latest, f"{name}:{_REPLACED}{latest[:12]}")
            self._call("tag", image_id, f"{name}:latest")
        self._replaced = tuple(sorted(replaced))

    def _names(self, name: str) -> dict[str, str]:
        listed = self._call(
            "images",
            "--no-trunc",
            f"--filter=reference={name}",
            "--format={{.Repository}}:{{.Tag}} {{.Id}}",
        )
        pairs = (line.split(" ") for line in listed.stdout.decode().splitlines())
        return {tag: image_id.removeprefix("sha256:") for tag, image_id in pairs}

    def _drop_replaced(self) -> None:
        for name in self._replaced:
            # Refused while a container uses it, a command of `run` say: then the next start tries.
            self._call("rmi", name, check=False)
        self._replaced = ()

    def _own_folder(self) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self._folder

    def _remove(self, name: str) -> None:
        self._call("rm", "--force", "--ignore", "--time", "0", "--volumes", name)

    def _make_volumes(self, spec: RunSpec) -> None:
        label = f"{SERVICE_LABEL}={spec.service}"
        for volume in spec.volumes:
            name = volume_id(spec.service, volume.name)
            if self._call("volume", "exists", name, check=False).returncode != 0:
                self._call("volume", "create", "--label", label, name)

    def _arguments(self, spec: RunSpec) -> list[str]:
        return run_arguments(spec, limit_memory=self.limits_memory)

    def _with(self, settings: Mapping[str, Secret]) -> dict[str, str]:
        inherited = {
            name: value.reveal() for name, value in settings.items() if not is_podmans_own(name)
        }
        return {**self._environment, **inherited}

    def _call(
        self,
        *argv: str,
        settings: Mapping[str, Secret] | None = None,
        cwd: Path | None = None,
        check: bool = True,
    ) -> subprocess.CompletedProcess[bytes]:
        try:
            completed = subprocess.run(
                [self._program, *argv],
                env=self._with(settings or {}),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                start_new_session=True,  # Ctrl-C is for us: it must not cut a step in half
            )
        except OSError as error:
            msg = f"can't run {self._program!r}: {(error.strerror or str(error)).lower()}"
            raise EngineError(msg) from error
        if check and completed.returncode != 0:
            reason = _last_line(completed.stderr)
            msg = f"podman {argv[0]} failed: {reason}"
            raise EngineError(msg, hint=_hint(reason))
        return completed


def run_arguments(spec: RunSpec, *, limit_memory: bool) -> list[str]:
    """Return the arguments of ``podman run`` after those that name the container."""
    argv = [
        "--pull=never",
        f"--label={SERVICE_LABEL}={spec.service}",
        f"--label={RUN_LABEL}={spec.run_id}",
        "--read-only",
        "--tmpfs=/tmp:rw,mode=1777",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        "--user=65532:65532",
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
    for volume in spec.volumes:
        argv.append(f"--volume={volume_id(spec.service, volume.name)}:{volume.target}:U")
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


@contextmanager
def _single_image(layout: ImageLayout, descriptor: Descriptor) -> Iterator[Path]:
    """Give a layout with one image that shares the store's blobs.

    Podman 4 can name an image in a layout by its tag only; where there is one, it needs no name.
    """
    with tempfile.TemporaryDirectory(prefix="longshore-image-") as name:
        folder = Path(name) / "image"
        folder.mkdir()
        (folder / "oci-layout").write_bytes(canonical({"imageLayoutVersion": "1.0.0"}))
        (folder / "index.json").write_bytes(Index.create([descriptor]).raw)
        (folder / "blobs").symlink_to(layout.blobs.root.resolve())
        yield folder


class _ProgramLog:
    """The lines that a program prints."""

    def __init__(self, argv: Sequence[str], *, env: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            argv,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # after Ctrl-C, the last lines are still to come
        )

    def __iter__(self) -> Iterator[bytes]:
        if self._process.stdout is None:
            return
        with self._process.stdout as lines:
            for line in lines:
                yield line.rstrip(b"\n")
        self._process.wait()

    def close(self) -> None:
        """End the program."""
        self._process.terminate()
        self._process.wait()


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].removeprefix("Error: ") if lines else "no message"


def _hint(reason: str) -> str:
    if "netavark" in reason and "No such file" in reason:
        return "install iptables, which podman's network needs, or use --engine builtin"
    if "insufficient UIDs" in reason:
        return "give this user ids in /etc/subuid and /etc/subgid, or use --engine builtin"
    if "rlimit" in reason:
        return "lower default_ulimits in containers.conf, or use --engine builtin"
    return "try it with 'podman run', or use --engine builtin"

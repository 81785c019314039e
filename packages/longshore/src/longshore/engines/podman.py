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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from longshore.engines.container import (
    SERVICE_LABEL,
    container_name,
    is_podmans_own,
    read_state,
    repository,
    run_arguments,
    volume_id,
    with_restarts,
)
from longshore.engines.detached import inherited, start_supervisor
from longshore.engines.ending import end_supervisor
from longshore.engines.foreground import wait_in_foreground
from longshore.engines.interface import (
    EngineError,
    LoadedImage,
    LogStream,
    Restarts,
    Run,
    RunSpec,
    RunState,
    RunStatus,
)
from longshore.engines.podman_images import PodmanImages
from longshore.engines.podman_logs import ContainerLog, EndOfContainer
from longshore.engines.podman_network import network_name
from longshore.engines.restart import RestartRule
from longshore.engines.status import RunFiles, Status, read_restarts
from longshore.engines.tail import FileLog
from longshore.errors import DeployError
from longshore.oci.descriptor import Descriptor
from longshore.oci.document import canonical
from longshore.oci.layout import ImageLayout
from longshore.oci.manifest import Index
from longshore.types import Secret

_REPLACED = "replaced-"
_REFUSED_BY_PODMAN = 125
_NOT_STARTED = (126, 127)
_KEEPER = "longshore.engines.podman_keeper"
_LOG_PATH = "{{.HostConfig.LogConfig.Path}}"


class PodmanEngine:
    """Runs images with the ``podman`` program.

    Args:
        environment: what podman itself runs with; the caller's.
        folder: where it runs: conmon leaves a file there for a container that needed too much
            memory.
        runs: the folder of the run records; what is told of restarts is kept beside them.
        program: the program's name or path.
    """

    name = "podman"
    shares_network = False

    def __init__(
        self,
        *,
        environment: Mapping[str, str],
        folder: Path,
        runs: Path,
        program: str = "podman",
    ) -> None:
        self._environment = environment
        self._folder = folder
        self._runs = runs
        self._program = program
        self._controllers: frozenset[str] = frozenset()
        self._replaced: tuple[str, ...] = ()

    @property
    def images(self) -> PodmanImages:
        """What podman has, and can pull."""
        return PodmanImages(self._program, environment=self._environment)

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
        self._clear(spec.service, spec.process)
        self._prepare(spec)
        argv = ["run", "--detach", "--name", name]
        completed = self._call(
            *argv, *self._arguments(spec), settings=spec.env, cwd=self._own_folder(), check=False
        )
        if completed.returncode == 0:
            return
        self._remove(name)
        reason = _last_line(completed.stderr)
        if completed.returncode in _NOT_STARTED:
            msg = f"{spec.service}: can't start process {spec.process!r}: {reason}"
            raise DeployError(msg)
        msg = f"podman can't start a container: {reason}"
        raise EngineError(msg, hint=_hint(reason))

    def keep(self, run: Run, rule: RestartRule) -> None:
        """Start a program that starts the container again; nobody waits for it."""
        files = self._files(run.service, run.process)
        files.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.write_rule(rule, run_id=run.run_id)
        files.pending.write_text(run.run_id, encoding="ascii")
        task = {
            "folder": str(files.folder),
            "process": run.process,
            "run_id": run.run_id,
            "program": self._program,
            "container": container_name(run.service, run.process),
        }
        podmans = {name: each for name, each in self._environment.items() if is_podmans_own(name)}
        own = inherited(self._environment) | podmans
        start_supervisor(_KEEPER, task, environment=own, folder=self._own_folder())

    def restarts(self, run: Run) -> Restarts:
        """Return what that program tells."""
        return read_restarts(self._files(run.service, run.process).status, run_id=run.run_id)

    def run(self, spec: RunSpec) -> int:
        """Run a container in the foreground and remove it afterwards."""
        self._prepare(spec)
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
        state = read_state(json.loads(completed.stdout)[0], run_id=run.run_id)
        return with_restarts(state, Status.read(self._files(run.service, run.process).status), run)

    def logs(self, run: Run, *, follow: bool = False, tail: int | None = None) -> LogStream:
        """Read the file that podman writes."""
        name = container_name(run.service, run.process)
        shown = self._call("container", "inspect", "--format", _LOG_PATH, name, check=False)
        path = Path(shown.stdout.decode().strip() or "/nowhere")
        end = EndOfContainer([self._program, "wait", name], environment=self._environment)
        files = self._files(run.service, run.process)

        def is_over() -> bool:
            kept = Status.read(files.status)
            if kept is not None and kept.run_id == run.run_id and kept.supervisor.is_alive:
                return False
            return end.has_come()

        lines = FileLog(path, follow=follow, tail=tail, is_over=is_over)
        return ContainerLog(lines, closing=end.close)

    def stop(self, run: Run, *, grace: float) -> None:
        """Stop the container, if it runs."""
        end_supervisor(self._files(run.service, run.process))
        seconds = str(math.ceil(grace))
        name = container_name(run.service, run.process)
        if grace <= 0:
            # Unlike a second `stop`, this does not wait for one that is under way.
            self._call("kill", "--signal", "KILL", name, check=False)
        self._call("stop", "--ignore", "--time", seconds, name)

    def remove(self, run: Run) -> None:
        """Remove the container with its log; with the last one on it, the service's network."""
        self._clear(run.service, run.process)
        if run.backing is not None:
            self._call("network", "rm", network_name(run.service), check=False)

    def volume_path(self, service: str, volume: str) -> Path | None:
        """Ask podman; without root, only ``podman unshare`` may look into it."""
        argv = ("volume", "inspect", "--format", "{{.Mountpoint}}", volume_id(service, volume))
        completed = self._call(*argv, check=False)
        shown = completed.stdout.decode().strip()
        return Path(shown) if completed.returncode == 0 and shown else None

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
        # Of every image that is loaded: a service has its own, and those that it uses theirs.
        self._replaced = tuple(sorted({*self._replaced, *replaced}))

    def _names(self, name: str) -> dict[str, str]:
        listed = self._call(
            "images",
            "--no-trunc",
            f"--filter=reference={name}",
            "--format={{.Repository}}:{{.Tag}} {{.Id}}",
        )
        pairs = (line.split(" ") for line in listed.stdout.decode().splitlines())
        return {tag: image_id.removeprefix("sha256:") for tag, image_id in pairs}

    def tidy(self) -> None:
        """Remove the images that newer ones have replaced."""
        with suppress(EngineError):
            for name in self._replaced:
                # Refused while a container uses it, a command of `run` say.
                self._call("rmi", name, check=False)
        self._replaced = ()

    def _own_folder(self) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self._folder

    def _files(self, service: str, process: str) -> RunFiles:
        return RunFiles(folder=self._runs / service, process=process)

    def _clear(self, service: str, process: str) -> None:
        files = self._files(service, process)
        end_supervisor(files)
        self._remove(container_name(service, process))
        files.remove()

    def _remove(self, name: str) -> None:
        self._call("rm", "--force", "--ignore", "--time", "0", "--volumes", name)

    def _prepare(self, spec: RunSpec) -> None:
        """Make the network and the volumes that a container needs."""
        label = f"{SERVICE_LABEL}={spec.service}"
        network = network_name(spec.service)
        if spec.networked and self._call("network", "exists", network, check=False).returncode != 0:
            # Two may make it at once.
            self._call("network", "create", "--label", label, network, check=False)
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

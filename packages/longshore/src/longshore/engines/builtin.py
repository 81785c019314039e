"""The engine that needs nothing but Linux: an unpacked image in the namespaces sandbox.

Processes share the host's network and listen on 127.0.0.1 only; each is watched by a small
supervisor that outlives this program. A memory limit is not enforced: without a control group of
its own a process could only be limited in address space, which threads and mapped files exceed.
"""

import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

from longshore.engines.detached import inherited, start_supervisor
from longshore.engines.ending import end
from longshore.engines.foreground import wait_in_foreground
from longshore.engines.interface import (
    EngineError,
    LoadedImage,
    LogStream,
    Restarts,
    Run,
    RunSpec,
    RunState,
)
from longshore.engines.restart import RestartRule
from longshore.engines.rootfs import RootfsCache
from longshore.engines.status import RunFiles, read_restarts, read_state
from longshore.engines.supervisor import encode_command, exit_code_of
from longshore.engines.tail import FileLog
from longshore.errors import DeployError, PreflightError
from longshore.oci.descriptor import Descriptor
from longshore.oci.layout import ImageLayout
from longshore.sandbox.interface import Command, Mount, Network
from longshore.sandbox.namespaces import NamespaceSandbox, find_sandbox

USER = (65532, 65532)
_SUPERVISOR = "longshore.engines.supervisor"


class BuiltinEngine:
    """Runs images without any other program.

    Args:
        runs: the folder of the run records; statuses and logs are kept beside them.
        volumes: the folder of the volumes: ``<volumes>/<service>/<name>``.
        rootfs: the unpacked images.
    """

    name = "builtin"
    limits_memory = False
    shares_network = True
    images = None

    def __init__(self, *, runs: Path, volumes: Path, rootfs: RootfsCache) -> None:
        self._runs = runs
        self._volumes = volumes
        self._rootfs = rootfs

    def available(self) -> str | None:
        """Return why namespaces can't be had, or ``None``."""
        try:
            find_sandbox()
        except PreflightError as error:
            return error.message
        return None

    def load(self, layout: ImageLayout, descriptor: Descriptor, *, service: str) -> LoadedImage:
        """Unpack the image, or what of it is not unpacked yet."""
        del service
        manifest = layout.manifest(descriptor)
        config, diff_ids = layout.image_config(manifest)
        tree = self._rootfs.prepare(layout, manifest, diff_ids)
        return LoadedImage(digest=descriptor.digest, config=config, location=str(tree))

    def start(self, spec: RunSpec) -> None:
        """Start a supervisor and wait until it says that the process runs."""
        files = self._files(spec.service, spec.process)
        self._clear(files)
        files.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        command = self._command(spec)
        files.pending.write_text(spec.run_id, encoding="ascii")
        task = {
            "folder": str(files.folder),
            "process": spec.process,
            "run_id": spec.run_id,
            "command": encode_command(command),
        }
        answer = _start(task)
        if answer["error"] is not None:
            self._clear(files)
            msg = f"{spec.service}: can't start process {spec.process!r}: {answer['error']}"
            raise DeployError(msg, hint=answer["hint"])

    def keep(self, run: Run, rule: RestartRule) -> None:
        """Tell the supervisor, which looks for the rule when the process ends."""
        self._files(run.service, run.process).write_rule(rule, run_id=run.run_id)

    def restarts(self, run: Run) -> Restarts:
        """Return what the supervisor tells."""
        return read_restarts(self._files(run.service, run.process).status, run_id=run.run_id)

    def run(self, spec: RunSpec) -> int:
        """Run in the foreground."""
        command = self._command(spec)
        status = wait_in_foreground(
            lambda: NamespaceSandbox().spawn(
                command, stdin=0, stdout=1, stderr=2, new_session=False
            )
        )
        return exit_code_of(status)

    def state(self, run: Run) -> RunState:
        """Return what the supervisor tells."""
        return read_state(self._files(run.service, run.process).status, run_id=run.run_id)

    def logs(self, run: Run, *, follow: bool = False, tail: int | None = None) -> LogStream:
        """Return the lines of the log file."""
        path = self._files(run.service, run.process).log
        return FileLog(path, follow=follow, tail=tail, is_over=lambda: self.state(run).is_over)

    def stop(self, run: Run, *, grace: float) -> None:
        """End the process and wait for its supervisor to write that down."""
        end(self._files(run.service, run.process), grace=grace)

    def remove(self, run: Run) -> None:
        """Remove the status and the log."""
        self._clear(self._files(run.service, run.process))

    def volume_path(self, service: str, volume: str) -> Path | None:
        """Return the folder, if it is there."""
        folder = self._volumes / service / volume
        return folder if folder.is_dir() else None

    def tidy(self) -> None:
        """Remove the oldest unpacked images that nothing uses."""
        with suppress(OSError):
            self._rootfs.prune()

    def remove_volumes(self, service: str) -> tuple[str, ...]:
        """Remove the folders of a service's volumes."""
        folder = self._volumes / service
        if not folder.is_dir():
            return ()
        names = tuple(sorted(path.name for path in folder.iterdir()))
        try:
            shutil.rmtree(folder)
        except OSError as error:
            msg = f"{folder}: can't remove it: {(error.strerror or str(error)).lower()}"
            raise EngineError(msg) from error
        return names

    def _command(self, spec: RunSpec) -> Command:
        mounts = []
        for volume in spec.volumes:
            source = self._volumes / spec.service / volume.name
            source.mkdir(parents=True, exist_ok=True, mode=0o755)
            mounts.append(Mount(source=source, target=volume.target, writable=True))
        return command_of(spec, mounts=tuple(mounts))

    def _files(self, service: str, process: str) -> RunFiles:
        return RunFiles(folder=self._runs / service, process=process)

    def _clear(self, files: RunFiles) -> None:
        end(files, grace=0)
        files.remove()


def command_of(spec: RunSpec, *, mounts: tuple[Mount, ...]) -> Command:
    """Return what the sandbox runs: the image's entry point with the arguments and settings."""
    config = spec.image.config
    entrypoint = config.entrypoint if spec.entrypoint is None else spec.entrypoint
    args = config.cmd if spec.args is None else spec.args
    settings = {name: value.reveal() for name, value in spec.env.items()}
    return Command(
        root=Path(spec.image.location),
        argv=(*entrypoint, *args),
        env={**config.env, **settings},
        cwd=PurePosixPath(config.working_dir),
        mounts=mounts,
        network=Network.HOST,
        user=USER,
    )


def _start(task: Mapping[str, Any]) -> dict[str, str | None]:
    process = start_supervisor(_SUPERVISOR, task, environment=inherited(os.environ))
    try:
        answer = json.loads(process.stdout)
    except ValueError as error:
        last = process.stderr.decode(errors="replace").strip().splitlines()[-1:]
        msg = f"the supervisor ended without an answer: {' '.join(last) or 'no output'}"
        raise EngineError(msg) from error
    return {"error": answer["error"], "hint": answer.get("hint")}

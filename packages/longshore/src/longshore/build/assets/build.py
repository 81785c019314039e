"""Run the commands of the configuration whose outputs the cache does not have."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from longshore.base import Base
from longshore.build.assets.environment import open_environment_tree
from longshore.build.assets.inputs import choose_inputs
from longshore.build.assets.outputs import (
    collect_outputs,
    leave_out_shipped,
    recall_outputs,
    render_outputs,
    show,
)
from longshore.build.assets.run import ROOT, AssetRoom, run_command
from longshore.build.interface import Workshop
from longshore.config import AssetConfig
from longshore.layers.files import PlainFile
from longshore.layers.inputs import LayerInputs, WheelInput
from longshore.types import Digest, Event, Phase, SourceFile
from longshore.wheels.archive import ZipArchive
from longshore.wheels.backend import copy_source

FORMAT = 1
"""Part of every key: raised when the same inputs would give other outputs."""


def build_assets(workshop: Workshop, base: Base, inputs: LayerInputs) -> tuple[PlainFile, ...]:
    """Return the files that the project's commands make, from the cache or by running them.

    Args:
        workshop: the project and the tools.
        base: where they run, the image's or the one with a compiler; unpacked only if one has to.
        inputs: what else goes into the image.

    Raises:
        ProjectError: if a command fails, lacks an output, or makes what can't be shipped.
    """
    made: dict[str, PlainFile] = {}
    with ExitStack() as stack:
        steps = _Steps(workshop=workshop, base=base, inputs=inputs, stack=stack)
        for number, entry in enumerate(workshop.config.assets):
            location = workshop.config.location(f"assets[{number}]")
            step = _Step(entry=entry, location=location, earlier=tuple(made.values()))
            outputs = leave_out_shipped(steps.outputs(step), inputs.files, location=location)
            made.update({file.path: file for file in outputs})
    return tuple(made[path] for path in sorted(made))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A command, where it is written down, and what the commands before it made."""

    entry: AssetConfig
    location: str
    earlier: tuple[PlainFile, ...]

    @property
    def title(self) -> str:
        return show(self.entry.command)


@dataclass(frozen=True, kw_only=True)
class _Steps:
    """Runs commands; what they run in is made when the first of them has to run."""

    workshop: Workshop
    base: Base
    inputs: LayerInputs
    stack: ExitStack

    def outputs(self, step: _Step) -> tuple[PlainFile, ...]:
        workshop = self.workshop
        files = choose_inputs(
            step.entry, workshop.source, installed=self._installed, location=step.location
        )
        key = self._key(step, files)
        memo = workshop.memos.get(key)
        known = None if memo is None else recall_outputs(memo, workshop.blobs)
        if known is not None:
            self._report(step, Phase.CACHED)
            return known
        self._report(step, Phase.STARTED)
        with self._folder(step, files) as folder:
            made = self._run(step, folder)
        workshop.memos.put(key, render_outputs(made))
        self._report(step, Phase.DONE)
        return made

    def _run(self, step: _Step, folder: Path) -> tuple[PlainFile, ...]:
        before = [path.name for path in folder.iterdir()]
        room = AssetRoom(
            sandbox=self.workshop.sandbox,
            rootfs=self.base.unpack(),
            environment=self._environment,
            folder=folder,
            writable=self.inputs.writable,
        )
        run_command(step.entry, room, location=step.location)
        return collect_outputs(
            folder, step.entry, known=before, location=step.location, blobs=self.workshop.blobs
        )

    @contextmanager
    def _folder(self, step: _Step, files: tuple[SourceFile, ...]) -> Iterator[Path]:
        """Give a folder with the command's inputs and what the commands before it made."""
        with tempfile.TemporaryDirectory(prefix="longshore-assets-") as temporary:
            folder = Path(temporary) / "app"
            folder.mkdir()
            copy_source(replace(self.workshop.source, files=files), folder)
            for file in step.earlier:
                _write(file, folder / file.path)
            for path in self.inputs.writable:
                if path.is_relative_to(ROOT):
                    (folder / path.relative_to(ROOT)).mkdir(parents=True, exist_ok=True)
            yield folder

    @cached_property
    def _environment(self) -> Path:
        return self.stack.enter_context(open_environment_tree(self.workshop, self.inputs))

    @cached_property
    def _installed(self) -> frozenset[str]:
        wheel = self.inputs.application
        if wheel is None:
            return frozenset()
        with ZipArchive.open(wheel.path, wheel.filename) as archive:
            return frozenset(entry.name for entry in archive.entries)

    def _key(self, step: _Step, files: tuple[SourceFile, ...]) -> Digest:
        inputs, entry = self.inputs, step.entry
        own = () if inputs.application is None else (inputs.application,)
        parts = {
            "format": FORMAT,
            "command": entry.command,
            "outputs": [str(path) for path in entry.outputs],
            "env": sorted(entry.env.items()),
            "files": [[str(file.path), file.mode, str(file.sha256)] for file in files],
            "earlier": [[file.path, file.mode, str(file.sha256)] for file in step.earlier],
            "wheels": [
                _digests(group) for group in (inputs.third_party, inputs.added, inputs.members, own)
            ],
            "base": [str(layer.key) for layer in self.base.describe().layers],
            "interpreter": str(inputs.interpreter.path),
            "writable": sorted(map(str, inputs.writable)),
        }
        return Digest.of(b"assets " + json.dumps(parts, sort_keys=True).encode())

    def _report(self, step: _Step, phase: Phase) -> None:
        event = Event(kind="assets.build", subject=step.title, phase=phase)
        self.workshop.reporter.report(event)


def _write(file: PlainFile, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    if file.is_link:
        target.symlink_to(file.source.decode() if isinstance(file.source, bytes) else file.source)
        return
    with target.open("wb") as copy:
        copy.writelines(file.chunks())
    target.chmod(file.mode)


def _digests(wheels: Sequence[WheelInput]) -> list[str]:
    return sorted(str(wheel.sha256) for wheel in wheels)

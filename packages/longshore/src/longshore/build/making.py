"""Make an image: base, wheels, layers, manifest, record.

Nothing here is imported by a build that finds its image in the store.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from longshore import __version__
from longshore.base import Base, BaseImage
from longshore.base.bytecode import CompileResult, Tree, compile_trees
from longshore.build.assets import build_assets, check_assets
from longshore.build.entries import check_entries
from longshore.build.environment import open_environment
from longshore.build.found import image_key, records
from longshore.build.image import (
    image_annotations,
    image_config,
)
from longshore.build.interface import BuildResult, Workshop
from longshore.build.inventory import Inventory, list_materials
from longshore.build.materials import (
    LockedFiles,
    LockedWheels,
    built_input,
    fetch_locked,
    fetch_server,
    pack_runtime,
    plain_files,
)
from longshore.build.members import FirstParty
from longshore.build.names import image_name
from longshore.build.native import check_native_libraries
from longshore.build.sdists import build_sdists, report_build
from longshore.build.servers import server_findings, with_servers
from longshore.build.toolchain import BuildRoots
from longshore.build.untracked import source_findings
from longshore.config.places import name_table
from longshore.errors import LockError, UsageError
from longshore.layers.assemble import image_layers, materialise_all
from longshore.layers.inputs import LayerInputs
from longshore.locks.pins import Pins
from longshore.oci.descriptor import Descriptor
from longshore.oci.layer import LayerDescriptor
from longshore.types import (
    RECORD_FORMAT,
    BuildRecord,
    Digest,
    Event,
    Finding,
    Phase,
    PlatformRecord,
    Project,
)
from longshore.wheels.backend import build_wheel
from longshore.wheels.built import BuiltWheel
from longshore.wheels.fetch import FetchedWheel


@dataclass(frozen=True, kw_only=True)
class ImageBuild:
    """One build that has to make something."""

    workshop: Workshop
    chosen: LockedFiles
    first_party: FirstParty
    pins: Pins
    base: Base
    image: BaseImage
    key: Digest

    def run(self) -> BuildResult:
        """Make the image, put it into the store, and remember what it came from."""
        workshop = self.workshop
        locked = fetch_locked(workshop, self.chosen)
        project = with_servers(workshop, locked.names)
        server = fetch_server(workshop, self.image, locked, project)
        sdists = self.chosen.files.sdists
        roots = BuildRoots(workshop=workshop, base=self.base, pins=self.pins)
        built, for_sdists = build_sdists(workshop, roots, self.pins, sdists)
        locked = replace(locked, built=built)
        own, for_own = self._first_party(locked, roots)
        tools = {each.artifact.digest: each for each in (*for_sdists, *for_own)}
        findings = check_native_libraries(
            (*locked.inputs, *map(built_input, own)),
            image=self.image,
            unpack=self.base.unpack,
            memos=workshop.memos,
            table=name_table(workshop.root),
        )
        findings += check_assets(workshop, locked.names)
        findings += server_findings(project, locked.names)
        if len(self.first_party.members) == 1:  # else a module may be that of another member
            findings += check_entries(workshop, locked.names)
        inputs = self._layer_inputs(locked, server, own, project)
        if workshop.config.assets:
            room = roots.of_members()
            inputs = replace(inputs, assets=build_assets(workshop, room, inputs))
        with image_layers(
            inputs,
            blobs=workshop.blobs,
            memos=workshop.memos,
            reporter=workshop.reporter,
        ) as layers:
            stack = [*self.image.layers, *layers.layers]
            made = materialise_all(stack, workshop.layout.blobs, workshop.memos, workshop.reporter)
            titles = [layer.title for layer in stack]
        descriptor = workshop.layout.write_image(
            config=image_config(self.image, project),
            layers=made,
            history=titles,
            platform=self.image.target.platform,
            created=self._created(),
            annotations=image_annotations(self.image, workshop.project),
        )
        inventory = Inventory(
            image=self.image,
            locked=locked,
            server=server,
            own=own,
            tools=tuple(tools.values()),
            toolchain=roots.toolchain,
            layers=layers,
        )
        record = self._record(descriptor, made, titles, inventory)
        return self._finish(descriptor, record, project, (*findings, *layers.findings))

    def _first_party(
        self, locked: LockedWheels, roots: BuildRoots
    ) -> tuple[tuple[BuiltWheel, ...], tuple[FetchedWheel, ...]]:
        """Build the members' wheels; return them, and the wheels that their backends needed."""
        workshop = self.workshop
        names = {each.name for each in locked.selection.members}
        names.add(self.first_party.application.name)
        python = self.image.interpreter.version.short
        built: list[BuiltWheel] = []
        tools: dict[str, FetchedWheel] = {}
        for member in self.first_party.wheels:
            if member.name not in names:  # another target needs it
                continue
            pinned = self.pins.build(member.requires, python)
            if pinned is None:
                requires = ", ".join(member.requires)
                msg = f"longshore.lock: {requires} are not pinned for Python {python}"
                raise LockError(msg, hint="run `longshore lock --upgrade build`")
            environment, fetched = open_environment(workshop, roots.of_members(), pinned.packages)
            tools.update({each.package.name: each for each in fetched})
            build = partial(
                build_wheel,
                member,
                self.first_party.trees[member.name],
                environment,
                blobs=workshop.blobs,
                memos=workshop.memos,
            )
            built.append(report_build(workshop, member.name, build))
        return tuple(built), tuple(tools[name] for name in sorted(tools))

    def _layer_inputs(
        self,
        locked: LockedWheels,
        server: LockedWheels | None,
        own: Sequence[BuiltWheel],
        project: Project,
    ) -> LayerInputs:
        workshop, application = self.workshop, self.first_party.application
        inputs = {built.name: built_input(built) for built in own}
        return LayerInputs(
            interpreter=self.image.interpreter,
            third_party=locked.inputs,
            added=(pack_runtime(workshop), *(server.inputs if server else ())),
            members=tuple(inputs[name] for name in sorted(inputs) if name != application.name),
            application=inputs.get(application.name),
            files=plain_files(workshop, project),
            writable=tuple(
                path for process in workshop.project.processes for path in process.writable
            ),
            compiler=self._compile if workshop.config.bytecode else None,
        )

    def _compile(self, trees: Sequence[Tree]) -> tuple[CompileResult, ...]:
        """Compile with the base's interpreter; the base is unpacked only if that happens."""
        return compile_trees(
            self.workshop.sandbox,
            trees,
            rootfs=self.base.unpack(),
            interpreter=self.image.interpreter,
        )

    def _created(self) -> datetime:
        """Return the image's date: SOURCE_DATE_EPOCH (reproducible-builds.org), else the base's."""
        text = self.workshop.environment.get("SOURCE_DATE_EPOCH")
        if not text:
            return self.image.created
        try:
            return datetime.fromtimestamp(int(text), UTC)
        except (ValueError, OverflowError, OSError) as error:
            msg = f"SOURCE_DATE_EPOCH: expected seconds since 1970, got {text!r}"
            raise UsageError(msg, hint="for example: git log -1 --format=%ct") from error

    def _record(
        self,
        descriptor: Descriptor,
        made: Sequence[LayerDescriptor],
        titles: Sequence[str],
        inventory: Inventory,
    ) -> BuildRecord:
        source = self.workshop.source
        manifest = self.workshop.layout.manifest(descriptor)
        layers = tuple(
            (layer.descriptor.digest, layer.descriptor.size, title)
            for layer, title in zip(made, titles, strict=True)
        )
        return BuildRecord(
            format=RECORD_FORMAT,
            tool=f"longshore {__version__}",
            inputs_digest=self.key,
            materials=list_materials(inventory, [digest for digest, _, _ in layers]),
            platforms=(
                PlatformRecord(
                    platform=self.image.target.platform,
                    manifest=descriptor.digest,
                    config=manifest.config.digest,
                    layers=layers,
                ),
            ),
            revision=source.revision,
            dirty=self.first_party.is_dirty,
        )

    def _finish(
        self,
        descriptor: Descriptor,
        record: BuildRecord,
        project: Project,
        findings: Sequence[Finding],
    ) -> BuildResult:
        workshop = self.workshop
        name = image_name(workshop.project)
        records(workshop).put(descriptor.digest, record)
        workshop.layout.tag(name, descriptor)
        note = {
            "digest": str(descriptor.digest),
            "size": descriptor.size,
            "mediaType": str(descriptor.media_type),
        }
        workshop.memos.put(image_key(self.key), json.dumps(note, sort_keys=True).encode())
        workshop.reporter.report(
            Event(kind="image.build", subject=name, phase=Phase.DONE, detail=str(descriptor.digest))
        )
        return BuildResult(
            descriptor=descriptor,
            name=name,
            record=record,
            project=project,
            findings=(*source_findings(workshop), *findings),
        )

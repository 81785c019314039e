"""A stand-in as something that an engine starts: a base with the packages, and an entry point.

The entry point is a short Python program, handed to the base's interpreter as an argument, so that
the file system is nothing but packages: an unpacked base is ready to run, and an image needs no
layer of its own.
"""

import json
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Final

from longshore.base import Base
from longshore.base.debian.version import DebianVersion
from longshore.build.bases import open_with
from longshore.build.interface import Workshop
from longshore.build.standin.catalogue import StandIn
from longshore.locks.pins import BasePins, Pins
from longshore.oci.config import ImageConfig
from longshore.oci.descriptor import Descriptor, MediaType
from longshore.oci.gzip import GzipEncoder
from longshore.oci.materialise import materialise
from longshore.types import Digest, Platform

_FORMAT: Final = 1
"""Raised whenever the same packages would give another image."""


@dataclass(frozen=True, kw_only=True)
class AssembledService:
    """A stand-in with its pins; nothing is fetched or unpacked before it is asked for."""

    workshop: Workshop
    stand_in: StandIn
    pins: BasePins

    @property
    def title(self) -> str:
        """What it is, with the whole version: ``postgres 17.12 of debian:trixie``."""
        program = self.stand_in.packages[-1]
        versions = (each.version for each in self.pins.packages if each.name == program)
        version = next((DebianVersion.parse(each).upstream for each in versions), "")
        version = version.partition("+")[0]  # without what Debian left out of it
        name = self.stand_in.repository.rpartition("/")[2]
        return f"{name} {version} of {self.stand_in.suite}"

    @cached_property
    def key(self) -> Digest:
        """A digest of everything that decides how it runs."""
        parts = {
            "format": _FORMAT,
            "encoder": GzipEncoder().id,
            "stand-in": repr(self.stand_in),
            "packages": [[each.name, str(each.sha256)] for each in self.pins.packages],
            "script": self._script,
        }
        return Digest.of(json.dumps(parts, sort_keys=True).encode())

    @cached_property
    def config(self) -> ImageConfig:
        """How it starts.

        Raises:
            LongshoreError: as assembling a base does.
        """
        image = self._base.describe()
        path = f"/usr/lib/postgresql/{self.stand_in.version}/bin:{image.config.env['PATH']}"
        return replace(
            image.config,
            env=MappingProxyType({**image.config.env, "PATH": path}),
            entrypoint=(str(image.interpreter.path), "-I", "-B", "-u", "-c", self._script),
            working_dir=str(self.stand_in.data),
            volumes=(str(self.stand_in.data),),
            stop_signal="SIGTERM",
        )

    def unpack(self) -> Path:
        """Return its root file system, never to be changed.

        Raises:
            LongshoreError: as assembling a base does.
        """
        return self._base.unpack()

    def write_image(self) -> Descriptor:
        """Return its image in the local store, made unless it is there.

        Raises:
            LongshoreError: as assembling a base does.
        """
        return self._find() or self._make()

    @cached_property
    def _script(self) -> str:
        path = files("longshore.build.standin").joinpath(self.stand_in.script)
        return path.read_text("utf-8")

    @cached_property
    def _base(self) -> Base:
        workshop, stand_in = self.workshop, self.stand_in
        pins = Pins(bases=(self.pins,))
        return open_with(workshop, stand_in.suite, pins=pins, packages=stand_in.packages)

    def _find(self) -> Descriptor | None:
        memo = self.workshop.memos.get(self.key)
        if memo is None:
            return None
        note = json.loads(memo)
        blobs = [Digest.parse(text) for text in (note["digest"], *note["blobs"])]
        if not all(map(self.workshop.layout.blobs.has, blobs)):
            return None
        return Descriptor(
            media_type=MediaType.MANIFEST,
            digest=blobs[0],
            size=note["size"],
            platform=Platform.host(),
        )

    def _make(self) -> Descriptor:
        workshop, image = self.workshop, self._base.describe()
        blobs = workshop.layout.blobs
        made = [
            materialise(layer, blobs, workshop.memos, workshop.reporter) for layer in image.layers
        ]
        descriptor = workshop.layout.write_image(
            config=self.config,
            layers=made,
            history=[layer.title for layer in image.layers],
            platform=image.target.platform,
            created=self.pins.date,
        )
        config = workshop.layout.manifest(descriptor).config
        parts = [config.digest, *(each.descriptor.digest for each in made)]
        note = {
            "digest": str(descriptor.digest),
            "size": descriptor.size,
            "blobs": [str(digest) for digest in parts],
        }
        workshop.memos.put(self.key, json.dumps(note, sort_keys=True).encode())
        return descriptor

"""Image configurations (image-spec 1.1, config.md)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Self

from longshore.errors import SupplyChainError
from longshore.oci.document import Reader, canonical, parse_digest
from longshore.types import Digest, Platform

_CREATED_BY = "longshore"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig:
    """How containers of an image start.

    Args:
        env: environment variables.
        entrypoint: exec form.
        cmd: exec form, the default arguments.
        user: ``uid:gid``.
        working_dir: absolute path.
        exposed_ports: ``8000/tcp``.
        volumes: absolute paths that must be writable.
        labels: of the image.
        stop_signal: what asks the process to stop.
    """

    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    user: str = ""
    working_dir: str = "/"
    exposed_ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    stop_signal: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the ``config`` object; empty parts are left out."""
        document = {
            "Cmd": list(self.cmd),
            "Entrypoint": list(self.entrypoint),
            "Env": [f"{name}={value}" for name, value in self.env.items()],
            "ExposedPorts": {port: {} for port in self.exposed_ports},
            "Labels": dict(self.labels),
            "StopSignal": self.stop_signal,
            "User": self.user,
            "Volumes": {volume: {} for volume in self.volumes},
            "WorkingDir": self.working_dir,
        }
        return {key: value for key, value in document.items() if value}

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read the ``config`` object.

        Raises:
            SupplyChainError: if a field has the wrong shape.
        """
        pairs = (variable.partition("=") for variable in reader.strings("Env"))
        return cls(
            env=MappingProxyType({name: value for name, _, value in pairs}),
            entrypoint=reader.strings("Entrypoint"),
            cmd=reader.strings("Cmd"),
            user=reader.text("User"),
            working_dir=reader.text("WorkingDir") or "/",
            exposed_ports=reader.keys("ExposedPorts"),
            volumes=reader.keys("Volumes"),
            labels=reader.mapping("Labels"),
            stop_signal=reader.text("StopSignal"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageDocument:
    """A whole configuration document: how it starts, for what, and of which layers.

    Args:
        config: how containers start.
        platform: what it runs on.
        created: UTC, whole seconds.
        diff_ids: the digest of each layer's tar, bottom first.
        history: what each layer holds, as many as there are layers (some engines insist).
    """

    config: ImageConfig
    platform: Platform
    created: datetime
    diff_ids: tuple[Digest, ...]
    history: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.history) != len(self.diff_ids):
            msg = f"expected {len(self.diff_ids)} history entries, got {len(self.history)}"
            raise ValueError(msg)

    def encode(self) -> bytes:
        """Return the canonical bytes: keys sorted, environment in its own order."""
        created = self.created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        document = {
            "architecture": self.platform.architecture,
            "os": self.platform.os,
            "created": created,
            "config": self.config.to_json(),
            "rootfs": {"type": "layers", "diff_ids": [str(digest) for digest in self.diff_ids]},
            "history": [
                {"created": created, "created_by": _CREATED_BY, "comment": title}
                for title in self.history
            ],
        }
        if self.platform.variant:
            document["variant"] = self.platform.variant
        return canonical(document)


def read_image_config(raw: bytes, where: str = "config") -> tuple[ImageConfig, tuple[Digest, ...]]:
    """Read how an image starts, and its diffIDs, bottom first.

    Raises:
        SupplyChainError: if it is no image configuration; ``where`` is put in front.
    """
    reader = Reader.parse(raw, where)
    rootfs = reader.child("rootfs")
    if rootfs is None or rootfs.text("type") != "layers":
        msg = f"{where}: rootfs: expected the type 'layers'"
        raise SupplyChainError(msg)
    diff_ids = tuple(
        parse_digest(text, f"{where}: rootfs.diff_ids[{number}]")
        for number, text in enumerate(rootfs.strings("diff_ids"))
    )
    inner = reader.child("config")
    return (ImageConfig() if inner is None else ImageConfig.read(inner)), diff_ids

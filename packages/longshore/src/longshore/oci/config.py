"""Image configurations (image-spec 1.1, config.md)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


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

"""What the layers of an image are made from."""

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from longshore.base.interface import Interpreter
from longshore.layers.bytecode import TreeCompiler
from longshore.layers.files import PlainFile
from longshore.layers.plan import BUDGET
from longshore.types import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelInput:
    """A wheel on this machine.

    Args:
        path: of the file.
        sha256: of its bytes, verified by whoever fetched or built it.
        filename: its real name, where the path is that of a content-addressed store.
    """

    path: Path
    sha256: Digest
    filename: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerInputs:
    """Everything that decides the layers on top of a base.

    Args:
        interpreter: of the base.
        third_party: locked wheels; copied without recompression.
        added: wheels that Longshore brings: its runtime, and a server where the lock has none.
        members: wheels of the workspace's other members.
        application: the application's own wheel, or ``None`` where it is shipped as source.
        assets: what commands of the build made, below the application's root.
        files: the application's source and includes.
        writable: absolute folders that belong to the user that the image runs as.
        compiler: makes bytecode with the base's interpreter, or ``None`` to ship none.
        budget: layers on top of the base.
        strict: refuse a third-party wheel whose RECORD disagrees with its content.
    """

    interpreter: Interpreter
    third_party: tuple[WheelInput, ...] = ()
    added: tuple[WheelInput, ...] = ()
    members: tuple[WheelInput, ...] = ()
    application: WheelInput | None = None
    assets: tuple[PlainFile, ...] = ()
    files: tuple[PlainFile, ...] = ()
    writable: tuple[PurePosixPath, ...] = ()
    compiler: TreeCompiler | None = field(default=None, hash=False)
    budget: int = BUDGET
    strict: bool = False

"""The virtual environment, written by hand: no activation scripts, no hooks, no pip (PEP 405)."""

from collections.abc import Callable, Sequence

from longshore.base.interface import Interpreter
from longshore.layers.fragment import Entries, EntriesFragment
from longshore.layers.installed import InstalledWheel
from longshore.layers.key import layer_key
from longshore.layers.location import ADDED, VENV, venv_location
from longshore.oci.layer import Encoder
from longshore.oci.tar import TarEntry
from longshore.types import Digest

Bytecode = Callable[[Sequence[InstalledWheel]], Sequence[Sequence[str]]]
"""Returns the paths of each wheel's compiled modules; empty where none are shipped."""


def skeleton_fragment(
    interpreter: Interpreter, *, added: bool, encoder: Encoder
) -> EntriesFragment:
    """Return the environment itself.

    Args:
        interpreter: of the base, that the environment belongs to.
        added: whether there is a folder of added packages, which is last on ``sys.path``.
        encoder: compresses it.
    """
    entries = sorted(_skeleton(interpreter, added=added), key=lambda item: item[0].path)
    parts = (f"{entry.path} {entry.target} {content!r}" for entry, content in entries)
    return EntriesFragment(
        key=layer_key("skeleton", *parts, encoder.id),
        entries=lambda: ((entry, [content]) for entry, content in entries),
        encoder=encoder,
    )


def _skeleton(interpreter: Interpreter, *, added: bool) -> list[tuple[TarEntry, bytes]]:
    python = interpreter.version
    config = (
        f"home = {interpreter.path.parent}\n"
        "include-system-site-packages = false\n"
        f"version = {python}\n"
    ).encode()
    entries = [
        (TarEntry.file(f"{VENV}/pyvenv.cfg", len(config)), config),
        (TarEntry.symlink(f"{VENV}/bin/python", str(interpreter.path)), b""),
        (TarEntry.symlink(f"{VENV}/bin/python3", "python"), b""),
        (TarEntry.symlink(f"{VENV}/bin/python{python.short}", "python"), b""),
    ]
    if added:
        line = f"/{ADDED}/lib\n".encode()
        path = f"{venv_location(python).site}/longshore.pth"
        entries.append((TarEntry.file(path, len(line)), line))
    return entries


def written_fragment(
    wheels: Sequence[InstalledWheel], bytecode: Bytecode, identity: Digest, encoder: Encoder
) -> EntriesFragment:
    """Return what installing these wheels writes: scripts, INSTALLER, RECORD.

    Args:
        wheels: whose files are in this layer or another one.
        bytecode: tells what RECORD lists beside them; asked when the bytes are made.
        identity: of that bytecode.
        encoder: compresses it.
    """

    def entries() -> Entries:
        compiled = zip(wheels, bytecode(wheels), strict=True)
        found = [item for wheel, paths in compiled for item in wheel.written(paths)]
        for entry, content in sorted(found, key=lambda item: item[0].path):
            yield entry, [content]

    parts = (part for wheel in wheels for part in wheel.key_parts)
    return EntriesFragment(
        key=layer_key("written", *parts, str(identity), encoder.id),
        entries=entries,
        encoder=encoder,
    )

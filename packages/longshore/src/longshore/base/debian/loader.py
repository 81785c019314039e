"""The loader's cache (ld.so.cache), where a base has the program that makes it.

No maintainer script runs, so nobody calls ``ldconfig`` when a library is unpacked. The loader does
not mind: it looks into its default folders. ``ctypes.util.find_library`` does: it asks
``ldconfig -p``, which prints the cache. So a base with ``libc-bin`` gets one.
"""

import tempfile
from pathlib import Path, PurePosixPath
from typing import Final

from longshore.errors import PreflightError
from longshore.sandbox.interface import Command, Limits, Mount, Sandbox

LDCONFIG: Final = "usr/sbin/ldconfig"
CACHE: Final = "etc/ld.so.cache"

_OUTPUT = PurePosixPath("/.longshore/output")


def make_loader_cache(sandbox: Sandbox, *, rootfs: Path) -> bytes | None:
    """Return the cache of an unpacked base, or ``None`` where it has no ``ldconfig``.

    The same libraries give the same bytes: neither times nor paths outside are in it.

    Raises:
        PreflightError: if there is no sandbox, or the program fails.
    """
    if not (rootfs / LDCONFIG).is_file():
        return None
    with tempfile.TemporaryDirectory(prefix="longshore-ldconfig-") as folder:
        name = PurePosixPath(CACHE).name
        command = Command(
            root=rootfs,
            # -X: links are as their packages have them; -i: no second cache beside it.
            argv=(f"/{LDCONFIG}", "-X", "-i", "-C", str(_OUTPUT / name)),
            mounts=(Mount(source=Path(folder), target=_OUTPUT, writable=True),),
            limits=Limits(seconds=60),
        )
        completed = sandbox.run(command)
        if completed.returncode:
            msg = f"base: /{LDCONFIG} ended with {completed.returncode}"
            context = completed.stderr.decode("utf-8", "replace").strip().splitlines()
            hint = "does this machine run the base's architecture?"
            raise PreflightError(msg, context=context, hint=hint)
        return (Path(folder) / name).read_bytes()

"""Packages that load a library by its name at run time: no file of theirs tells of it.

Only libraries without which the package is of no use are listed, by their names on Debian.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedByName:
    """What a distribution loads.

    Args:
        libraries: names, as the loader knows them.
        searched: whether it relies on ``ctypes.util.find_library``, which asks ``ldconfig`` or a
            compiler, instead of asking the loader itself.
        instead: distributions that bring the library; with one of them nothing lacks.
    """

    libraries: tuple[str, ...]
    searched: bool = False
    instead: tuple[str, ...] = ()


def _loads(*libraries: str, searched: bool = False, instead: str = "") -> LoadedByName:
    return LoadedByName(libraries=libraries, searched=searched, instead=tuple(instead.split()))


LOADED_BY_NAME: Final = MappingProxyType(
    {
        "cairocffi": _loads("libcairo.so.2"),
        "file-magic": _loads("libmagic.so.1", searched=True),
        "opuslib": _loads("libopus.so.0", searched=True),
        "psycopg": _loads("libpq.so.5", searched=True, instead="psycopg-binary psycopg-c"),
        "pyenchant": _loads("libenchant-2.so.2", searched=True),
        "pylibdmtx": _loads("libdmtx.so.0", searched=True),
        "python-magic": _loads("libmagic.so.1"),
        "python-vlc": _loads("libvlc.so.5"),
        "pyvips": _loads("libvips.so.42", instead="pyvips-binary"),
        "pyzbar": _loads("libzbar.so.0", searched=True),
        "sounddevice": _loads("libportaudio.so.2", searched=True),
        "weasyprint": _loads(
            *("libfontconfig.so.1", "libgobject-2.0.so.0", "libharfbuzz.so.0"),
            *("libpango-1.0.so.0", "libpangoft2-1.0.so.0"),
        ),
    }
)
"""By the normalised name of the distribution."""

"""Where things are inside the image; paths are relative to its root, as tar writes them."""

from dataclasses import dataclass
from typing import Final

from longshore.types import PythonVersion
from longshore.wheels.read import Scheme

APPLICATION: Final = "app"
"""The application's root: the only folder that our layers write to."""

VENV: Final = f"{APPLICATION}/.venv"
ADDED: Final = f"{APPLICATION}/.longshore"
RESERVED: Final = (VENV, ADDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """One place that wheels are installed in: the folder of each scheme."""

    site: str
    scripts: str
    headers: str
    data: str

    def folder(self, scheme: Scheme) -> str:
        """Return the folder of a scheme; pure and platform modules share one, as in every venv."""
        match scheme:
            case Scheme.PURELIB | Scheme.PLATLIB:
                return self.site
            case Scheme.SCRIPTS:
                return self.scripts
            case Scheme.HEADERS:
                return self.headers
            case Scheme.DATA:
                return self.data


def venv_location(python: PythonVersion) -> Location:
    """Return where the project's own wheels are: the virtual environment."""
    return Location(
        site=f"{VENV}/lib/python{python.short}/site-packages",
        scripts=f"{VENV}/bin",
        headers=f"{VENV}/include/site/python{python.short}",
        data=VENV,
    )


def added_location() -> Location:
    """Return where packages that Longshore adds are: beside the venv, so that its own ones win."""
    return Location(
        site=f"{ADDED}/lib", scripts=f"{ADDED}/bin", headers=f"{ADDED}/include", data=ADDED
    )

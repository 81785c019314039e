"""The application that ``LONGSHORE_APP`` names, wrapped: for a server that wants a module.

``LONGSHORE_APP=taskapi.main:app longshore-serve -- granian --interface asgi
longshore_runtime.target:app`` needs no line of code in the project.
"""

from __future__ import annotations

import os

from longshore_runtime.errors import ConfigError
from longshore_runtime.interface import Shape, detect_shape
from longshore_runtime.loader import load_target
from longshore_runtime.wrapping import wrap

VARIABLE = "LONGSHORE_APP"

_known: dict[str, object] = {}


def __getattr__(name: str) -> object:
    """Load the application when the server asks for ``app``.

    Raises:
        ConfigError: ``LONGSHORE_APP`` is not set.
    """
    if name not in {"app", "application"}:
        raise AttributeError(name)
    if "app" not in _known:
        target = os.environ.get(VARIABLE)
        if not target:
            msg = f"{VARIABLE}: required"
            raise ConfigError(msg, hint="set it to pkg.module:app")
        found = load_target(target)
        if detect_shape(found).shape is Shape.FACTORY and callable(found):
            found = found()
        _known["app"] = wrap(found)
    return _known["app"]

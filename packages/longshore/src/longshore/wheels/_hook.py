"""Calls a PEP 517 backend; runs inside the sandbox, by the base's Python, with nothing of ours.

Takes a request (JSON) as its argument, writes ``result.json`` into the output folder. It runs
on every Python that a base may have, so it imports the standard library only.
"""

import importlib
import itertools
import json
import os
import sys
import tempfile
import traceback

BACKEND_MISSING = 3
HOOK_FAILED = 4


def _backend(request: dict[str, object]) -> object:
    """Import the backend object (PEP 517 §source trees), in-tree ones from ``backend-path``."""
    sys.path[:0] = [os.path.abspath(path) for path in request["backend_path"]]  # type: ignore[attr-defined]  # noqa: PTH100 - pathlib costs an import here
    module, _, attributes = str(request["backend"]).partition(":")
    found: object = importlib.import_module(module)
    for attribute in filter(None, attributes.split(".")):
        found = getattr(found, attribute)
    return found


def main() -> int:
    """Ask for the dynamic requirements, then build the wheel unless they are all that is asked."""
    request = json.loads(sys.argv[1])
    # Some wheels tell where they were built, and mesonpy builds in a folder of a random name. The
    # sandbox's /tmp is empty and nobody else's, so there is nobody from whom to hide a name.
    tempfile._name_sequence = map("{:08}".format, itertools.count())  # type: ignore[attr-defined]  # noqa: SLF001
    result: dict[str, object] = {}
    try:
        backend = _backend(request)
    except ImportError:
        traceback.print_exc()
        return BACKEND_MISSING
    try:
        requires = getattr(backend, "get_requires_for_build_wheel", None)
        result["requires"] = list(requires({})) if requires is not None else []
        if request["build"]:
            result["wheel"] = backend.build_wheel(request["output"], {}, None)  # type: ignore[attr-defined]
    except BaseException:  # noqa: BLE001 - backends raise anything, SystemExit included
        traceback.print_exc()
        return HOOK_FAILED
    with open(os.path.join(request["output"], "result.json"), "w", encoding="utf-8") as file:  # noqa: PTH118, PTH123 - as above
        json.dump(result, file)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The child that builds a sandbox around itself and then becomes the command.

Not a module to import: ``namespaces.py`` runs this file with ``python -I -S``. It reads a
specification (``marshal``, which needs no import) from the file descriptor given as its first
argument and turns into three processes:

* the *launcher* enters new namespaces, forwards signals, and ends the way the command ended;
* *init* is process 1 of the new pid namespace: it assembles the root file system, gives up every
  privilege, reaps orphans, and its end is the end of everything inside;
* the *command*.

A failure before the command runs is reported as one marshalled object on the descriptor given
second, which closes by itself when the command starts: end of file means success.
"""
# `pathlib` would double the start-up time:
# ruff: noqa: PTH120, PTH123

import marshal
import os
import sys

if __name__ == "__main__":
    # The parents of ``longshore.sandbox.launch`` import much that is of no use here: empty ones
    # with the same paths stand in for them.
    folder = os.path.dirname(__file__)
    for name, path in (("longshore", os.path.dirname(folder)), ("longshore.sandbox", folder)):
        module = type(sys)(name)
        module.__path__ = [path]
        sys.modules[name] = module
    from longshore.sandbox.launch.process import launch, tell

    with open(int(sys.argv[1]), "rb") as given:
        specification = marshal.load(given)  # noqa: S302 - what the parent has just written
    report = int(sys.argv[2])
    os.set_inheritable(report, False)  # noqa: FBT003 - positional only
    try:
        launch(specification, report)
    except Exception as failure:  # noqa: BLE001 - everything is reported, nothing printed
        tell(report, failure)
        os._exit(127)

"""Start Redis or Valkey as its official image does; runs in the stand-in, on the base's Python.

    python -c … [redis-server] [FILE.conf] [--OPTION VALUE]...

Data is kept in the working directory. ``LONGSHORE_HOST`` and ``PORT`` say where to listen.
"""

import os
import shutil
import sys

SERVERS = ("redis-server", "valkey-server")


def main() -> None:
    """Become the server, or whatever other program the arguments name."""
    words = sys.argv[1:]
    if not words or words[0].startswith("-") or words[0].endswith(".conf"):
        words.insert(0, installed())
    program, *arguments = words
    if program not in SERVERS:
        os.execvp(program, words)  # noqa: S606
    file = [arguments.pop(0)] if arguments and not arguments[0].startswith("-") else []
    host, port = os.environ.get("LONGSHORE_HOST", "0.0.0.0"), os.environ.get("PORT", "6379")  # noqa: S104
    # As in the image: who reaches the port may use it. The last one of each option counts.
    own = ["--protected-mode", "no", "--dir", os.getcwd()]  # noqa: PTH109
    last = ["--bind", host, "--port", port]
    os.execvp(installed(), [installed(), *file, *own, *arguments, *last])  # noqa: S606


def installed() -> str:
    """Return the one of the servers that is here."""
    return next(name for name in SERVERS if shutil.which(name))


if __name__ == "__main__":
    main()

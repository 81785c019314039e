"""Run ``python -m longshore_runtime``: the same as the ``longshore-serve`` script."""

from longshore_runtime.cli import main
from longshore_runtime.leaving import leave


def run() -> None:
    """Be the program."""
    leave(main())


if __name__ == "__main__":
    run()

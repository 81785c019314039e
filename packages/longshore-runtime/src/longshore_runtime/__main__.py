"""Run ``python -m longshore_runtime``: the same as the ``longshore-serve`` script."""

import sys

from longshore_runtime.cli import main

if __name__ == "__main__":
    sys.exit(main())

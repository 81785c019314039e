"""``python -m longshore``: the same as ``longshore``."""

import sys

from longshore.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

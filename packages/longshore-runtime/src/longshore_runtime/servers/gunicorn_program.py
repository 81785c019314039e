"""gunicorn with other defaults: ``python -m … '{"threads": 8}' [gunicorn's own words]``.

gunicorn takes what an application's ``init`` returns as weaker than its configuration file, its
environment and its command line: the one place for a proposal.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from gunicorn.app.wsgiapp import WSGIApplication  # type: ignore[import-untyped]
from gunicorn.errors import HaltServer  # type: ignore[import-untyped]

if TYPE_CHECKING:
    import argparse


class Program(WSGIApplication):  # type: ignore[misc]
    """gunicorn's program.

    Args:
        proposed: settings by gunicorn's names; those that this version does not know are left out.
    """

    def __init__(self, proposed: dict[str, Any]) -> None:
        self.proposed = proposed
        super().__init__("%(prog)s [OPTIONS] APP_MODULE", prog="gunicorn")

    def init(
        self, parser: argparse.ArgumentParser, opts: argparse.Namespace, args: list[str]
    ) -> dict[str, Any]:
        """Return the proposal."""
        super().init(parser, opts, args)
        return {name: value for name, value in self.proposed.items() if name in self.cfg.settings}

    def load_config(self) -> None:
        """Read the settings, and undo those that are not for a service under a supervisor."""
        super().load_config()
        for name in ("daemon", "reload"):
            self.cfg.set(name, False)  # noqa: FBT003 -- gunicorn's signature


def main() -> None:
    """Run gunicorn."""
    proposed = json.loads(sys.argv.pop(1))
    try:
        Program(proposed).run()
    except HaltServer as error:
        # A second worker failed while it stopped for the first: no reason for a traceback.
        sys.exit(error.exit_status)


if __name__ == "__main__":
    main()

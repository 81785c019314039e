"""An application whose setting is missing."""

import os

from plain import app

DATABASE = os.environ["SHOP_DATABASE"]

__all__ = ["app"]

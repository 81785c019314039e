"""Assets: files of an image that commands of the project make, in the sandbox."""

from longshore.build.assets.build import build_assets
from longshore.build.assets.check import check_assets

__all__ = ["build_assets", "check_assets"]

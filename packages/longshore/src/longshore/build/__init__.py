"""The recipe: from a project and its locks to an image in a store."""

from longshore.build.interface import BuildResult, Workshop
from longshore.build.recipe import build_image

__all__ = ["BuildResult", "Workshop", "build_image"]

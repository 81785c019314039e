"""Base images: an interface, and one package per kind of base.

``longshore.base.opening`` pins and opens them. It is not imported here, because what only reads
about bases should not pay for what assembles them.
"""

from longshore.base.debian.suite import SUITES
from longshore.base.interface import Base, BaseImage, Interpreter, OsPackage

__all__ = ["SUITES", "Base", "BaseImage", "Interpreter", "OsPackage"]

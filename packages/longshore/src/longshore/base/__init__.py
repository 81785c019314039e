"""Base images: an interface, and one package per kind of base."""

from longshore.base.debian.suite import SUITES
from longshore.base.interface import Base, BaseImage, Interpreter, OsPackage
from longshore.base.opening import lock_base, open_base

__all__ = [
    "SUITES",
    "Base",
    "BaseImage",
    "Interpreter",
    "OsPackage",
    "lock_base",
    "open_base",
]

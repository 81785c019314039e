"""Native libraries: what the shipped programs and modules need from the system, and who has it."""

from longshore.build.native.check import check_native_libraries

__all__ = ["check_native_libraries"]

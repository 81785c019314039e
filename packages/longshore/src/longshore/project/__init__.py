"""The project: what is shipped, as its files say; nothing is executed."""

from longshore.project.read import read_project
from longshore.project.root import find_root

__all__ = ["find_root", "read_project"]

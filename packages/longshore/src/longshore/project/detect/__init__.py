"""Detection: what a project runs, found by reading; nothing is imported or executed.

The rules are in ``docs/explanation/detection.md``.
"""

from longshore.project.detect.detecting import detect
from longshore.project.detect.model import DOCS, Detected, Detection, Problem
from longshore.project.detect.project import (
    detect_project,
    report_detection,
)
from longshore.project.detect.tables import smallest_table

__all__ = [
    "DOCS",
    "Detected",
    "Detection",
    "Problem",
    "detect",
    "detect_project",
    "report_detection",
    "smallest_table",
]

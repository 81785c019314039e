"""Settings that a process can't start without, found by reading; nothing is imported or executed.

What counts is in ``docs/explanation/detection.md``.
"""

from longshore.project.required.finding import Code, find_required, required_settings
from longshore.project.required.model import Requirement

__all__ = ["Code", "Requirement", "find_required", "required_settings"]

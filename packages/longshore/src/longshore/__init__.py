"""Longshore: from ``pyproject.toml`` to a running, observable, signed service."""

__version__ = "0.1.0"

"""Serve a Python web application so that it starts, drains and stops without losing a request."""

__version__ = "0.1.0"

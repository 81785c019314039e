"""Run a command in a root file system, isolated from the host."""

from longshore.sandbox.interface import Command, Completed, Limits, Mount, Network, Sandbox
from longshore.sandbox.namespaces import NamespaceSandbox, find_sandbox, open_sandbox

__all__ = [
    "Command",
    "Completed",
    "Limits",
    "Mount",
    "NamespaceSandbox",
    "Network",
    "Sandbox",
    "find_sandbox",
    "open_sandbox",
]

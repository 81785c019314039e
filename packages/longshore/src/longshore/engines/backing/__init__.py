"""Databases and caches that the processes of a service use, run beside them on this machine.

The configuration calls them services; here they are *backing* services, as a service is what the
project itself is.
"""

"""Bind the listening socket before the application is imported, with one clear line on failure."""

from __future__ import annotations

import errno
import socket

from longshore_runtime.errors import ConfigError, PortError

BACKLOG = 2048
"""Connections that the kernel keeps for us; capped by ``net.core.somaxconn``."""


def bind_socket(host: str, port: int) -> socket.socket:
    """Return a bound TCP socket that does not listen yet.

    Not listening is deliberate: until there is a loop to answer, a client is refused at once
    instead of waiting in a queue that nobody serves.

    Raises:
        PortError: the port is in use.
        ConfigError: the address does not exist here, or the port needs a privilege.
    """
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        msg = f"{host!r} is not an address to listen on: {error.strerror}"
        raise ConfigError(
            msg,
            hint="use 0.0.0.0 for every IPv4 address, :: for every address",
        ) from error
    listener = socket.socket(family, kind, proto)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise explain_bind(error, host, port) from error
    listener.set_inheritable(True)
    return listener


def start_listening(listener: socket.socket) -> None:
    """Let clients connect.

    Raises:
        PortError: another process listens on the same address by now.
    """
    host, port = listener.getsockname()[:2]
    try:
        listener.listen(BACKLOG)
    except OSError as error:
        raise explain_bind(error, host, port) from error


def explain_bind(error: OSError, host: str, port: int) -> PortError | ConfigError:
    """Return the error to raise for a failed bind."""
    where = f"{host}:{port}"
    if error.errno == errno.EADDRINUSE:
        return PortError(
            f"port {port} on {host!r} is in use",
            hint=f"stop the other process (ss -ltnp 'sport = :{port}'), or choose another PORT",
        )
    if error.errno == errno.EACCES:
        return ConfigError(
            f"port {port} needs a privilege that this user does not have",
            hint="use a port from 1024 on, such as 8000; the Service or proxy can still offer 80",
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return ConfigError(
            f"{where}: this machine has no such address",
            hint="use 0.0.0.0 for every IPv4 address",
        )
    return ConfigError(f"{where}: {error.strerror}", hint="see --host and --port")

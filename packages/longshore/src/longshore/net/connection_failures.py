"""Connections that fail, said once and precisely: name, refusal, TLS, time.

Every function returns the error; nothing here raises.
"""

import errno
import socket
import ssl

from longshore.errors import TransportError
from longshore.net.failures import TransientError
from longshore.net.origin import Origin, redact_url

_UNREACHABLE = {
    errno.ENETUNREACH: "the network can't be reached",
    errno.EHOSTUNREACH: "the host can't be reached",
}


def connection_failure(url: str, cause: BaseException, *, proxy: str | None) -> TransportError:
    """Return the error for a connection that could not be made.

    ``cause`` is the operating system's or OpenSSL's own exception, not urllib3's wrapping.
    """
    origin = Origin.of(url)
    place = f"{origin}" if proxy is None else f"{redact_url(proxy)} (the proxy for {origin})"
    if isinstance(cause, ssl.SSLError):
        return _tls_failure(origin, cause)
    if isinstance(cause, socket.gaierror):
        hint = "check the address and the network; behind a proxy set https_proxy"
        message = f"{place}: the name can't be resolved"
        if cause.errno == socket.EAI_AGAIN:
            return TransientError(message, hint=hint)
        return TransportError(message, hint=hint)
    if isinstance(cause, ConnectionRefusedError):
        hint = "check that the server runs and the address is right"
        return TransientError(f"{place}: connection refused", hint=hint)
    if isinstance(cause, OSError):
        reason = _UNREACHABLE.get(cause.errno or 0, (cause.strerror or str(cause)).lower())
        return TransientError(f"{place}: {reason}", hint="check the network and the proxy settings")
    return TransientError(f"{place}: {cause}", hint="check the network and the proxy settings")


def _tls_failure(origin: Origin, cause: ssl.SSLError) -> TransportError:
    if isinstance(cause, ssl.SSLCertVerificationError):
        reason = cause.verify_message[:1].lower() + cause.verify_message[1:]
        return TransportError(
            f"{origin}: the certificate is not trusted: {reason.rstrip('.')}",
            hint="if your organisation has its own certificate authority, "
            "set SSL_CERT_FILE to its bundle",
        )
    reason = (cause.reason or str(cause)).lower().replace("_", " ")
    return TransportError(
        f"{origin}: no TLS connection: {reason}",
        hint="check that the port speaks TLS (https), or that a proxy does not stand in between",
    )


def timeout_failure(url: str, *, connecting: bool, seconds: float) -> TransientError:
    """Return the error for a server that did not answer in time."""
    what = "no connection" if connecting else "no data"
    return TransientError(
        f"{redact_url(url)}: {what} within {seconds:g} s",
        hint="try again, or check the network and the proxy settings",
    )


def interrupted_failure(url: str) -> TransientError:
    """Return the error for a connection that ended in the middle of an answer."""
    return TransientError(
        f"{redact_url(url)}: the connection was cut", hint="try again, or check the network"
    )

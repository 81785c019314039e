"""The one way to a server: proxies, certificates, retries, redirects and credentials by origin."""

from longshore.net.clock import Clock, SystemClock
from longshore.net.credentials import Credential, CredentialStore
from longshore.net.download import download
from longshore.net.failures import TransientError
from longshore.net.origin import Origin, redact_url
from longshore.net.parallel import map_parallel
from longshore.net.retries import Retries, Timeouts
from longshore.net.transport import Reply, Response, Transport

__all__ = [
    "Clock",
    "Credential",
    "CredentialStore",
    "Origin",
    "Reply",
    "Response",
    "Retries",
    "SystemClock",
    "Timeouts",
    "TransientError",
    "Transport",
    "download",
    "map_parallel",
    "redact_url",
]

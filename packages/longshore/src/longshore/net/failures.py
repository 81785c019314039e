"""Answers that are no success, said once and precisely.

Every function returns the error; nothing here raises.
"""

from http import HTTPStatus

from longshore.errors import TransportError
from longshore.net.credentials import Credential
from longshore.net.origin import Origin, redact_url

_TRANSIENT_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
_ADDRESS = "check that the address is right, and that this server has what is asked for"


class TransientError(TransportError):
    """The same request may succeed later; ``retry_after`` is the server's own wish in seconds."""

    retry_after: float | None = None


def status_failure(
    url: str, status: int, *, credential: Credential | None, retry_after: float | None
) -> TransportError:
    """Return the error for an answer with a status of 400 or more."""
    place = redact_url(url)
    if status in (401, 403, 407):
        return _refusal(url, status, credential)
    if status in (404, 410):
        return TransportError(f"{place}: not found", status=status, hint=_ADDRESS)
    text = f"{place}: the server answered {describe_status(status)}"
    if status not in _TRANSIENT_STATUS:
        return TransportError(text, status=status, hint=_ADDRESS)
    failure = TransientError(text, status=status, hint="try again later")
    failure.retry_after = retry_after
    return failure


def describe_status(status: int) -> str:
    """Return a status with its name in lower case: ``503 service unavailable``."""
    try:
        return f"{status} {HTTPStatus(status).phrase.lower()}"
    except ValueError:
        return str(status)


def _refusal(url: str, status: int, credential: Credential | None) -> TransportError:
    host = Origin.of(url).host
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return TransportError(
            f"{redact_url(url)}: the proxy wants a user name and a password",
            status=status,
            hint="put them into the proxy's URL: http://user:password@proxy:port",
        )
    if credential is None:
        return TransportError(
            f"{redact_url(url)}: {describe_status(status)}, and no credentials are known",
            status=status,
            hint=f"put 'machine {host} login … password …' into ~/.netrc, "
            "or the user name and password into the configured URL",
        )
    return TransportError(
        f"{redact_url(url)}: {describe_status(status)} with the credentials "
        f"of {credential.username!r} from {credential.source}",
        status=status,
        hint=f"check that {credential.username!r} may read there and the password is current",
    )

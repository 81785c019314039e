"""Which certificate authorities are trusted: the system's, or those that a variable names."""

import ssl
from collections.abc import Mapping
from pathlib import Path

from longshore.errors import UsageError

_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def tls_context(environment: Mapping[str, str]) -> ssl.SSLContext:
    """Return a context that verifies certificates and host names, TLS 1.2 or later.

    Raises:
        UsageError: if the bundle that a variable names is no readable PEM file or folder.
    """
    for variable in _BUNDLES:
        if bundle := environment.get(variable):
            return _context_of(variable, Path(bundle))
    if folder := environment.get("SSL_CERT_DIR"):
        return _context_of("SSL_CERT_DIR", Path(folder))
    return _strict(ssl.create_default_context())


def _context_of(variable: str, bundle: Path) -> ssl.SSLContext:
    try:
        if bundle.is_dir():
            return _strict(ssl.create_default_context(capath=str(bundle)))
        return _strict(ssl.create_default_context(cafile=str(bundle)))
    except OSError as error:  # ssl.SSLError included
        if isinstance(error, ssl.SSLError):
            reason = "not a PEM file"
        else:
            reason = (error.strerror or str(error)).lower()
        msg = f"{variable}: can't read {str(bundle)!r}: {reason}"
        raise UsageError(msg, hint="name a file of PEM certificates, or unset it") from error


def _strict(context: ssl.SSLContext) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context

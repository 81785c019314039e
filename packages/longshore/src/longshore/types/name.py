"""Names of Python distributions in their normal form (PyPA: names and normalization, PEP 503)."""

import re
from typing import NewType

NormalizedName = NewType("NormalizedName", str)
"""A distribution name in lower case with runs of ``-_.`` as one hyphen."""

_VALID = re.compile(r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", re.IGNORECASE | re.ASCII)
_SEPARATORS = re.compile(r"[-_.]+")


def parse_name(text: str) -> NormalizedName:
    """Normalise a distribution name.

    Raises:
        ValueError: if the text is no valid distribution name.
    """
    if not _VALID.fullmatch(text):
        msg = f"expected a distribution name, got {text!r}"
        raise ValueError(msg)
    return NormalizedName(_SEPARATORS.sub("-", text).lower())

"""Literal values that look like credentials: they belong into ``secrets``, not into a file."""

import re

_NAMES = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|(?:SECRET|PRIVATE|ACCESS)_KEY)$",
    re.IGNORECASE,
)
_ADDRESSES = re.compile(
    r"(?:^|_)(?:DATABASE|DB|POSTGRES(?:QL)?|PG|MYSQL|MARIADB|MONGO(?:DB)?|REDIS|CACHE|BROKER|CELERY_BROKER"
    r"|AMQP|RABBITMQ|CLOUDAMQP|ELASTICSEARCH|EMAIL|SMTP|SQLALCHEMY_DATABASE)_?(?:URL|URI|DSN)$|(?:^|_)DSN$",
    re.IGNORECASE,
)
_ENDS = re.compile(r"(?:PASSWORD|PASSWD|SECRET|TOKEN|APIKEY)$", re.IGNORECASE)
_HARMLESS = re.compile(r"|true|false|none|null|yes|no|on|off|[\d.]+|/\S*|\*+", re.IGNORECASE)
_SHAPES = (
    (
        "a URL with a password",
        re.compile(r"[a-z][a-z0-9+.-]*://[^\s/:@]*:[^\s/@]+@", re.IGNORECASE),
    ),
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    ("a GitHub token", re.compile(r"\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,})")),
    ("a GitLab token", re.compile(r"\bglpat-[\w-]{20,}")),
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a Slack token", re.compile(r"\bxox[abeoprs]-[\w-]{10,}")),
    ("a Stripe key", re.compile(r"\b[rs]k_live_\w{16,}")),
    ("a Google API key", re.compile(r"\bAIza[\w-]{35}")),
    ("a PyPI token", re.compile(r"\bpypi-AgE[\w-]{20,}")),
    ("a JSON web token", re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}")),
)


def is_credential_name(name: str) -> bool:
    """Tell whether a variable's name is a credential's, or that of an address that may hold one."""
    return any(one.search(name) for one in (_NAMES, _ENDS, _ADDRESSES))


def credential_kind(name: str, value: str) -> str | None:
    """Return what a setting looks like (``a GitHub token``), or ``None`` where it looks harmless.

    The shape of the value decides first, then the name. Paths, numbers and switches are harmless
    whatever their name says.
    """
    for kind, shape in _SHAPES:
        if shape.search(value):
            return kind
    if _NAMES.search(name) and not _HARMLESS.fullmatch(value.strip()):
        return "a credential"
    return None

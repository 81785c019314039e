"""Where the files of packages go in a base, and which are left out."""

import re

_MERGED = frozenset({"bin", "lib", "lib32", "lib64", "libx32", "sbin"})
"""Folders that are links into ``usr`` (UsrMerge); older packages still name them."""

_LEFT_OUT = re.compile(
    r"usr/share/(?:bash-completion|bug|doc-base|gcc|info|lintian|locale|man|menu|pixmaps"
    r"|applications|ca-certificates|debconf|gdb|python3/runtime\.d)(?:/.*)?"
    r"|usr/share/doc/(?!.*/copyright$).*"
    r"|usr/share/doc"
    r"|etc/(?:ca-certificates|ca-certificates\.conf|default|init\.d|update-motd\.d)(?:/.*)?"
    r"|usr/sbin/update-ca-certificates"
)
"""Documents (licences stay), and what only maintainer scripts or logins read."""

_CERTIFICATE = re.compile(r"usr/share/ca-certificates/.+\.crt")


def merged_links() -> tuple[tuple[str, str], ...]:
    """Return the links of the merged ``/usr``: name and target."""
    return tuple((name, f"usr/{name}") for name in sorted(_MERGED) if name not in _RARE)


_RARE = frozenset({"lib32", "libx32"})


def place(name: str) -> str | None:
    """Return where a package's entry goes, or ``None`` if it is left out."""
    head, slash, rest = name.partition("/")
    if head in _MERGED:
        if not slash:
            return None  # the link is there already
        name = f"usr/{head}/{rest}"
    return None if _LEFT_OUT.fullmatch(name) else name


def is_certificate(name: str) -> bool:
    """Tell whether an entry is a certificate authority of ``ca-certificates``."""
    return _CERTIFICATE.fullmatch(name) is not None

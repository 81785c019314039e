"""Package URLs, as far as records have them."""

from urllib.parse import unquote


def parse_purl(purl: str) -> tuple[str, str]:
    """Return name and version of a package URL (ECMA-427 §5)."""
    path, _, version = purl.partition("?")[0].partition("@")
    return unquote(path.rpartition("/")[2]), unquote(version)

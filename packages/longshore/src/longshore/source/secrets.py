"""Files that look like secrets: they are refused, whoever tracks them."""

import re
from collections.abc import Callable
from pathlib import PurePosixPath

_TEMPLATES = ("default", "defaults", "dist", "example", "sample", "schema", "template")
_NAMES = {
    ".dockercfg": "credentials of registries",
    ".git-credentials": "credentials of git",
    ".htpasswd": "passwords",
    ".netrc": "credentials of servers",
    ".pgpass": "passwords of databases",
    ".pypirc": "credentials of package indexes",
    "_netrc": "credentials of servers",
    "id_dsa": "a private key",
    "id_ecdsa": "a private key",
    "id_ed25519": "a private key",
    "id_rsa": "a private key",
    "terraform.tfstate": "the state of Terraform, which holds secrets",
}
_SUFFIXES = {
    ".jks": "a key store",
    ".kdbx": "a password store",
    ".keystore": "a key store",
    ".p12": "a key store",
    ".pfx": "a key store",
}
# Names that mean a secret only if the content says so, too.
_CONTENTS = (
    (
        "a private key",
        re.compile(r".*\.(?:pem|key|asc|pk8)", re.IGNORECASE),
        re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----"),
    ),
    (
        "credentials of package indexes",
        re.compile(r"\.npmrc"),
        re.compile(rb":_(?:authToken|password|auth)\s*=\s*(?!\$\{)\S", re.IGNORECASE),
    ),
    (
        "credentials",
        re.compile(r".*(?:credential|secret|service.?account).*\.json", re.IGNORECASE),
        re.compile(rb'"private_key"\s*:\s*"-----BEGIN|"client_secret"\s*:\s*"'),
    ),
)
# Keys of a test suite are made to be public; every project that speaks TLS has some.
_TEST_FOLDERS = frozenset({"fixtures", "test", "testdata", "testing", "tests"})


def secret_kind(path: PurePosixPath, head: Callable[[], bytes]) -> str | None:
    """Return what a file looks like (``a private key``), or ``None`` where it looks harmless.

    ``head`` returns the first kilobytes; it is called only where the name alone can't tell.
    """
    if is_environment_file(path.name):
        return "settings with secrets"
    if not _TEST_FOLDERS.isdisjoint(path.parts[:-1]):
        return None
    known = _NAMES.get(path.name) or _SUFFIXES.get(path.suffix.lower())
    if known:
        return known
    for kind, names, content in _CONTENTS:
        if names.fullmatch(path.name) and content.search(head()):
            return kind
    return None


def is_environment_file(name: str) -> bool:
    """Tell whether a name is that of dotenv settings, templates of them excepted."""
    if name == ".env":
        return True
    return name.startswith(".env.") and not name.removeprefix(".env.").endswith(_TEMPLATES)

"""Which files look like secrets."""

from pathlib import PurePosixPath

import pytest

from longshore.source.secrets import secret_kind

KEY = b"-----BEGIN RSA PRIVATE KEY-----\nMIIE"


@pytest.mark.parametrize(
    ("path", "content", "kind"),
    [
        (".env", b"", "settings with secrets"),
        ("deploy/.env.production", b"", "settings with secrets"),
        ("tests/.env", b"", "settings with secrets"),
        ("id_ed25519", b"", "a private key"),
        ("server.pem", KEY, "a private key"),
        ("server.KEY", b"# comment\n" + KEY, "a private key"),
        ("signing.asc", b"-----BEGIN PGP PRIVATE KEY BLOCK-----", "a private key"),
        ("store.p12", b"", "a key store"),
        (".netrc", b"", "credentials of servers"),
        (".pypirc", b"", "credentials of package indexes"),
        (".npmrc", b"//npm.test/:_authToken=abc", "credentials of package indexes"),
        ("gcp/credentials.json", b'{"private_key": "-----BEGIN PRIVATE KEY', "credentials"),
        ("client_secret_1.json", b'{"installed": {"client_secret": "x"}}', "credentials"),
        ("terraform.tfstate", b"", "the state of Terraform, which holds secrets"),
    ],
)
def test_secrets_are_recognised(path: str, content: bytes, kind: str) -> None:
    assert secret_kind(PurePosixPath(path), lambda: content) == kind


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (".env.example", b""),
        (".env.local.sample", b""),
        (".envrc", b""),
        ("environment.py", b""),
        ("ca.pem", b"-----BEGIN CERTIFICATE-----"),
        ("translations.key", b"hello"),
        ("id_rsa.pub", b""),
        (".npmrc", b"//npm.test/:_authToken=${NPM_TOKEN}"),
        (".npmrc", b"save-exact=true"),
        ("credentials.json", b"{}"),
        ("secrets.py", KEY),
        ("tests/certs/server.key", KEY),
        ("src/app/tests/fixtures/id_rsa", KEY),
    ],
)
def test_harmless_files_are_left_alone(path: str, content: bytes) -> None:
    assert secret_kind(PurePosixPath(path), lambda: content) is None


def test_a_file_is_only_read_where_its_name_asks_for_it() -> None:
    def never() -> bytes:
        raise AssertionError

    assert secret_kind(PurePosixPath("src/app.py"), never) is None
    assert secret_kind(PurePosixPath("id_rsa"), never) == "a private key"

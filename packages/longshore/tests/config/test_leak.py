"""What looks like a credential, and what does not."""

import pytest

from longshore.config.leak import credential_kind, is_credential_name


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("DATABASE_URL", "postgresql://app:pw@db.test/app", "a URL with a password"),
        ("CACHE", "redis://:pw@cache.test", "a URL with a password"),
        ("X", "-----BEGIN RSA PRIVATE KEY-----\nabc", "a private key"),
        ("X", "ghp_" + "a" * 36, "a GitHub token"),
        ("X", "glpat-" + "a" * 20, "a GitLab token"),
        ("X", "AKIA" + "A" * 16, "an AWS access key"),
        ("X", "xoxb-" + "1" * 12, "a Slack token"),
        ("X", "sk_live_" + "a" * 24, "a Stripe key"),
        ("X", "AIza" + "a" * 35, "a Google API key"),
        ("X", "pypi-AgE" + "a" * 20, "a PyPI token"),
        ("X", "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", "a JSON web token"),
        ("DB_PASSWORD", "hunter2", "a credential"),
        ("secret", "abc", "a credential"),
        ("STRIPE_API_KEY", "abc", "a credential"),
        ("SECRET_KEY", "django-insecure-x", "a credential"),
    ],
)
def test_credentials_are_recognised(name: str, value: str, kind: str) -> None:
    assert credential_kind(name, value) == kind


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG_LEVEL", "info"),
        ("DATABASE_URL", "postgresql://db.test/app"),
        ("DATABASE_URL", "postgresql://app@db.test/app"),
        ("DATABASE_URL", "sqlite:////data/app.db"),
        ("TOKEN_URL", "https://login.test/token"),
        ("PASSWORD_MIN_LENGTH", "12"),
        ("REQUIRE_PASSWORD", "true"),
        ("API_TOKEN", ""),
        ("TLS_PRIVATE_KEY", "/run/secrets/key.pem"),
        ("KEYBOARD", "qwerty"),
        ("MONKEY", "banana"),
    ],
)
def test_plain_settings_are_left_alone(name: str, value: str) -> None:
    assert credential_kind(name, value) is None


@pytest.mark.parametrize(
    "name",
    [
        "API_KEY",
        "DATABASE_URL",
        "DB_PASSWORD",
        "PGPASSWORD",
        "POSTGRES_DSN",
        "REDIS_URL",
        "SECRET_KEY",
        "SENTRY_DSN",
        "SHOP_CELERY_BROKER_URL",
        "SQLALCHEMY_DATABASE_URI",
        "TASKAPI_API_TOKEN",
    ],
)
def test_names_that_hold_credentials(name: str) -> None:
    assert is_credential_name(name)


@pytest.mark.parametrize(
    "name", ["BASE_URL", "LOG_LEVEL", "TOKEN_URL", "UPLOADS", "XANDIKOSPATH", "FEDB_URL_PREFIX"]
)
def test_names_that_hold_none(name: str) -> None:
    assert not is_credential_name(name)

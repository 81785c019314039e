"""Origins, and URLs for people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.net.origin import Origin, redact_url, split_userinfo


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Index.Test/simple", Origin("https", "index.test", 443)),
        ("http://index.test:8080/", Origin("http", "index.test", 8080)),
        ("https://user:pw@[::1]:8443/x", Origin("https", "::1", 8443)),
    ],
)
def test_the_origin_is_scheme_host_and_port(url: str, expected: Origin) -> None:
    assert Origin.of(url) == expected


@pytest.mark.parametrize(
    "url", ["ftp://index.test/", "file:///etc/passwd", "simple/", "https:///x"]
)
def test_only_http_urls_have_an_origin(url: str) -> None:
    with pytest.raises(ValueError, match="expected an http or https URL, got"):
        Origin.of(url)


@pytest.mark.parametrize(
    ("url", "confidential"),
    [
        ("https://index.test/", True),
        ("http://index.test/", False),
        ("http://localhost:8080/", True),
        ("http://127.0.0.9/", True),
        ("http://[::1]/", True),
        ("http://10.0.0.1/", False),
    ],
)
def test_an_origin_is_confidential_over_tls_or_on_this_machine(
    url: str, confidential: bool
) -> None:
    assert Origin.of(url).is_confidential is confidential


def test_the_default_port_is_not_shown() -> None:
    assert str(Origin.of("https://index.test:443/a")) == "https://index.test"
    assert str(Origin.of("http://[::1]:8080/a")) == "http://[::1]:8080"


def test_user_information_is_decoded_and_removed() -> None:
    assert split_userinfo("https://me%40acme:p%2Fw@index.test/simple?a=b") == (
        "https://index.test/simple?a=b",
        "me@acme",
        "p/w",
    )


@given(st.text(alphabet=st.characters(codec="ascii", categories=["L", "N"]), min_size=8))
def test_a_redacted_url_never_shows_the_secret(secret: str) -> None:
    secret = f"S3cret{secret}"
    url = f"https://user:{secret}@index.test/a?token={secret}#{secret}"
    assert redact_url(url) == "https://index.test/a"


def test_a_malformed_url_is_not_shown_at_all() -> None:
    assert redact_url("https://[bad/secret") == "(a malformed URL)"


@pytest.mark.parametrize(
    "url",
    [
        "user:S3cret@index.test/a",
        "https:/user:S3cret@index.test/a",
        "https//user:S3cret@index.test/a",
        "//user:S3cret@index.test/a",
        "https://user:S3/S3cret@index.test/a",
        "https://user:7/S3cret@index.test/a",
        "https://user:7?S3cret@index.test/a",
        "https://user:7#S3cret@index.test/a",
        "https://user:S3?S3cret@index.test/a",
        "https://user:S3@S3cret@index.test/a",
        "https://S3cret:@index.test/a",
    ],
)
def test_a_login_that_is_not_where_it_should_be_is_hidden_too(url: str) -> None:
    assert "S3" not in redact_url(url)


@pytest.mark.parametrize(
    "url",
    ["https://index.test/a@b", "https://index.test:8443/a", "https://[::1]/@a", "/home/a", "a/b"],
)
def test_what_has_no_login_is_shown_as_it_is(url: str) -> None:
    assert redact_url(url) == url

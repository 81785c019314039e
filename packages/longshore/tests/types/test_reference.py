"""References to images (OCI distribution specification 1.1)."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.types import Digest, Reference

components = st.from_regex(r"[a-z0-9]+((\.|_|__|-{1,3})[a-z0-9]+){0,2}", fullmatch=True)
repositories = st.lists(components, min_size=1, max_size=3).map("/".join)
registries = st.sampled_from(["localhost", "registry.test", "registry.test:5000", "[::1]:5000"])
tags = st.from_regex(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}", fullmatch=True)
DIGEST = Digest.of(b"")
REPOSITORY = "expected a repository of lower-case components such as 'team/service'"


@given(registries, repositories, st.none() | tags, st.sampled_from([None, DIGEST]))
def test_parsing_what_was_printed_gives_the_same_reference(
    registry: str, repository: str, tag: str | None, digest: Digest | None
) -> None:
    reference = Reference(registry=registry, repository=repository, tag=tag, digest=digest)
    assert Reference.parse(str(reference)) == reference


@given(st.text("abcXYZ01.:/@-_[] ", max_size=30))
def test_parsing_either_round_trips_or_raises_value_error(text: str) -> None:
    with suppress(ValueError):
        assert str(Reference.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "registry", "repository", "tag"),
    [
        ("taskapi", "", "taskapi", None),
        ("taskapi:1", "", "taskapi", "1"),
        ("team/taskapi", "", "team/taskapi", None),
        ("localhost/taskapi", "localhost", "taskapi", None),
        ("registry.test/team/taskapi:1", "registry.test", "team/taskapi", "1"),
        ("registry:5000/taskapi", "registry:5000", "taskapi", None),
    ],
)
def test_the_first_component_is_a_registry_if_it_looks_like_a_host(
    text: str, registry: str, repository: str, tag: str | None
) -> None:
    assert Reference.parse(text) == Reference(registry=registry, repository=repository, tag=tag)


def test_a_pinned_reference_keeps_its_tag() -> None:
    pinned = Reference.parse("registry.test/taskapi:1").with_digest(DIGEST)
    assert str(pinned) == f"registry.test/taskapi:1@{DIGEST}"
    assert pinned.name == "registry.test/taskapi"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "Task API",
            f"{REPOSITORY}, got 'Task API'",
        ),
        (
            "bad host.test/x",
            "expected a registry host such as 'registry.example:5000', got 'bad host.test'",
        ),
        ("x:", "expected a tag of at most 128 letters, digits, '_', '.', '-', got ''"),
        ("x@sha256", "expected 'sha256:…', got 'sha256'"),
        (
            "a" * 256,
            f"{REPOSITORY}, got '{'a' * 256}'",
        ),
    ],
)
def test_anything_else_says_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the text is compared below
        Reference.parse(text)
    assert str(raised.value) == message

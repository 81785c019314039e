"""Files of a site, and ranges of them."""

from collections.abc import Mapping

import pytest

from longshore.testing import Answer, Request, StaticSite

CONTENT = b"0123456789"


def _ask(path: str, headers: Mapping[str, str] | None = None) -> Answer:
    site = StaticSite({"/a": CONTENT})
    request = Request(
        method="GET", scheme="http", host="site.test", path=path, headers=headers or {}
    )
    return site.answer(request)


def test_a_query_is_no_part_of_a_files_path() -> None:
    assert _ask("/a?b=c").body == CONTENT
    assert _ask("/b").status == 404


@pytest.mark.parametrize(
    ("wanted", "body", "span"),
    [
        ("bytes=3-", b"3456789", "bytes 3-9/10"),
        ("bytes=3-5", b"345", "bytes 3-5/10"),
        ("bytes=-4", b"6789", "bytes 6-9/10"),
        ("bytes=-40", CONTENT, "bytes 0-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
    ],
)
def test_a_range_is_a_part(wanted: str, body: bytes, span: str) -> None:
    answer = _ask("/a", {"range": wanted})
    assert (answer.status, answer.body, answer.headers["content-range"]) == (206, body, span)


def test_a_range_behind_the_end_is_refused() -> None:
    answer = _ask("/a", {"range": "bytes=10-"})
    assert (answer.status, answer.headers["content-range"]) == (416, "bytes */10")


def test_a_range_of_another_version_is_the_whole() -> None:
    assert _ask("/a", {"range": "bytes=3-", "if-range": '"other"'}).status == 200

"""Control data (Debian policy §5.1)."""

import pytest

from longshore.base.debian.control import parse_paragraph, parse_paragraphs


def test_fields_continuations_and_comments() -> None:
    text = "# made by hand\nPackage: libc6\nDESCRIPTION: GNU C Library\n more\n .\nTag:a:b\n"
    assert parse_paragraph(text) == {
        "package": "libc6",
        "description": "GNU C Library\nmore\n.",
        "tag": "a:b",
    }


def test_paragraphs_are_separated_by_empty_lines() -> None:
    assert list(parse_paragraphs("\n\nA: 1\n\n \n# nothing\n\nA: 2\n")) == [{"a": "1"}, {"a": "2"}]


@pytest.mark.parametrize("text", [" continued: from nothing", "no colon", ": no name", "a b: c"])
def test_what_is_no_field(text: str) -> None:
    with pytest.raises(ValueError, match="expected 'Field: value'"):
        parse_paragraph(text)

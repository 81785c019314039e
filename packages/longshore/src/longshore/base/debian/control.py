"""Debian control data: paragraphs of fields (Debian policy §5.1, deb822(5))."""

from collections.abc import Iterator, Mapping

Paragraph = Mapping[str, str]
"""Fields by lower-case name, as they are case-insensitive; continued lines keep their breaks."""


def parse_paragraph(text: str) -> Paragraph:
    """Parse one paragraph; comment lines are skipped.

    Raises:
        ValueError: for a line that belongs to no field.
    """
    fields: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if line[0] in " \t":
            if not name:
                msg = f"expected 'Field: value', got {line!r}"
                raise ValueError(msg)
            fields[name] += "\n" + line.strip()
            continue
        key, colon, value = line.partition(":")
        if not colon or not key or " " in key:
            msg = f"expected 'Field: value', got {line!r}"
            raise ValueError(msg)
        name = key.lower()
        fields[name] = value.strip()
    return fields


def parse_paragraphs(text: str) -> Iterator[Paragraph]:
    """Parse paragraphs that are separated by empty lines.

    Raises:
        ValueError: for a line that belongs to no field.
    """
    lines: list[str] = []
    for line in [*text.splitlines(), ""]:
        if line.strip():
            lines.append(line)
        elif lines:
            paragraph = parse_paragraph("\n".join(lines))
            lines = []
            if paragraph:
                yield paragraph

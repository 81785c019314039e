"""Relations between packages (Debian policy §7.1)."""

import pytest

from longshore.base.debian.relation import Relation, parse_relations
from longshore.base.debian.version import DebianVersion


def test_groups_and_alternatives() -> None:
    groups = parse_relations("libc6 (>= 2.38), media-types | mime-support, perl:any,")
    assert [[str(each) for each in group] for group in groups] == [
        ["libc6 (>= 2.38)"],
        ["media-types", "mime-support"],
        ["perl"],
    ]


def test_nothing_is_no_relation() -> None:
    assert parse_relations("") == ()


@pytest.mark.parametrize(
    ("relation", "accepted", "refused"),
    [
        ("a1 (>= 2.0)", "2.0-1", "1.9"),
        ("a1 (<< 2.0)", "2.0~rc1", "2.0"),
        ("a1(=1:1.0-1)", "1:1.0-1", "1.0-1"),
    ],
)
def test_the_version_decides(relation: str, accepted: str, refused: str) -> None:
    parsed = Relation.parse(relation)
    assert parsed.accepts(DebianVersion.parse(accepted))
    assert not parsed.accepts(DebianVersion.parse(refused))


@pytest.mark.parametrize("text", ["", "Upper", "a1 (> 1)", "a1 (>= 1", "a1 b1"])
def test_what_is_no_relation(text: str) -> None:
    with pytest.raises(ValueError, match="expected a relation"):
        Relation.parse(text)

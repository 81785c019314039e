"""The closure of a base's roots."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.base.debian.closure import resolve
from longshore.base.debian.index import PackageIndex
from longshore.errors import LockError, SupplyChainError

SHA = "0" * 64


def paragraph(name: str, version: str = "1", **fields: str) -> bytes:
    lines = [f"Package: {name}", f"Version: {version}", "Architecture: amd64"]
    lines += [f"Filename: pool/{name}.deb", "Size: 1", f"SHA256: {SHA}"]
    lines += [f"{key.replace('_', '-')}: {value}" for key, value in fields.items()]
    return "\n".join(lines).encode()


def index_of(*paragraphs: bytes, archive: str = "debian") -> PackageIndex:
    index = PackageIndex()
    index.add(archive, paragraphs, "trixie")
    return index


def names(index: PackageIndex, *roots: str) -> list[str]:
    return [package.name for package in resolve(roots, index)]


def test_depends_and_pre_depends_are_followed_recommends_are_not() -> None:
    index = index_of(
        paragraph("app", Depends="lib", Pre_Depends="pre", Recommends="extra"),
        paragraph("lib", Depends="app"),
        paragraph("pre"),
        paragraph("extra"),
    )
    assert names(index, "app") == ["app", "lib", "pre"]


def test_what_is_left_out_takes_what_only_it_needs_along() -> None:
    index = index_of(
        paragraph("app", Depends="tools | other, lib"),
        paragraph("tools", Depends="perl"),
        paragraph("other"),
        paragraph("perl"),
        paragraph("lib"),
    )
    found = resolve(["app"], index, without=("tools",))
    assert [package.name for package in found] == ["app", "lib"]


def test_the_first_alternative_that_exists_is_taken() -> None:
    index = index_of(
        paragraph("app", Depends="gone | old (>= 2) | new | other"),
        paragraph("old", "1"),
        paragraph("new"),
        paragraph("other"),
    )
    assert names(index, "app") == ["app", "new"]


def test_an_alternative_that_is_chosen_already_is_enough() -> None:
    index = index_of(
        paragraph("app", Depends="first | second"), paragraph("first"), paragraph("second")
    )
    assert names(index, "app", "second") == ["app", "second"]


def test_virtual_packages_are_provided_by_the_first_name() -> None:
    index = index_of(
        paragraph("app", Depends="mail-agent"),
        paragraph("postfix", Provides="mail-agent, other"),
        paragraph("exim", Provides="mail-agent"),
    )
    assert names(index, "app") == ["app", "exim"]


def test_a_versioned_dependency_needs_a_versioned_provider() -> None:
    index = index_of(
        paragraph("app", Depends="libssl3 (>= 3.5)"),
        paragraph("a-old", Provides="libssl3"),
        paragraph("b-old", Provides="libssl3 (= 3.0)"),
        paragraph("libssl3t64", Provides="libssl3 (= 3.5.7)"),
    )
    assert names(index, "app") == ["app", "libssl3t64"]


def test_what_only_maintainer_scripts_need_is_left_out() -> None:
    index = index_of(
        paragraph("base-files", Pre_Depends="awk"),
        paragraph("ca-certificates", Depends="openssl (>= 1.1.1), debconf (>= 0.5) | debconf-2.0"),
        paragraph("mawk", Provides="awk"),
        paragraph("openssl", "3.5"),
        paragraph("debconf"),
        paragraph("app", Depends="openssl"),
    )
    assert names(index, "base-files", "ca-certificates") == ["base-files", "ca-certificates"]
    assert "openssl" in names(index, "app")
    assert "openssl" in names(index, "ca-certificates", "openssl")


def test_everything_that_is_missing_is_reported_with_its_path() -> None:
    index = index_of(
        paragraph("app", Depends="lib, nowhere (>= 2) | nobody"),
        paragraph("lib", Depends="app (>> 1)"),
    )
    with pytest.raises(LockError) as caught:
        resolve(["app", "typo"], index)
    assert str(caught.value) == "base: 'typo' is in none of the suites"
    assert caught.value.context == (
        "nothing satisfies 'nowhere (>= 2) | nobody', needed by app",
        "nothing satisfies 'app (>> 1)', needed by app -> lib",
    )


def test_the_newest_version_wins_and_the_first_suite_among_equals() -> None:
    index = index_of(paragraph("openssl", "3.5-1"), paragraph("zlib", "1"))
    index.add(
        "debian-security", [paragraph("openssl", "3.5-1+deb13u1"), paragraph("zlib", "1")], "x"
    )
    found = {package.name: package for package in resolve(["openssl", "zlib"], index)}
    assert (str(found["openssl"].version), found["openssl"].archive) == (
        "3.5-1+deb13u1",
        "debian-security",
    )
    assert found["zlib"].archive == "debian"


@pytest.mark.parametrize("field", ["Version: 1 1", "Size: big", "SHA256: 12", "Depends: A B"])
def test_a_malformed_entry(field: str) -> None:
    text = paragraph("app").decode()
    name = field.partition(":")[0]
    lines = [line for line in text.splitlines() if not line.startswith(f"{name}:")]
    index = index_of("\n".join([*lines, field]).encode())
    with pytest.raises(SupplyChainError, match="debian: the index entry of 'app' is malformed"):
        index.get("app")


def test_an_entry_without_a_name() -> None:
    with pytest.raises(SupplyChainError, match="trixie: a package without a name"):
        index_of(b"Version: 1")


letters = st.sampled_from("abcdefgh")
graphs = st.dictionaries(letters, st.sets(letters, max_size=3), min_size=1)


@given(graphs, st.randoms(use_true_random=False))
def test_the_closure_is_closed_minimal_and_independent_of_order(
    graph: dict[str, set[str]], random: Random
) -> None:
    present = {name: sorted(needs & graph.keys()) for name, needs in graph.items()}
    paragraphs = [
        paragraph(f"p{name}", **({"Depends": ", ".join(f"p{n}" for n in needs)} if needs else {}))
        for name, needs in present.items()
    ]
    root = f"p{min(present)}"
    expected, todo = set(), [min(present)]
    while todo:
        name = todo.pop()
        if name not in expected:
            expected.add(name)
            todo += present[name]
    random.shuffle(paragraphs)
    assert names(index_of(*paragraphs), root) == sorted(f"p{name}" for name in expected)

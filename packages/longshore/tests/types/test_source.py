"""The source tree's digest and order."""

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.types import Digest, SourceFile, SourceTree


def make_file(path: str, *, mode: int = 0o644, content: bytes = b"") -> SourceFile:
    return SourceFile(path=PurePosixPath(path), mode=mode, sha256=Digest.of(content))


def make_tree(*files: SourceFile, root: str = "/project") -> SourceTree:
    return SourceTree(root=Path(root), files=files, revision=None, dirty=False)


TREE = make_tree(make_file("a"), make_file("b"))


def test_the_digest_does_not_depend_on_the_folder_or_the_revision() -> None:
    assert replace(TREE, root=Path("/elsewhere")).digest == TREE.digest
    assert replace(TREE, revision="f" * 40, dirty=True).digest == TREE.digest


@pytest.mark.parametrize(
    "changed",
    [
        make_tree(make_file("a")),
        make_tree(make_file("a"), make_file("c")),
        make_tree(make_file("a"), make_file("b", mode=0o755)),
        make_tree(make_file("a"), make_file("b", content=b"x")),
    ],
)
def test_the_digest_depends_on_path_mode_and_content(changed: SourceTree) -> None:
    assert changed.digest != TREE.digest


@given(st.sets(st.text("ab/.-", min_size=1, max_size=6).map(PurePosixPath)))
def test_files_in_order_are_accepted_and_in_another_order_refused(
    paths: set[PurePosixPath],
) -> None:
    files = [make_file(str(path)) for path in sorted(paths)]
    assert len(make_tree(*files).files) == len(paths)
    for wrong in ([*reversed(files)], [*files, *files]):
        if wrong != files:
            with pytest.raises(ValueError, match="must be sorted by path and unique"):
                make_tree(*wrong)


def test_a_name_that_is_no_utf_8_has_a_digest() -> None:
    assert make_tree(make_file("\udcff")).digest != make_tree(make_file("\udcfe")).digest

"""``layers.files``: an application's own files."""

from pathlib import Path, PurePosixPath

import pytest

from longshore.errors import ProjectError
from longshore.layers.files import PlainFile, files_fragment
from longshore.oci.gzip import GzipEncoder, inflate
from longshore.types import Digest, SourceFile


def source(root: Path, name: str, mode: int = 0o644) -> PlainFile:
    path = root / name
    content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
    file = SourceFile(path=PurePosixPath(name), mode=mode, sha256=Digest.of(content))
    return PlainFile.of_source(file, root)


def test_the_bytes_do_not_depend_on_the_order_or_the_folder(tmp_path: Path) -> None:
    digests = set()
    for number, names in enumerate((("a.py", "b.py"), ("b.py", "a.py"))):
        root = tmp_path / str(number)
        root.mkdir()
        for name in names:
            (root / name).write_text(name)
        fragment = files_fragment([source(root, name) for name in names], GzipEncoder())
        digests.add((fragment.key, Digest.of_chunks(fragment.open())))
    assert len(digests) == 1


def test_content_and_mode_decide_the_key(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    keys = {files_fragment([source(tmp_path, "a")], GzipEncoder()).key}
    keys.add(files_fragment([source(tmp_path, "a", 0o755)], GzipEncoder()).key)
    (tmp_path / "a").write_text("2")
    keys.add(files_fragment([source(tmp_path, "a")], GzipEncoder()).key)
    keys.add(files_fragment([source(tmp_path, "a")], GzipEncoder(level=9)).key)
    assert len(keys) == 4


def test_a_file_that_changes_under_way_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    fragment = files_fragment([source(tmp_path, "a")], GzipEncoder())
    (tmp_path / "a").write_text("2")
    with pytest.raises(ProjectError, match="a: the file changed while the image was built"):
        list(fragment.open())
    (tmp_path / "a").unlink()
    with pytest.raises(ProjectError, match="a: can't be read: no such file or directory"):
        list(fragment.open())
    file = SourceFile(path=PurePosixPath("a"), mode=0o644, sha256=Digest.of(b""))
    with pytest.raises(ProjectError, match="a: can't be read"):
        PlainFile.of_source(file, tmp_path)


@pytest.mark.parametrize(
    "path", ["../x", "/x", ".venv/bin/python", ".longshore/lib/x", ".venv", "a//b"]
)
def test_a_place_that_is_not_the_applications_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"expected a relative|Longshore writes this place"):
        PlainFile.of_bytes(path, b"")


def test_a_place_that_only_begins_alike_is_fine() -> None:
    assert PlainFile.of_bytes(".venvs/x", b"").entry().path == "app/.venvs/x"


@pytest.mark.parametrize("target", ["/etc/passwd", "../x", "../../x", "a/../../../x", "b/../../.."])
def test_a_link_that_leaves_the_project_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "link").symlink_to(target)
    link = source(tmp_path, "a/link", 0o120000)
    if target == "../x":
        assert link.entry().target == "../x"
        return
    with pytest.raises(ProjectError, match="leaves the project"):
        link.entry()


def test_a_link_is_written_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("target.py")
    fragment = files_fragment([source(tmp_path, "link", 0o120000)], GzipEncoder())
    data = b"".join(inflate(fragment.open()))
    assert data[157:166] == b"target.py"
    assert len(data) == 512

"""The sdist maker."""

import io
import tarfile

from packaging.utils import parse_sdist_filename

from longshore.testing import make_sdist


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert make_sdist("a-b", "1", files={"a.py": "x"}) == make_sdist(
        "a-b", "1", files={"a.py": b"x"}
    )


def test_everything_is_in_one_folder() -> None:
    sdist = make_sdist("a-b", "1", files={"a.py": "x = 1\n"})
    assert parse_sdist_filename(sdist.filename)[0] == "a-b"
    with tarfile.open(fileobj=io.BytesIO(sdist.content)) as archive:
        assert archive.getnames() == ["a_b-1/PKG-INFO", "a_b-1/pyproject.toml", "a_b-1/a.py"]
        member = archive.extractfile("a_b-1/a.py")
        assert member is not None
        assert member.read() == b"x = 1\n"

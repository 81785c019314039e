"""What a backend that would ask git sees in the sandbox."""

from pathlib import Path, PurePosixPath
from textwrap import dedent

import pytest

from longshore.errors import WheelError
from longshore.oci.blobs import BlobStore
from longshore.oci.memos import MemoStore
from longshore.testing.sandbox import HostSandbox
from longshore.types import BuildMode, Digest, Member, SourceFile, SourceTree, parse_name
from longshore.wheels.backend import build_wheel
from longshore.wheels.built import BuiltWheel
from longshore.wheels.hooks import BuildEnvironment

BACKEND = """
    import os, zipfile
    def build_wheel(folder, settings, metadata):
        version = os.environ["SETUPTOOLS_SCM_PRETEND_VERSION"]
        assert version == os.environ["PDM_BUILD_SCM_VERSION"]
        assert "describe-name" in open(".git_archival.txt").read()
        name = f"demo-{version}-py3-none-any.whl"
        with zipfile.ZipFile(os.path.join(folder, name), "w") as archive:
            archive.writestr("demo.py", "")
        return name
"""


class Bench:
    """One member, and what builds it."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder = tmp_path
        self.root = tmp_path / "demo"
        self.root.mkdir()
        (self.root / "backend.py").write_text(dedent(BACKEND))
        (tmp_path / "packages").mkdir()
        self.blobs, self.memos = BlobStore(tmp_path / "blobs"), MemoStore(tmp_path / "memos")

    def build(self, version: str | None, *, revision: str | None = "abc") -> BuiltWheel:
        path = PurePosixPath("backend.py")
        content = Digest.of((self.root / path).read_bytes())
        tree = SourceTree(
            root=self.root,
            files=(SourceFile(path=path, mode=0o644, sha256=content),),
            revision=revision,
            dirty=False,
        )
        member = Member(
            name=parse_name("demo"),
            root=self.root,
            build=BuildMode.WHEEL,
            backend="backend",
            backend_path=(".",),
            requires=("setuptools-scm",),
            told_version=version,
        )
        environment = BuildEnvironment(
            sandbox=HostSandbox(),
            rootfs=self.folder,
            interpreter=PurePosixPath("/usr/bin/python3"),
            base_key=Digest.of(b"base"),
            packages=self.folder / "packages",
            packages_key=Digest.of(b"packages"),
        )
        return build_wheel(member, tree, environment, blobs=self.blobs, memos=self.memos)


def test_a_backend_is_told_its_version_which_is_a_part_of_the_key(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert bench.build("1.2.3").filename == "demo-1.2.3-py3-none-any.whl"
    assert bench.build("1.2.3").cached
    changed = bench.build("1.2.4")
    assert (changed.cached, changed.filename) == (False, "demo-1.2.4-py3-none-any.whl")


@pytest.mark.parametrize("revision", ["abc", None])
def test_without_a_version_the_hint_says_where_it_comes_from(
    tmp_path: Path, revision: str | None
) -> None:
    with pytest.raises(WheelError) as caught:
        Bench(tmp_path).build(None, revision=revision)
    assert str(caught.value) == "demo: the build backend 'backend' failed"
    assert caught.value.hint == (
        "its version comes from git, and there is no commit here: commit first, "
        "or write a fallback into the tool's table, for example fallback_version for setuptools-scm"
    )

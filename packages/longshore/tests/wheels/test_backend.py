"""First-party wheels by their PEP 517 backend.

The sandbox here is the host's interpreter with the inside paths mapped back: what is tested is the
protocol, the cache and the refusals. The real sandbox builds real projects in the e2e tests.
"""

import os
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from textwrap import dedent

import pytest

from longshore.errors import WheelError
from longshore.oci.blobs import BlobStore
from longshore.oci.memos import MemoStore
from longshore.testing.sandbox import HostSandbox
from longshore.types import BuildMode, Digest, Member, SourceFile, SourceTree, parse_name
from longshore.wheels.backend import (
    build_wheel,
    dynamic_requirements,
    member_files,
)
from longshore.wheels.hooks import BuildEnvironment
from longshore.wheels.produced import open_produced
from longshore.wheels.toolbox import packages_key, unpack_environment

BACKEND = """
    import os, zipfile
    def get_requires_for_build_wheel(settings):
        return {requires!r}
    def build_wheel(folder, settings, metadata):
        {body}
        with zipfile.ZipFile(os.path.join(folder, {name!r}), "w") as archive:
            archive.writestr("demo.py", open("demo.py").read())
        return {name!r}
"""


@pytest.fixture
def sandbox() -> HostSandbox:
    return HostSandbox()


@pytest.fixture
def environment(tmp_path: Path, sandbox: HostSandbox) -> BuildEnvironment:
    packages = tmp_path / "packages"
    packages.mkdir()
    (packages / "present-1.dist-info").mkdir()
    return BuildEnvironment(
        sandbox=sandbox,
        rootfs=tmp_path,
        interpreter=PurePosixPath("/usr/bin/python3"),
        base_key=Digest.of(b"base"),
        packages=packages,
        packages_key=Digest.of(b"packages"),
    )


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., tuple[Member, SourceTree]]:
    def make(
        *, name: str = "demo-1-py3-none-any.whl", requires: tuple[str, ...] = (), body: str = "pass"
    ) -> tuple[Member, SourceTree]:
        root = tmp_path / "project"
        root.mkdir(exist_ok=True)
        backend = dedent(BACKEND).format(name=name, requires=list(requires), body=body)
        (root / "backend.py").write_text(backend)
        (root / "demo.py").write_text("VALUE = 1\n")
        member = Member(
            name=parse_name("demo"),
            root=root,
            build=BuildMode.WHEEL,
            backend="backend",
            backend_path=(".",),
        )
        return member, _tree(root)

    return make


def _tree(root: Path) -> SourceTree:
    files = tuple(
        SourceFile(
            path=PurePosixPath(path.relative_to(root).as_posix()),
            mode=0o644,
            sha256=Digest.of(path.read_bytes()),
        )
        for path in sorted(root.rglob("*"))
        if path.is_file()
    )
    return SourceTree(root=root, files=files, revision=None, dirty=False)


Project = Callable[..., tuple[Member, SourceTree]]


def _build(
    tmp_path: Path, environment: BuildEnvironment, member: Member, tree: SourceTree
) -> tuple[str, bool, Path]:
    built = build_wheel(
        member,
        tree,
        environment,
        blobs=BlobStore(tmp_path / "blobs"),
        memos=MemoStore(tmp_path / "memos"),
    )
    return built.filename, built.cached, built.path


def test_the_backend_runs_once_for_the_same_source(
    tmp_path: Path, environment: BuildEnvironment, project: Project, sandbox: HostSandbox
) -> None:
    member, tree = project()
    filename, cached, path = _build(tmp_path, environment, member, tree)
    assert (filename, cached) == ("demo-1-py3-none-any.whl", False)
    assert zipfile.ZipFile(path).read("demo.py") == b"VALUE = 1\n"

    assert _build(tmp_path, environment, member, tree) == (filename, True, path)
    assert sandbox.runs == 1

    (member.root / "demo.py").write_text("VALUE = 2\n")
    _, cached, path = _build(tmp_path, environment, member, _tree(member.root))
    assert not cached
    assert zipfile.ZipFile(path).read("demo.py") == b"VALUE = 2\n"


def test_a_damaged_cached_wheel_is_built_again(
    tmp_path: Path, environment: BuildEnvironment, project: Project
) -> None:
    member, tree = project()
    _, _, path = _build(tmp_path, environment, member, tree)
    path.write_bytes(b"damaged")
    _, cached, path = _build(tmp_path, environment, member, tree)
    assert not cached
    assert zipfile.is_zipfile(path)


def test_dynamic_requirements_are_reported_without_building(
    environment: BuildEnvironment, project: Project
) -> None:
    member, tree = project(requires=("extra>=2",), body="raise SystemExit('built')")
    assert dynamic_requirements(member, tree, environment) == ("extra>=2",)


def test_a_requirement_that_is_not_pinned_is_refused(
    tmp_path: Path, environment: BuildEnvironment, project: Project
) -> None:
    member, tree = project(requires=("present", "extra>=2"))
    with pytest.raises(WheelError) as caught:
        _build(tmp_path, environment, member, tree)
    assert str(caught.value) == (
        "demo: the build backend also wants 'extra>=2', which longshore.lock lacks"
    )
    assert caught.value.hint == "run `longshore lock`"


def test_a_failing_backend_shows_its_last_lines(
    tmp_path: Path, environment: BuildEnvironment, project: Project
) -> None:
    member, tree = project(body="raise RuntimeError('no licence file')")
    with pytest.raises(WheelError, match="demo: the build backend 'backend' failed") as caught:
        _build(tmp_path, environment, member, tree)
    assert caught.value.context[-1] == "RuntimeError: no licence file"


def test_a_missing_backend_is_named(
    tmp_path: Path, environment: BuildEnvironment, project: Project
) -> None:
    member, tree = project()
    (member.root / "backend.py").unlink()
    with pytest.raises(WheelError) as caught:
        _build(tmp_path, environment, member, _tree(member.root))
    assert str(caught.value) == "demo: the build backend 'backend' can't be imported"
    assert tree.files


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("other-1-py3-none-any.whl", "demo: the build backend gave a wheel of 'other'"),
        ("demo.tar.gz", "demo: the build backend gave 'demo.tar.gz', which is not a wheel"),
    ],
)
def test_what_is_not_the_members_wheel_is_refused(
    tmp_path: Path, environment: BuildEnvironment, project: Project, name: str, message: str
) -> None:
    member, tree = project(name=name)
    with pytest.raises(WheelError) as caught:
        _build(tmp_path, environment, member, tree)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("pass", "{secret}"),
        ("pass", "../../host/demo-1-py3-none-any.whl"),
        ("os.symlink({secret!r}, os.path.join(folder, {name!r}))", "demo-1-py3-none-any.whl"),
        ("os.mkfifo(os.path.join(folder, {name!r}))", "demo-1-py3-none-any.whl"),
        ("os.mkdir(os.path.join(folder, {name!r}))", "demo-1-py3-none-any.whl"),
        ("pass", "demo-\0.whl"),
        ("pass", f"demo-{'1' * 300}-py3-none-any.whl"),
    ],
)
def test_a_backend_can_not_hand_out_a_file_of_the_host(
    tmp_path: Path, environment: BuildEnvironment, project: Project, body: str, name: str
) -> None:
    (tmp_path / "host").mkdir()
    secret = tmp_path / "host/demo-1-py3-none-any.whl"
    _wheel(secret, {"secret.txt": "of the host"})
    member, _ = project()
    name = name.format(secret=secret)
    backend = f"""
        import os
        def build_wheel(folder, settings, metadata):
            {body.format(secret=str(secret), name=name)}
            return {name!r}
    """
    (member.root / "backend.py").write_text(dedent(backend))
    with pytest.raises(WheelError, match="is not a wheel"):
        _build(tmp_path, environment, member, _tree(member.root))


def test_a_backend_can_not_have_another_answer_read(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text("{}")
    output = tmp_path / "output"
    output.mkdir()
    (output / "link").symlink_to("../host.json")
    os.mkfifo(output / "pipe")
    for name in ("link", "pipe", "../host.json", "..", "", str(tmp_path / "host.json")):
        with pytest.raises(OSError, match=r".+"):
            open_produced(output, name)


def test_a_member_sees_its_own_files_only(tmp_path: Path) -> None:
    for name in ("app/pyproject.toml", "libs/core/core.py", "libs/core/pyproject.toml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    member = Member(name=parse_name("core"), root=tmp_path / "libs/core", build=BuildMode.WHEEL)
    part = member_files(member, _tree(tmp_path))
    assert [str(file.path) for file in part.files] == ["core.py", "pyproject.toml"]
    assert part.root == tmp_path / "libs/core"


def _wheel(path: Path, entries: dict[str, str]) -> tuple[str, Digest, Path]:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in entries.items():
            archive.writestr(name, text)
    return path.name, Digest.of(path.read_bytes()), path


def _compile(*, source: Path, prefix: PurePosixPath, output: Path) -> None:
    assert (source / "tool.py").is_file()
    assert prefix == PurePosixPath("/build/environment")
    (output / "__pycache__").mkdir()
    (output / "__pycache__" / "tool.cpython-313.pyc").write_bytes(b"bytecode")


def _unpack(wheel: tuple[str, Digest, Path], cache: Path) -> Path:
    return unpack_environment(
        [wheel],
        cache,
        python="f30d0d0a",
        interpreter=PurePosixPath("/usr/bin/python3.13"),
        compiler=_compile,
    )


@pytest.mark.parametrize(
    "names", [["x.data/purelib"], ["a", "x.data/purelib/a/b"], ["a/b", "x.data/purelib/a"]]
)
def test_a_wheel_with_a_file_where_a_folder_is_is_refused(tmp_path: Path, names: list[str]) -> None:
    wheel = _wheel(tmp_path / "x-1-py3-none-any.whl", dict.fromkeys(names, ""))
    with pytest.raises(WheelError, match="a file and a folder at once"):
        _unpack(wheel, tmp_path / "cache")


def test_an_environment_holds_modules_their_bytecode_and_programs(tmp_path: Path) -> None:
    wheel = _wheel(
        tmp_path / "tool-1-py3-none-any.whl",
        {
            "tool.py": "",
            "tool-1.dist-info/METADATA": "",
            "tool-1.dist-info/entry_points.txt": "[console_scripts]\nmeson = tool:Main.run\n",
            "tool-1.data/purelib/extra.py": "",
            "tool-1.data/scripts/ninja": "#!python\nimport tool\n",
            "tool-1.data/data/share/x": "",
        },
    )
    folder = _unpack(wheel, tmp_path / "environments")
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert names == {
        "tool.py",
        "__pycache__/tool.cpython-313.pyc",
        "tool-1.dist-info/METADATA",
        "tool-1.dist-info/entry_points.txt",
        "extra.py",
        "bin/meson",
        "bin/ninja",
        ".data/data/share/x",
    }
    for name in ("ninja", "meson"):
        assert (folder / "bin" / name).stat().st_mode & 0o111
    assert (folder / "bin/ninja").read_text() == "#!/usr/bin/python3.13 -P\nimport tool\n"
    assert (folder / "bin/meson").read_text() == (
        "#!/usr/bin/python3.13 -P\nimport sys\n\nfrom tool import Main\n\nsys.exit(Main.run())\n"
    )
    assert _unpack(wheel, tmp_path / "environments") == folder


def test_an_entry_that_leaves_the_wheel_is_refused(tmp_path: Path) -> None:
    wheel = _wheel(tmp_path / "evil-1-py3-none-any.whl", {"../evil.py": ""})
    with pytest.raises(WheelError, match=r"evil-1-py3-none-any.whl: bad name: .* got '../evil.py'"):
        _unpack(wheel, tmp_path / "environments")
    assert list((tmp_path / "environments").iterdir()) == []
    assert not (tmp_path / "evil.py").exists()


def test_the_environments_key_ignores_the_order() -> None:
    first, second = ("a.whl", Digest.of(b"a")), ("b.whl", Digest.of(b"b"))
    assert packages_key([first, second]) == packages_key([second, first])
    assert packages_key([first]) != packages_key([second])

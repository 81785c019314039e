"""The standard's lock file."""

from pathlib import Path

import pytest

from longshore.errors import LockError
from longshore.locks import LockedSet, SourceKind, find_lock, read_lock
from longshore.types import Digest, Target, parse_name

HEAD = 'lock-version = "1.0"\ncreated-by = "test"\n'
A, B = "a" * 64, "b" * 64
COMMIT = "c" * 40


def _lock(root: Path, text: str, *, head: str = HEAD) -> LockedSet:
    (root / "pylock.toml").write_text(head + text)
    return read_lock(root)


def _fails(root: Path, text: str, *, head: str = HEAD) -> LockError:
    with pytest.raises(LockError) as caught:
        _lock(root, text, head=head)
    return caught.value


def _package(name: str, version: str = "1.0", extra: str = "") -> str:
    file = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    return f"""
[[packages]]
name = "{name}"
version = "{version}"
{extra}
[[packages.wheels]]
url = "https://files.test/{file}"
size = 12
hashes = {{ sha256 = "{A}", md5 = "00" }}
"""


def test_wheels_and_sdists_become_artifacts(tmp_path: Path, target: Target) -> None:
    lock = _lock(
        tmp_path,
        f"""
[[packages]]
name = "alpha-one"
version = "1.0"
index = "https://index.test/simple/"
sdist = {{ url = "https://files.test/alpha_one-1.0.tar.gz", hashes = {{ sha256 = "{B}" }} }}
wheels = [
  {{ url = "https://files.test/alpha%5Fone-1.0-py3-none-any.whl", hashes = {{ sha256 = "{A}" }} }},
  {{ path = "dist/alpha_one-1.0-1-py3-none-any.whl", size = 7, hashes = {{ sha512 = "{A + B}" }} }},
]
""",
    )
    [package] = lock.select(target).packages
    assert (package.name, package.version) == ("alpha-one", "1.0")
    assert package.source.kind is SourceKind.REGISTRY
    assert package.source.location == "https://index.test/simple/"
    first, second, sdist = package.artifacts
    assert first.filename == "alpha_one-1.0-py3-none-any.whl"
    assert (first.digest, first.path, first.size) == (Digest("sha256", A), None, None)
    assert second.path == tmp_path / "dist/alpha_one-1.0-1-py3-none-any.whl"
    assert (second.url, second.size, second.digest.algorithm) == (None, 7, "sha512")
    assert (sdist.filename, sdist.is_wheel) == ("alpha_one-1.0.tar.gz", False)


def test_markers_decide_and_dependencies_say_why(tmp_path: Path, target: Target) -> None:
    lock = _lock(
        tmp_path,
        _package("alpha", extra='dependencies = [{ name = "beta" }, { name = "wind" }]')
        + _package("beta", "1.0", "marker = \"python_version < '3.13'\"")
        + _package("beta", "2.0", "marker = \"python_version >= '3.13'\"")
        + _package("wind", extra="marker = \"sys_platform == 'win32'\""),
    )
    selection = lock.select(target)
    assert list(map(str, selection.packages)) == ["alpha 1.0", "beta 2.0"]
    assert selection.reasons[parse_name("beta")] == ("alpha", "beta")
    assert selection.packages[0].artifacts[0].size == 12


def test_archives_repositories_and_folders_have_their_sources(
    tmp_path: Path, target: Target
) -> None:
    lock = _lock(
        tmp_path,
        f"""
[[packages]]
name = "app"
directory = {{ path = ".", editable = true }}
[[packages]]
name = "lib"
directory = {{ path = "packages/lib", editable = true }}
[[packages]]
name = "local"
archive = {{ path = "vendor/local-1.0-py3-none-any.whl", hashes = {{ sha256 = "{A}" }} }}
[[packages]]
name = "remote"
archive = {{ url = "https://a.test/remote-1.0-py3-none-any.whl", hashes = {{ sha256 = "{A}" }} }}
[[packages]]
name = "source"
vcs = {{ type = "git", url = "https://code.test/source", commit-id = "{COMMIT}" }}
""",
    )
    selection = lock.select(target)
    assert [(each.name, each.source.kind) for each in selection.members] == [
        ("lib", SourceKind.EDITABLE)
    ]
    local, remote, source = selection.packages
    assert local.artifacts[0].path == tmp_path / "vendor/local-1.0-py3-none-any.whl"
    assert (remote.source.kind, remote.artifacts[0].url) == (
        SourceKind.URL,
        "https://a.test/remote-1.0-py3-none-any.whl",
    )
    assert (source.source.kind, source.source.revision) == (SourceKind.GIT, COMMIT)


def test_extras_and_groups_are_chosen_by_markers(tmp_path: Path, target: Target) -> None:
    lock = _lock(
        tmp_path,
        _package("alpha", extra="marker = \"'main' in dependency_groups\"")
        + _package("pg", extra="marker = \"'postgres' in extras\"")
        + _package("tool", extra="marker = \"'Dev_Tools' in dependency_groups\""),
        head=HEAD
        + 'extras = ["postgres"]\ndependency-groups = ["main", "Dev_Tools"]\n'
        + 'default-groups = ["main"]\n',
    )
    assert [each.name for each in lock.select(target).packages] == ["alpha"]
    chosen = lock.select(target, extras=["postgres"], groups=["dev-tools"])
    assert [each.name for each in chosen.packages] == ["alpha", "pg", "tool"]
    with pytest.raises(LockError) as caught:
        lock.select(target, extras=["postgre"])
    assert caught.value.hint == "did you mean 'postgres'?"


def test_the_environment_must_be_one_that_was_locked(tmp_path: Path, target: Target) -> None:
    lock = _lock(tmp_path, "packages = []\n", head=HEAD + 'requires-python = ">=3.14"\n')
    with pytest.raises(LockError, match=r"requires Python >=3\.14, the target has 3\.13"):
        lock.select(target)
    head = HEAD + "environments = [\"sys_platform == 'darwin'\"]\n"
    with pytest.raises(LockError, match="was not resolved for linux/amd64"):
        _lock(tmp_path, "packages = []\n", head=head).select(target)


def test_a_package_for_another_python_is_refused(tmp_path: Path, target: Target) -> None:
    lock = _lock(tmp_path, _package("alpha", extra='requires-python = "<3.13"'))
    with pytest.raises(LockError) as caught:
        lock.select(target)
    assert str(caught.value) == (
        f"{tmp_path}/pylock.toml: alpha 1.0 requires Python <3.13, the target has 3.13.5"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("packages = 1\n", "packages: unexpected type int (expected Sequence)"),
        ('[[packages]]\nversion = "1"\n', "packages[0].name: missing required value"),
        (
            '[[packages]]\nname = "Alpha"\n',
            "packages[0].name: name 'Alpha' is not normalized",
        ),
        (
            _package("alpha").replace(f'sha256 = "{A}", md5 = "00"', ""),
            "packages[0].wheels[0].hashes: at least one hash must be provided",
        ),
        (
            _package("alpha").replace(f'sha256 = "{A}", ', ""),
            "packages[0] (alpha): hashes: expected sha256 or stronger, got md5",
        ),
        (
            _package("alpha").replace(A, "00"),
            "packages[0] (alpha): expected 64 lower-case hexadecimal digits, got '00'",
        ),
        (
            '[[packages]]\nname = "a"\nvcs = { type = "hg", url = "u", commit-id = "c" }\n',
            "packages[0] (a): vcs: expected a URL of a git repository, got hg at 'u'",
        ),
        (
            '[[packages]]\nname = "a"\nvcs = { type = "git", url = "u", commit-id = "main" }\n',
            "packages[0] (a): vcs.commit-id: expected a full commit, got 'main'",
        ),
        (
            'packages = []\n[tool.longshore]\ninputs = "?"\n',
            "tool.longshore.inputs: expected 'sha256:…', got '?'",
        ),
    ],
)
def test_what_is_wrong_says_where(tmp_path: Path, text: str, message: str) -> None:
    error = _fails(tmp_path, text)
    assert str(error) == f"{tmp_path}/pylock.toml: {message}"
    assert error.hint == "write it anew with the tool that made it"


def test_files_that_are_no_locks(tmp_path: Path) -> None:
    assert "invalid TOML: " in str(_fails(tmp_path, "packages =\n"))
    error = _fails(tmp_path, "packages = []\n", head='lock-version = "2.0"\ncreated-by = "x"\n')
    assert str(error) == f"{tmp_path}/pylock.toml: lock-version: expected '1.0', got '2.0'"
    assert error.hint == "upgrade longshore, or lock with the older version"


def test_what_it_was_made_from_is_kept(tmp_path: Path) -> None:
    digest = Digest.of(b"inputs")
    lock = _lock(tmp_path, f'packages = []\n[tool.longshore]\ninputs = "{digest}"\n')
    assert lock.inputs == digest
    assert _lock(tmp_path, "packages = []\n").inputs is None


def test_the_only_named_lock_is_taken(tmp_path: Path) -> None:
    (tmp_path / "pylock.production.toml").write_text(HEAD + "packages = []\n")
    assert read_lock(tmp_path).path.name == "pylock.production.toml"
    (tmp_path / "pylock.dev.toml").write_text(HEAD + "packages = []\n")
    assert find_lock(tmp_path) is None
    with pytest.raises(LockError) as caught:
        read_lock(tmp_path)
    assert caught.value.context == ("pylock.dev.toml, pylock.production.toml: which one is meant?",)
    (tmp_path / "pylock.toml").write_text(HEAD + "packages = []\n")
    assert read_lock(tmp_path).path.name == "pylock.toml"


def test_it_goes_after_uv_lock_and_before_requirements(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(f"alpha==1 --hash=sha256:{A}\n")
    (tmp_path / "pylock.toml").write_text(HEAD + "packages = []\n")
    assert read_lock(tmp_path).path.name == "pylock.toml"
    (tmp_path / "uv.lock").write_text(
        'version = 1\n[[package]]\nname = "a"\nsource = { virtual = "." }\n'
    )
    assert read_lock(tmp_path).path.name == "uv.lock"


def test_a_folder_outside_is_refused(tmp_path: Path, target: Target) -> None:
    lock = _lock(tmp_path, '[[packages]]\nname = "lib"\ndirectory = { path = "../lib" }\n')
    with pytest.raises(LockError, match=r"'\.\./lib' leaves the folder of the lock"):
        lock.select(target)

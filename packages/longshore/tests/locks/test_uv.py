"""The format of uv."""

import subprocess
from pathlib import Path

import pytest

from longshore.errors import LockError
from longshore.locks import LockedSet, SourceKind, read_lock
from longshore.types import Digest, Target

SHA = "sha256:" + "a" * 64
HEAD = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n'
APP = """
[[package]]
name = "app"
version = "0.1"
source = { editable = "." }
"""


def _lock(root: Path, text: str, *, head: str = HEAD) -> LockedSet:
    (root / "uv.lock").write_text(head + text)
    return read_lock(root)


def _package(name: str, version: str = "1", more: str = "") -> str:
    return f"""
[[package]]
name = "{name}"
version = "{version}"
source = {{ registry = "https://index.test/simple" }}
{more}
wheels = [
  {{ url = "https://files.test/{name}-{version}-py3-none-any.whl", hash = "{SHA}", size = 7 }},
]
"""


def _names(lock: LockedSet, target: Target, *extras: str, groups: tuple[str, ...] = ()) -> str:
    chosen = lock.select(target, extras=extras, groups=groups)
    return " ".join(str(package) for package in chosen.packages)


def test_a_registry_package_has_its_files(tmp_path: Path) -> None:
    lock = _lock(tmp_path, APP + _package("alpha"))
    alpha = lock.packages[1]
    assert (alpha.name, alpha.version, alpha.source.kind) == ("alpha", "1", SourceKind.REGISTRY)
    (artifact,) = alpha.artifacts
    assert artifact.filename == "alpha-1-py3-none-any.whl"
    assert artifact.url == "https://files.test/alpha-1-py3-none-any.whl"
    assert (artifact.digest, artifact.size) == (Digest.parse(SHA), 7)
    assert artifact.is_wheel


def test_an_sdist_is_a_file_too(tmp_path: Path) -> None:
    sdist = f'sdist = {{ url = "https://files.test/alpha-1.tar.gz", hash = "{SHA}" }}'
    lock = _lock(tmp_path, APP + _package("alpha", more=sdist))
    assert [item.filename for item in lock.packages[1].artifacts] == [
        "alpha-1-py3-none-any.whl",
        "alpha-1.tar.gz",
    ]


@pytest.mark.parametrize(
    ("source", "kind", "location", "filename"),
    [
        (
            'url = "https://files.test/a%2Bb/alpha-1%2Blocal-py3-none-any.whl"',
            SourceKind.URL,
            "https://files.test/a%2Bb/alpha-1%2Blocal-py3-none-any.whl",
            "alpha-1+local-py3-none-any.whl",
        ),
        (
            'path = "vendor/alpha-1-py3-none-any.whl"',
            SourceKind.PATH,
            "vendor/alpha-1-py3-none-any.whl",
            "alpha-1-py3-none-any.whl",
        ),
    ],
)
def test_an_archive_takes_its_place_from_the_source(
    tmp_path: Path, source: str, kind: SourceKind, location: str, filename: str
) -> None:
    lock = _lock(
        tmp_path,
        f"""{APP}
[[package]]
name = "alpha"
version = "1"
source = {{ {source} }}
wheels = [{{ filename = "{filename}", hash = "{SHA}" }}]
""",
    )
    alpha = lock.packages[1]
    assert (alpha.source.kind, alpha.source.location) == (kind, location)
    (artifact,) = alpha.artifacts
    assert artifact.filename == filename
    assert artifact.url == (location if kind is SourceKind.URL else None)
    assert artifact.path == (None if kind is SourceKind.URL else tmp_path / location)


def test_a_folder_of_wheels_is_a_registry(tmp_path: Path) -> None:
    lock = _lock(
        tmp_path,
        f"""{APP}
[[package]]
name = "alpha"
version = "1"
source = {{ registry = "wheels" }}
wheels = [{{ path = "alpha-1-py3-none-any.whl", hash = "{SHA}" }}]
""",
    )
    (artifact,) = lock.packages[1].artifacts
    assert artifact.path == tmp_path / "wheels/alpha-1-py3-none-any.whl"


def test_a_git_source_is_a_repository_at_a_full_commit(tmp_path: Path) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    url = f"https://git.test/alpha?subdirectory=py%2Falpha&tag=v1#{commit}"
    lock = _lock(
        tmp_path,
        f'{APP}\n[[package]]\nname = "alpha"\nversion = "1"\nsource = {{ git = "{url}" }}\n',
    )
    source = lock.packages[1].source
    assert (source.kind, source.location) == (SourceKind.GIT, "https://git.test/alpha")
    assert (source.revision, source.subdirectory) == (commit, "py/alpha")


def test_markers_decide_for_the_target(tmp_path: Path, target: Target, old_target: Target) -> None:
    edges = """dependencies = [
  { name = "alpha", marker = "python_full_version < '3.12'" },
  { name = "beta", marker = "platform_machine == 'x86_64'" },
]"""
    lock = _lock(tmp_path, APP + edges + _package("alpha") + _package("beta"))
    assert _names(lock, target) == "beta 1"
    assert _names(lock, old_target) == "alpha 1"


def test_a_fork_is_decided_by_the_edge(tmp_path: Path, target: Target, old_target: Target) -> None:
    source = 'source = { registry = "https://index.test/simple" }'
    edges = f"""dependencies = [
  {{ name = "alpha", version = "1", {source}, marker = "python_full_version < '3.12'" }},
  {{ name = "alpha", version = "2", {source}, marker = "python_full_version >= '3.12'" }},
]"""
    lock = _lock(tmp_path, APP + edges + _package("alpha", "1") + _package("alpha", "2"))
    assert _names(lock, target) == "alpha 2"
    assert _names(lock, old_target) == "alpha 1"


def test_extras_and_groups_come_on_request(tmp_path: Path, target: Target) -> None:
    tables = """
[package.optional-dependencies]
fast = [{ name = "alpha", extra = ["c"] }]
[package.dev-dependencies]
dev = [{ name = "delta" }]
"""
    alpha = _package("alpha") + '[package.optional-dependencies]\nc = [{ name = "gamma" }]\n'
    lock = _lock(tmp_path, APP + tables + alpha + _package("gamma") + _package("delta"))
    assert _names(lock, target) == ""
    assert _names(lock, target, "Fast") == "alpha 1 gamma 1"
    assert _names(lock, target, groups=("dev",)) == "delta 1"


def test_conflicting_extras_are_told_apart_by_uvs_names(tmp_path: Path, target: Target) -> None:
    edges = """dependencies = [
  { name = "alpha", marker = "extra == 'extra-3-app-cpu'" },
  { name = "beta", marker = "extra != 'extra-3-app-cpu' and sys_platform == 'linux'" },
]
[package.optional-dependencies]
cpu = [{ name = "gamma" }]
"""
    packages = _package("alpha") + _package("beta") + _package("gamma")
    lock = _lock(tmp_path, APP + edges + packages)
    assert _names(lock, target) == "beta 1"
    assert _names(lock, target, "cpu") == "alpha 1 gamma 1"


def test_two_versions_at_once_are_refused(tmp_path: Path, target: Target) -> None:
    source = 'source = { registry = "https://index.test/simple" }'
    tables = f"""
[package.optional-dependencies]
cpu = [{{ name = "alpha", version = "1", {source} }}]
gpu = [{{ name = "alpha", version = "2", {source} }}]
"""
    lock = _lock(tmp_path, APP + tables + _package("alpha", "1") + _package("alpha", "2"))
    with pytest.raises(LockError) as caught:
        lock.select(target, extras=("cpu", "gpu"))
    assert str(caught.value) == (
        f"{tmp_path}/uv.lock: more than one version is selected for linux/amd64, Python 3.13, "
        "glibc 2.41: alpha: both 1 and 2"
    )
    assert caught.value.hint == "extras or groups that conflict can't be selected together"


def test_a_selection_says_why(tmp_path: Path, target: Target) -> None:
    edges = 'dependencies = [{ name = "alpha" }, { name = "beta" }]'
    alpha = _package("alpha", more='dependencies = [{ name = "gamma" }, { name = "beta" }]')
    gamma = _package("gamma", more='dependencies = [{ name = "alpha" }]')
    lock = _lock(tmp_path, APP + edges + alpha + _package("beta") + gamma)
    chosen = lock.select(target)
    assert chosen.reasons == {
        "app": (),
        "alpha": ("alpha",),
        "beta": ("beta",),
        "gamma": ("alpha", "gamma"),
    }
    assert [str(member) for member in chosen.members] == ["app 0.1"]


WORKSPACE = """
[manifest]
members = ["app", "lib"]
[[package]]
name = "app"
version = "0.1"
source = { editable = "packages/app" }
dependencies = [{ name = "lib" }]
[[package]]
name = "lib"
source = { editable = "packages/lib" }
dependencies = [{ name = "alpha" }]
""" + _package("alpha")


def test_a_member_finds_the_lock_of_its_workspace(tmp_path: Path, target: Target) -> None:
    member = tmp_path / "packages/lib"
    member.mkdir(parents=True)
    (tmp_path / "uv.lock").write_text(HEAD + WORKSPACE)
    lock = read_lock(member)
    assert lock.path == tmp_path / "uv.lock"
    assert lock.roots == ("lib",)
    chosen = lock.select(target)
    assert [package.name for package in chosen.members] == ["lib"]
    assert [package.name for package in chosen.packages] == ["alpha"]


def test_the_root_of_a_workspace_without_a_project_has_all_members(
    tmp_path: Path, target: Target
) -> None:
    lock = _lock(tmp_path, WORKSPACE)
    assert lock.roots == ("app", "lib")
    assert [package.name for package in lock.select(target).members] == ["app", "lib"]


def test_a_workspace_that_does_not_have_the_folder_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(HEAD + WORKSPACE)
    stranger = tmp_path / "examples/other"
    stranger.mkdir(parents=True)
    with pytest.raises(LockError) as caught:
        read_lock(stranger)
    assert str(caught.value) == (
        f"{stranger}: no lock: expected uv.lock, pylock.toml, or requirements.txt with hashes"
    )
    (stranger / "requirements.txt").write_text(f"alpha==1 --hash={SHA}\n")
    assert read_lock(stranger).path == stranger / "requirements.txt"


def test_a_lock_of_its_own_goes_before_that_of_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(HEAD + WORKSPACE)
    member = tmp_path / "packages/lib"
    member.mkdir(parents=True)
    (member / "requirements.txt").write_text(f"alpha==1 --hash={SHA}\n")
    assert read_lock(member).path == member / "requirements.txt"


def test_a_lock_above_the_repository_is_not_looked_for(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(HEAD + WORKSPACE)
    member = tmp_path / "packages/lib"
    (member / ".git").mkdir(parents=True)
    with pytest.raises(LockError, match="no lock"):
        read_lock(member)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version = 2\n", "version: expected 1, got 2"),
        ("version = 1\n", "has no package for this folder"),
        ("version = \n", "invalid TOML: invalid value (at line 1, column 11)"),
    ],
)
def test_a_file_that_is_no_such_lock_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(LockError) as caught:
        _lock(tmp_path, text, head="")
    assert str(caught.value) == f"{tmp_path}/uv.lock: {message}"


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = """
[[package]]
name = "app"
source = { editable = "." }
dependencies = [{ marker = "python_version <> 3" }, { name = 7 }]
[[package]]
name = "alpha"
source = { registry = "https://index.test/simple" }
wheels = [{ url = "https://files.test/a.whl", hash = "md5:00", size = "7" }, "x"]
sdist = { url = "https://files.test/a.tar.gz" }
[[package]]
name = "beta"
version = "1"
source = { git = "https://git.test/beta#main" }
[[package]]
name = "gamma"
version = "1"
source = { floppy = "a:" }
"""
    with pytest.raises(LockError) as caught:
        _lock(tmp_path, text)
    place = f"{tmp_path}/uv.lock: package"
    assert str(caught.value) == f"{tmp_path}/uv.lock: 10 problems"
    assert caught.value.hint == "run 'uv lock' to write it anew"
    known = "registry, git, url, path, directory, editable, virtual"
    assert sorted(caught.value.context) == sorted(
        [
            f"{place}[0].dependencies[0].name: missing",
            f"{place}[0].dependencies[0].marker: Expected a marker variable or quoted string",
            f"{place}[0].dependencies[1].name: expected a string, got 7",
            f"{place}[1].version: missing",
            (
                f"{place}[1].wheels[0].hash: unsupported digest algorithm 'md5'; "
                "expected one of sha256, sha384, sha512"
            ),
            f"{place}[1].wheels[0].size: expected an integer, got '7'",
            f"{place}[1].wheels[1]: expected a table, got 'x'",
            f"{place}[1].sdist.hash: missing",
            (
                f"{place}[2].source.git: expected a full commit after '#', "
                "got 'https://git.test/beta#main'"
            ),
            f"{place}[3].source: expected one of {known}, got {{'floppy': 'a:'}}",
        ]
    )


def test_names_and_markers_in_arrays_have_their_place_too(tmp_path: Path) -> None:
    text = """
[manifest]
members = ["app", "-"]
[[package]]
name = "app"
source = { editable = "." }
dependencies = [{ name = "a", extra = ["x", "!"] }]
[package.optional-dependencies]
"?" = []
[[package]]
name = "b"
version = "1"
source = { registry = "wheels" }
wheels = [{ hash = "sha256:00" }]
"""
    head = 'version = 1\nsupported-markers = ["sys_platform == 1"]\n'
    with pytest.raises(LockError) as caught:
        _lock(tmp_path, text, head=head)
    problems = [line.removeprefix(f"{tmp_path}/uv.lock: ") for line in caught.value.context]
    assert problems == [
        "package[0].dependencies[0].extra[1]: expected a distribution name, got '!'",
        "package[0].optional-dependencies: expected a distribution name, got '?'",
        "package[1].wheels[0].hash: expected 64 lower-case hexadecimal digits, got '00'",
        "package[1].wheels[0].url: missing",
        "supported-markers[0]: Expected a marker variable or quoted string",
    ]


def test_a_lock_that_can_not_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_bytes(b"\xff")
    with pytest.raises(LockError, match=r"uv\.lock: invalid TOML: 'utf-8' codec can't decode"):
        read_lock(tmp_path)


def test_an_extra_must_be_a_name(tmp_path: Path, target: Target) -> None:
    with pytest.raises(LockError) as caught:
        _lock(tmp_path, APP).select(target, extras=["a b"])
    assert str(caught.value) == "an extra or group: expected a distribution name, got 'a b'"


def test_a_python_that_was_not_resolved_for_is_refused(
    tmp_path: Path, target: Target, old_target: Target
) -> None:
    lock = _lock(tmp_path, APP, head='version = 1\nrequires-python = ">=3.12"\n')
    lock.select(target)
    with pytest.raises(LockError) as caught:
        lock.select(old_target)
    assert str(caught.value) == (
        f"{tmp_path}/uv.lock: requires Python >=3.12, the target has 3.11.2"
    )


def test_an_environment_that_was_not_resolved_for_is_refused(
    tmp_path: Path, target: Target, old_target: Target
) -> None:
    head = HEAD + "supported-markers = [\"platform_machine == 'aarch64'\"]\n"
    lock = _lock(tmp_path, APP, head=head)
    lock.select(old_target)
    with pytest.raises(LockError) as caught:
        lock.select(target)
    assert str(caught.value) == (
        f"{tmp_path}/uv.lock: was not resolved for linux/amd64, Python 3.13, glibc 2.41"
    )


def test_an_unknown_extra_is_suggested(tmp_path: Path, target: Target) -> None:
    tables = "[package.optional-dependencies]\npostgres = []\nredis = []\n"
    lock = _lock(tmp_path, APP + tables)
    for extra, hint in {
        "postgress": "did you mean 'postgres'?",
        "x": "it has 'postgres', 'redis'",
    }.items():
        with pytest.raises(LockError) as caught:
            lock.select(target, extras=(extra,))
        assert str(caught.value) == f"{tmp_path}/uv.lock: the project has no extra {extra!r}"
        assert caught.value.hint == hint
    with pytest.raises(LockError) as caught:
        lock.select(target, groups=("dev",))
    assert caught.value.hint == "it has no groups; declare it in pyproject.toml and lock again"


@pytest.mark.parametrize("path", ["../shared", "/opt/shared", "a/../../b"])
def test_code_outside_the_locks_folder_is_refused_when_it_is_needed(
    tmp_path: Path, target: Target, path: str
) -> None:
    shared = f'[[package]]\nname = "shared"\nsource = {{ directory = "{path}" }}\n'
    _lock(tmp_path, APP + shared).select(target)
    lock = _lock(tmp_path, f'{APP}dependencies = [{{ name = "shared" }}]\n{shared}')
    with pytest.raises(LockError, match=r"leaves the folder of the lock$"):
        lock.select(target)


def test_an_edge_to_nowhere_is_named(tmp_path: Path, target: Target) -> None:
    lock = _lock(tmp_path, f'{APP}dependencies = [{{ name = "alpha", version = "3" }}]\n')
    with pytest.raises(LockError) as caught:
        lock.select(target)
    assert str(caught.value) == (
        f"{tmp_path}/uv.lock: a dependency on 'alpha 3' is not in the lock"
    )


def test_a_marker_that_makes_no_sense_is_named(tmp_path: Path, target: Target) -> None:
    edge = "{ name = 'alpha', marker = \"python_version ~= 'x'\" }"
    lock = _lock(tmp_path, f"{APP}dependencies = [{edge}]\n{_package('alpha')}")
    with pytest.raises(LockError) as caught:
        lock.select(target)
    assert str(caught.value) == (
        f"{tmp_path}/uv.lock: marker 'python_version ~= \"x\"' can't be evaluated"
    )
    assert caught.value.hint == "correct the marker where the dependency is declared"


def test_reading_starts_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError((args, kwargs))

    monkeypatch.setattr(subprocess.Popen, "__init__", refuse)
    _lock(tmp_path, APP)

"""The format of pip's hash-checking mode."""

from pathlib import Path

import pytest

from longshore.errors import LockError
from longshore.locks import LockedSet, SourceKind, read_lock
from longshore.types import Digest, Target

A = "sha256:" + "a" * 64
B = "sha256:" + "b" * 64
HASHED = f"zulu==1 --hash={A}\n"
HINT = (
    "write it with 'uv export --format requirements-txt --no-emit-project -o requirements.txt', "
    "or 'pip-compile --generate-hashes'"
)


def _lock(root: Path, text: str, **environment: str) -> LockedSet:
    (root / "requirements.txt").write_text(text)
    return read_lock(root, environment=environment)


def _fails(root: Path, text: str) -> LockError:
    with pytest.raises(LockError) as caught:
        _lock(root, text)
    return caught.value


def test_lines_are_joined_and_comments_dropped(tmp_path: Path, target: Target) -> None:
    lock = _lock(
        tmp_path,
        f"""\ufeff# made by a tool
Alpha_One==1.0 \\
    --hash={B} \\
    --hash={A}
    # via app

beta==2 ; python_version < '3.12' --hash={A}  # via alpha-one
gamma[c]==3;sys_platform=="linux" --hash {A}
""",
    )
    assert [str(package) for package in lock.packages] == ["alpha-one 1.0", "beta 2", "gamma 3"]
    assert lock.packages[0].hashes == (Digest.parse(A), Digest.parse(B))
    assert lock.packages[0].artifacts == ()
    assert [package.name for package in lock.select(target).packages] == ["alpha-one", "gamma"]


def test_the_comments_say_why(tmp_path: Path, target: Target) -> None:
    lock = _lock(
        tmp_path,
        f"""\
alpha==1 --hash={A}
    # via
    #   app (pyproject.toml)
    #   -r requirements.in
beta==1 --hash={A}
    # via
    #   alpha
    #   gamma
gamma==1 --hash={A}
    # via beta
delta==1 --hash={A} # via alpha, gamma
""",
    )
    assert lock.select(target).reasons == {
        "alpha": ("alpha",),
        "beta": ("alpha", "beta"),
        "gamma": ("alpha", "beta", "gamma"),
        "delta": ("alpha", "delta"),
    }


def test_a_circle_of_comments_loses_no_line(tmp_path: Path, target: Target) -> None:
    lock = _lock(tmp_path, f"a==1 --hash={A} # via b\nb==1 --hash={A} # via a\n")
    assert [package.name for package in lock.select(target).packages] == ["a", "b"]


def test_a_marker_keeps_its_line_out_however_it_is_reached(tmp_path: Path, target: Target) -> None:
    lock = _lock(tmp_path, f"a==1 --hash={A}\nb==1 ; sys_platform == 'win32' --hash={A} # via a\n")
    assert [package.name for package in lock.select(target).packages] == ["a"]


def test_one_name_may_have_a_version_per_marker(
    tmp_path: Path, target: Target, old_target: Target
) -> None:
    lock = _lock(
        tmp_path,
        f"""\
a==1 ; python_version < '3.12' --hash={A}
a==2 ; python_version >= '3.12' and python_version < '3.13' --hash={A}
a==2 ; python_version >= '3.13' --hash={B}
""",
    )
    assert [str(item) for item in lock.select(target).packages] == ["a 2"]
    assert [str(item) for item in lock.select(old_target).packages] == ["a 1"]
    assert lock.packages[1].hashes == (Digest.parse(A), Digest.parse(B))


def test_every_requirement_without_a_hash_is_listed(tmp_path: Path) -> None:
    error = _fails(tmp_path, f"alpha==1\nbeta==1 --hash={A}\n\ngamma>=3\ndelta==1.* --hash={A}\n")
    assert str(error) == f"{tmp_path}/requirements.txt: 3 problems"
    assert error.context == (
        f"{tmp_path}/requirements.txt:1: 'alpha==1' has no hash",
        f"{tmp_path}/requirements.txt:4: 'gamma>=3' is not pinned: expected 'gamma==…'",
        f"{tmp_path}/requirements.txt:5: 'delta==1.*' is not pinned: expected 'delta==…'",
    )
    assert error.hint == HINT


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            "alpha==1 --hash=md5:00",
            "unsupported digest algorithm 'md5'; expected one of sha256, sha384, sha512",
        ),
        ("alpha==1 --install-option=x", "option '--install-option' is not supported"),
        ("--find-links=wheels", "option '--find-links' is not supported"),
        ("-i", "option '--index-url' has no value"),
        ("-r requirements.txt", "'{root}/requirements.txt' includes itself"),
        ("-r more/../requirements.txt", "'{root}/requirements.txt' includes itself"),
        (
            "alpha @ https://files.test/alpha-1.tar.gz",
            "'https://files.test/alpha-1.tar.gz' has no hash",
        ),
        (
            "alpha @ git+https://git.test/alpha@main",
            "'alpha' is not pinned: expected 'git+https://…@' and a full commit",
        ),
        (
            "alpha @ file:beta-1.tar.gz --hash=" + A,
            "'file:beta-1.tar.gz' is not the package 'alpha'",
        ),
        ("./lib", "can't read the name of the project in '{root}/lib/pyproject.toml'"),
        (
            "./lib.whl --hash=" + A,
            "'lib.whl' is no file name of a wheel or sdist",
        ),
    ],
)
def test_what_can_not_be_honoured_is_refused(tmp_path: Path, line: str, problem: str) -> None:
    error = _fails(tmp_path, f"{line}\n{HASHED}")
    assert str(error) == f"{tmp_path}/requirements.txt:1: {problem.format(root=tmp_path)}"


def test_a_malformed_line_is_shown(tmp_path: Path) -> None:
    error = _fails(tmp_path, f"alpha beta\n{HASHED}")
    assert str(error).startswith(f"{tmp_path}/requirements.txt:1: 'alpha beta' is no requirement: ")


def test_indexes_are_kept_as_written(tmp_path: Path) -> None:
    lock = _lock(
        tmp_path,
        f"""\
--index-url https://${{USER}}:${{PASSWORD}}@index.test/simple
--extra-index-url=https://one.test/simple
--extra-index-url https://two.test/simple
--require-hashes --only-binary :all:
alpha==1 --hash={A}
""",
        USER="me",
    )
    assert lock.index_url == "https://me:${PASSWORD}@index.test/simple"
    assert lock.extra_index_urls == ("https://one.test/simple", "https://two.test/simple")


def test_other_files_are_included(tmp_path: Path, target: Target) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more/base.txt").write_text(f"-i https://index.test/\nbeta==1 --hash={A}\n")
    lock = _lock(tmp_path, f"-r more/base.txt\nalpha==1 --hash={A}\n")
    assert [package.name for package in lock.select(target).packages] == ["alpha", "beta"]
    assert lock.index_url == "https://index.test/"
    error = _fails(tmp_path, "-rmissing.txt\n")
    assert str(error) == f"{tmp_path}/missing.txt: can't read: no such file or directory"


def test_direct_references_are_packages(tmp_path: Path) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    lock = _lock(
        tmp_path,
        f"""\
alpha @ https://files.test/alpha-1%2Bx-py3-none-any.whl --hash={A}
beta @ https://files.test/beta-2.tar.gz#sha256={"b" * 64}
gamma @ git+https://git.test/gamma@{commit}#subdirectory=py
./vendor/delta-1-py3-none-any.whl ; sys_platform == 'linux' --hash={A}
epsilon @ file:vendor/epsilon-1.tar.gz --hash={A}
""",
    )
    alpha, beta, gamma, delta, epsilon = lock.packages
    assert epsilon.artifacts[0].path == tmp_path / "vendor/epsilon-1.tar.gz"
    assert (alpha.version, alpha.artifacts[0].filename) == ("1+x", "alpha-1+x-py3-none-any.whl")
    assert (beta.version, beta.artifacts[0].digest) == ("2", Digest.parse(B))
    assert (gamma.source.kind, gamma.source.revision) == (SourceKind.GIT, commit)
    assert gamma.source.subdirectory == "py"
    assert (delta.name, delta.version) == ("delta", "1")
    assert delta.artifacts[0].path == tmp_path / "vendor/delta-1-py3-none-any.whl"


def test_the_project_itself_is_passed_over_and_members_are_folders(
    tmp_path: Path, target: Target
) -> None:
    (tmp_path / "packages/lib").mkdir(parents=True)
    (tmp_path / "packages/lib/pyproject.toml").write_text('[project]\nname = "My.Lib"\n')
    lock = _lock(tmp_path, f"-e .\n-e ./packages/lib\nalpha==1 --hash={A}\n")
    chosen = lock.select(target)
    assert [package.name for package in chosen.packages] == ["alpha"]
    assert [(item.name, item.source.location) for item in chosen.members] == [
        ("my-lib", "packages/lib")
    ]


def test_a_flat_list_has_no_extras(tmp_path: Path, target: Target) -> None:
    lock = _lock(tmp_path, f"alpha==1 --hash={A}\n")
    with pytest.raises(LockError) as caught:
        lock.select(target, extras=("postgres",))
    assert str(caught.value) == f"{tmp_path}/requirements.txt: the project has no extra 'postgres'"
    assert caught.value.hint == (
        "requirements.txt was made without: lock or export it again with this extra"
    )


def test_requirements_lock_goes_before_requirements_txt(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("alpha\n")
    (tmp_path / "requirements.lock").write_text(f"alpha==1 --hash={A}\n")
    assert read_lock(tmp_path).path == tmp_path / "requirements.lock"


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(LockError) as caught:
        read_lock(tmp_path)
    assert str(caught.value) == f"{tmp_path}/requirements.txt: can't read: not UTF-8"


def test_the_examples_own_lock_is_read(target: Target) -> None:
    example = Path(__file__).parents[4] / "examples/task-api"
    names = [package.name for package in read_lock(example).select(target).packages]
    assert {"fastapi", "sqlalchemy", "alembic", "pydantic-settings"} <= set(names)

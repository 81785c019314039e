"""The lock that is written where a project has none; uv resolves against the index in here."""

import tomllib

import pytest

from longshore.build import build_image
from longshore.build.project_lock import missing_lock, require_lock, write_missing_lock
from longshore.cli.main import main
from longshore.errors import LockError
from longshore.locks import read_lock
from longshore.testing import make_wheel
from longshore.testing.sample import PYPROJECT, Sample

NEEDS = PYPROJECT.replace('version = "1.2"', 'version = "1.2"\ndependencies = ["helper>=1"]')


@pytest.fixture
def unlocked(sample: Sample) -> Sample:
    """A project that only says what it needs."""
    (sample.root / "requirements.txt").unlink()
    sample.write("pyproject.toml", NEEDS)
    sample.index.add(make_wheel("helper", "1.0"))
    return sample


def versions(sample: Sample) -> dict[str, str | None]:
    return {each.name: each.version for each in read_lock(sample.root).packages}


def test_a_build_writes_the_lock_and_says_so(unlocked: Sample) -> None:
    result = build_image(unlocked.workshop())
    text = (unlocked.root / "pylock.toml").read_text()
    assert text.startswith("# Written by `longshore lock` from pyproject.toml. Commit it.\n")
    assert tomllib.loads(text)["packages"][0]["wheels"][0]["url"].startswith("https://index.test/")
    assert versions(unlocked) == {"helper": "2.0"}
    assert "pkg:pypi/helper@2.0" in {each.purl for each in result.record.materials}
    asked = len(unlocked.network.requests)
    assert build_image(unlocked.workshop()).cached
    assert len(unlocked.network.requests) == asked


def test_the_note_names_both_files(unlocked: Sample, capsys: pytest.CaptureFixture[str]) -> None:
    workshop = unlocked.workshop()
    require_lock(workshop, locked=False)
    workshop.close()
    assert "pylock.toml: written from pyproject.toml; commit it" in capsys.readouterr().err


@pytest.mark.parametrize("environment", [{}, {"CI": "true"}])
def test_where_none_may_be_written_a_missing_lock_is_an_error(
    unlocked: Sample, environment: dict[str, str]
) -> None:
    with pytest.raises(LockError) as caught:
        build_image(unlocked.workshop(**environment), locked=not environment)
    assert str(caught.value) == (
        f"{unlocked.root}: no lock: expected uv.lock, pylock.toml, or requirements.txt with hashes"
    )
    assert caught.value.hint == "run `longshore lock` and commit the file that it writes"
    assert not (unlocked.root / "pylock.toml").exists()


def test_a_stale_lock_is_noticed_and_keeps_its_versions(unlocked: Sample) -> None:
    unlocked.write("pyproject.toml", NEEDS.replace("helper>=1", "helper==1.0"))
    assert write_missing_lock(unlocked.workshop(), upgrade=False) == ("pylock.toml: 1 package",)
    unlocked.write("pyproject.toml", NEEDS)
    workshop = unlocked.workshop()
    assert missing_lock(workshop) == ("pylock.toml is out of date",)
    with pytest.raises(LockError) as caught:
        require_lock(workshop, locked=True)
    assert str(caught.value) == (
        f"{unlocked.root}/pylock.toml: out of date: the project has changed since it was written"
    )
    assert caught.value.hint == "run `longshore lock` and commit the file"
    assert write_missing_lock(workshop, upgrade=False) == ()
    assert missing_lock(workshop) == ()
    assert versions(unlocked) == {"helper": "1.0"}
    assert write_missing_lock(workshop, upgrade=True) == ("pylock.toml: helper 1.0 -> 2.0",)
    require_lock(unlocked.workshop(), locked=True)


def test_the_lock_says_who_needs_what(unlocked: Sample) -> None:
    unlocked.index.add(make_wheel("top", requires=["middle"]))
    unlocked.index.add(make_wheel("middle", requires=["helper<2"]))
    unlocked.write("pyproject.toml", NEEDS.replace("helper>=1", "top"))
    workshop = unlocked.workshop()
    result = build_image(workshop)
    reasons = {each.purl: each.reason for each in result.record.materials}
    assert reasons["pkg:pypi/helper@1.0"] == "locked: top -> middle -> helper"


def test_another_python_makes_it_stale(unlocked: Sample) -> None:
    write_missing_lock(unlocked.workshop(), upgrade=False)
    assert missing_lock(unlocked.workshop(LONGSHORE_BASE="debian:bookworm"))
    assert read_lock(unlocked.root).python == ">=3.13"


def test_requirements_with_ranges_are_resolved(unlocked: Sample) -> None:
    unlocked.write("pyproject.toml", PYPROJECT)
    unlocked.write("requirements.txt", "helper<2\n")
    build_image(unlocked.workshop())
    assert versions(unlocked) == {"helper": "1.0"}
    unlocked.write("requirements.txt", "helper\n")
    assert missing_lock(unlocked.workshop()) == ("pylock.toml is out of date",)


def test_a_folder_without_metadata_is_locked_and_built(unlocked: Sample) -> None:
    (unlocked.root / "pyproject.toml").unlink()
    unlocked.write("longshore.toml", 'bytecode = false\n[processes.web]\nasgi = "demo:app"\n')
    unlocked.write("requirements.txt", "helper\n")
    build_image(unlocked.workshop())
    assert versions(unlocked) == {"helper": "2.0"}


def test_a_poetry_project_keeps_the_versions_of_its_lock(unlocked: Sample) -> None:
    table = '[tool.poetry]\nname = "demo"\nversion = "1"\n[tool.poetry.dependencies]\n'
    unlocked.write(
        "pyproject.toml",
        table + 'python = "^3.11"\nhelper = "*"\n' + PYPROJECT[PYPROJECT.index("[tool.long") :],
    )
    unlocked.write("poetry.lock", '[[package]]\nname = "helper"\nversion = "1.0"\n')
    build_image(unlocked.workshop())
    assert versions(unlocked) == {"helper": "1.0"}
    unlocked.write("poetry.lock", '[[package]]\nname = "helper"\nversion = "2.0"\n')
    assert missing_lock(unlocked.workshop()) == ("pylock.toml is out of date",)


def test_an_override_holds_whatever_packages_ask_for(unlocked: Sample) -> None:
    unlocked.index.add(make_wheel("top", requires=["helper>=2"]))
    needs = NEEDS.replace("helper>=1", "top")
    unlocked.write("pyproject.toml", needs)
    write_missing_lock(unlocked.workshop(), upgrade=False)
    assert versions(unlocked) == {"helper": "2.0", "top": "1.0"}
    unlocked.write("pyproject.toml", needs + '[tool.pdm.resolution.overrides]\nhelper = "1.0"\n')
    assert missing_lock(unlocked.workshop()) == ("pylock.toml is out of date",)
    write_missing_lock(unlocked.workshop(), upgrade=False)
    assert versions(unlocked) == {"helper": "1.0", "top": "1.0"}


def test_another_tools_lock_is_left_alone(sample: Sample) -> None:
    workshop = sample.workshop()
    assert missing_lock(workshop) == ()
    assert write_missing_lock(workshop, upgrade=False) == ()
    assert require_lock(workshop, locked=False).path.name == "requirements.txt"
    with pytest.raises(LockError, match="another tool's lock can't be upgraded here"):
        write_missing_lock(workshop, upgrade=True)


def test_no_solution_says_what_uv_said(unlocked: Sample) -> None:
    unlocked.write("pyproject.toml", NEEDS.replace("helper>=1", "helper>=3"))
    with pytest.raises(LockError) as caught:
        write_missing_lock(unlocked.workshop(), upgrade=False)
    assert str(caught.value) == ("pylock.toml from pyproject.toml: no versions satisfy 'helper>=3'")
    assert "helper" in "\n".join(caught.value.context)


def test_no_credential_of_the_index_gets_into_the_lock(unlocked: Sample) -> None:
    workshop = unlocked.workshop(LONGSHORE_INDEX_URL="https://me:s3cr3t@index.test/simple")
    write_missing_lock(workshop, upgrade=False)
    assert "s3cr3t" not in (unlocked.root / "pylock.toml").read_text()


def test_the_command_says_what_changed(
    unlocked: Sample, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in unlocked.environment.items():
        monkeypatch.setenv(name, value)
    project = ["--project", str(unlocked.root), "--quiet"]
    assert main(["lock", "--check", *project]) == 1
    assert capsys.readouterr().out == "the project has no lock\n"


def test_a_path_beside_the_project_is_locked_in_the_folder_above(unlocked: Sample) -> None:
    above = unlocked.root.parent
    table = '[tool.poetry]\nname = "demo"\nversion = "1"\n[tool.poetry.dependencies]\n'
    unlocked.write(
        "pyproject.toml",
        table + 'lib = { path = "../lib", develop = true }\n'
        '[tool.longshore.processes.web]\nasgi = "demo:app"\n',
    )
    unlocked.write(
        "../lib/pyproject.toml",
        '[tool.poetry]\nname = "lib"\nversion = "1"\n[tool.poetry.dependencies]\nhelper = "^1"\n',
    )
    with pytest.raises(LockError) as caught:
        write_missing_lock(unlocked.workshop(), upgrade=False)
    assert str(caught.value) == (
        "pyproject.toml: '../lib' is outside of the project and of its repository"
    )
    (above / ".git").mkdir()
    workshop = unlocked.workshop()
    workshop.__dict__["detection"] = None
    assert write_missing_lock(workshop, upgrade=False) == ("pylock.demo.toml: 2 packages",)
    lock = read_lock(unlocked.root)
    assert lock.path == above / "pylock.demo.toml"
    assert [(each.name, each.version) for each in lock.packages] == [
        ("helper", "1.0"),
        ("lib", None),
    ]

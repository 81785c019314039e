"""Packages without a wheel in a project without a lock: uv is told what they depend on."""

import tomllib
from collections.abc import Sequence
from typing import Any

import pytest

from longshore.build import build_image
from longshore.build.project_lock import write_missing_lock
from longshore.build.source_metadata import SourceReader, resolve_with_sources
from longshore.build.unfit import expected_target
from longshore.cli.context import Context
from longshore.errors import LockError
from longshore.locks.pins import FILENAME, read_pins
from longshore.testing import Archive, RecordingReporter, make_sdist, make_wheel
from longshore.testing.sample import PYPROJECT, Sample
from longshore.testing.sandbox import HostSandbox
from longshore.types import NormalizedName, PythonVersion, parse_name
from longshore.wheels.resolve import SourceMetadata, SourcesOnlyError

BACKEND = """
import os, zipfile
if "SOURCE_DATE_EPOCH" not in os.environ:
    raise SystemExit("run by somebody else than the sandbox")
def build_wheel(folder, settings, metadata):
    name = "sources-{version}-py3-none-any.whl"
    info = "sources-{version}.dist-info/"
    head = "Metadata-Version: 2.1\\nName: sources\\nVersion: {version}\\n"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as archive:
        for path, text in {{
            "sources.py": "VALUE = 1\\n",
            info + "METADATA": head + "".join(f"Requires-Dist: {{one}}\\n" for one in {requires}),
            info + "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
            info + "RECORD": "",
        }}.items():
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), text)
    return name
"""


def sources(version: str, *requires: str) -> Archive:
    backend = BACKEND.format(version=version, requires=requires)
    return make_sdist("sources", version, files={"backend.py": backend})


@pytest.fixture
def project(sample: Sample) -> Sample:
    """A project that needs a package without a wheel, and has no lock."""
    (sample.root / "requirements.txt").unlink()
    (sample.root.parent / "rootfs").mkdir()
    need(sample, "sources")
    return sample


def need(sample: Sample, *requirements: str) -> None:
    head = 'version = "1.2"'
    sample.write(
        "pyproject.toml", PYPROJECT.replace(head, f"{head}\ndependencies = {list(requirements)}")
    )


def tools(sample: Sample, **environment: str) -> Context:
    workshop = sample.workshop(**environment)
    workshop.__dict__["sandbox"] = HostSandbox()
    workshop.__dict__["reporter"] = RecordingReporter()
    return workshop


def locked(sample: Sample) -> dict[str, dict[str, Any]]:
    packages = tomllib.loads((sample.root / "pylock.toml").read_text())["packages"]
    return {package["name"]: package for package in packages}


def test_package_without_a_wheel_is_locked_with_what_it_depends_on(project: Sample) -> None:
    project.index.add(sources("1.0", "helper>=1"))
    project.index.add(make_wheel("helper", "1.5"))
    write_missing_lock(tools(project), upgrade=False)
    packages = locked(project)
    assert packages["helper"]["version"] == "2.0"
    assert (
        packages["sources"]["sdist"]["hashes"]["sha256"] == sources("1.0", "helper>=1").digest.hex
    )
    assert packages["sources"]["dependencies"] == [{"name": "helper"}]
    pins = read_pins(project.root / FILENAME)
    assert pins is not None
    assert [each.name for each in pins.sdists] == ["sources"]
    assert not build_image(tools(project, CI="true")).cached


def test_version_that_is_locked_is_the_one_that_was_asked(project: Sample) -> None:
    need(project, "sources<2")
    project.index.add(sources("2.0", "nowhere"))
    project.index.add(sources("1.0", "helper"))
    project.index.add(make_wheel("nowhere", "1.0"))
    write_missing_lock(tools(project), upgrade=False)
    packages = locked(project)
    assert packages["sources"]["version"] == "1.0"
    assert "helper" in packages
    assert "nowhere" not in packages


def test_pinned_version_without_a_wheel_is_taken_although_a_newer_one_has_one(
    project: Sample,
) -> None:
    need(project, "sources==1.0")
    project.index.add(sources("1.0"))
    project.index.add(make_wheel("sources", "2.0"))
    write_missing_lock(tools(project), upgrade=False)
    assert locked(project)["sources"]["version"] == "1.0"


def test_wheels_go_before_sources(project: Sample) -> None:
    project.index.add(sources("1.0"))
    project.index.add(make_wheel("sources", "1.0"))
    sandbox = HostSandbox()
    workshop = tools(project)
    workshop.__dict__["sandbox"] = sandbox
    write_missing_lock(workshop, upgrade=False)
    assert "wheels" in locked(project)["sources"]
    assert sandbox.runs == 0


def test_wheels_for_other_systems_are_no_wheels(project: Sample) -> None:
    project.index.add(sources("1.0", "helper"))
    project.index.add(make_wheel("sources", "1.0", tag="cp313-cp313-win_amd64"))
    write_missing_lock(tools(project), upgrade=False)
    packages = locked(project)
    assert "sdist" in packages["sources"]
    assert packages["sources"]["dependencies"] == [{"name": "helper"}]
    assert not build_image(tools(project, CI="true")).cached


def test_package_that_is_needed_elsewhere_only_may_have_wheels_for_there_only(
    project: Sample,
) -> None:
    need(project, "sources ; sys_platform == 'win32'")
    project.index.add(sources("1.0"))
    project.index.add(make_wheel("sources", "1.0", tag="cp313-cp313-win_amd64"))
    write_missing_lock(tools(project), upgrade=False)
    assert "wheels" in locked(project)["sources"]


def test_package_that_is_nowhere_is_still_no_solution(project: Sample) -> None:
    with pytest.raises(LockError) as caught:
        write_missing_lock(tools(project), upgrade=False)
    assert str(caught.value) == "pylock.toml from pyproject.toml: no versions satisfy 'sources'"
    assert not (project.root / "pylock.toml").exists()


class _Wavering(SourceReader):
    """Says that the package is needed, whatever the version."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []

    def is_needed(self, name: NormalizedName, version: str | None = None) -> bool:
        del name, version
        return True

    def read(self, name: NormalizedName, version: str | None = None) -> SourceMetadata:
        self.asked.append(version)
        return SourceMetadata(name=name, version=version or "1", requires=())


def test_versions_that_lead_to_one_another_for_ever_are_given_up() -> None:
    name = parse_name("sources")

    def resolve(told: Sequence[SourceMetadata]) -> str:
        if not told:
            error = SourcesOnlyError("no solution")
            error.names = (name,)
            raise error
        other = "2" if told[0].version == "1" else "1"
        return f'[[packages]]\nname = "sources"\nversion = "{other}"\n'

    with pytest.raises(LockError) as caught:
        resolve_with_sources(resolve, _Wavering(), [], expected_target(PythonVersion(3, 13)))
    assert str(caught.value) == "no versions of sources fit together"

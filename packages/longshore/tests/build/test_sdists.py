"""Packages without a wheel: pinned, built, laid out, recorded.

Backends run on the host here; real packages are built in the end-to-end tests.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from longshore.build import BuildResult, build_image
from longshore.build.locking import missing_locks, write_locks
from longshore.build.lookup import look_at
from longshore.cli.context import Context
from longshore.cli.inspection import describe_reason
from longshore.errors import LockError, WheelError
from longshore.locks.pins import FILENAME, PinnedDeb, read_pins, render_pins
from longshore.testing import Archive, RecordingReporter, make_sdist
from longshore.testing.sample import Sample, base_pins, hashed
from longshore.testing.sandbox import HostSandbox
from longshore.types import Digest, MaterialKind, Phase

BACKEND = """
import os, zipfile
NAME = "sources-1.0-py3-none-any.whl"
INFO = "sources-1.0.dist-info/"
def build_wheel(folder, settings, metadata):
    with zipfile.ZipFile(os.path.join(folder, NAME), "w") as archive:
        for name, text in {
            "sources.py": "VALUE = 1\\n",
            INFO + "METADATA": "Metadata-Version: 2.1\\nName: sources\\nVersion: 1.0\\n",
            INFO + "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
            INFO + "RECORD": "",
        }.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text)
    return NAME
"""


@pytest.fixture
def sandbox() -> HostSandbox:
    return HostSandbox()


@pytest.fixture
def reporter() -> RecordingReporter:
    return RecordingReporter()


@pytest.fixture
def sources() -> Archive:
    return make_sdist("sources", "1.0", files={"backend.py": BACKEND})


Make = Callable[..., Context]


@pytest.fixture
def workshop(
    sample: Sample, sources: Archive, sandbox: HostSandbox, reporter: RecordingReporter
) -> Make:
    """Return fresh tools for a project that needs a package without a wheel."""
    sample.index.add(sources)
    sample.write("requirements.txt", hashed([sources]))
    (sample.root.parent / "rootfs").mkdir()

    def make(**environment: str) -> Context:
        workshop = sample.workshop(**environment)
        workshop.__dict__["sandbox"] = sandbox
        workshop.__dict__["reporter"] = reporter
        return workshop

    return make


def _materials(result: BuildResult, kind: MaterialKind) -> list[tuple[str, Digest, str]]:
    found = (each for each in result.record.materials if each.kind is kind)
    return [(each.purl, each.sha256, each.reason) for each in found]


def test_a_build_pins_builds_and_records_it(
    sample: Sample, sources: Archive, workshop: Make, reporter: RecordingReporter
) -> None:
    result = build_image(workshop())
    assert _materials(result, MaterialKind.SDIST) == [
        ("pkg:pypi/sources@1.0", sources.digest, "locked: sources")
    ]
    pins = read_pins(sample.root / FILENAME)
    assert pins is not None
    (pinned,) = pins.sdists
    assert (pinned.name, pinned.digest, pinned.requires) == ("sources", sources.digest, ())
    assert [(each.requires, each.python) for each in pins.builds] == [((), "3.13")]
    built = [event for event in reporter.events if event.kind == "wheel.build"]
    assert [(event.subject, event.phase) for event in built] == [
        ("sources 1.0", Phase.STARTED),
        ("sources 1.0", Phase.DONE),
    ]


def test_inspect_says_that_it_was_built_here(sources: Archive, workshop: Make) -> None:
    result = build_image(workshop())
    (package,) = look_at(workshop()).of(MaterialKind.SDIST)
    assert (package.name, package.sha256) == ("sources", sources.digest)
    assert describe_reason(package) == "the project depends on it; built here from its sdist"
    titles = {digest: title for digest, _, title in result.record.platforms[0].layers}
    assert package.layer is not None
    assert titles[package.layer] == "sources 1.0"


def test_the_second_build_finds_the_image_and_writes_nothing(
    sample: Sample, workshop: Make, sandbox: HostSandbox
) -> None:
    write_locks(workshop(), upgrade=frozenset())
    first = build_image(workshop())
    asked, runs = len(sample.network.requests), sandbox.runs
    second = build_image(workshop(CI="true"))
    assert (second.cached, second.descriptor.digest) == (True, first.descriptor.digest)
    assert (len(sample.network.requests), sandbox.runs) == (asked, runs)


def test_another_cache_gives_the_same_image(
    workshop: Make, tmp_path: Path, sandbox: HostSandbox
) -> None:
    first = build_image(workshop())
    runs = sandbox.runs
    folders = {f"LONGSHORE_{name}_DIR": str(tmp_path / name) for name in ("CACHE", "DATA")}
    second = build_image(workshop(**folders))
    assert (second.cached, second.descriptor.digest) == (False, first.descriptor.digest)
    assert sandbox.runs > runs


def test_a_lock_without_sources_is_left_as_it_is(sample: Sample) -> None:
    before = (sample.root / FILENAME).read_bytes()
    assert write_locks(sample.workshop(), upgrade=frozenset()) == ()
    assert (sample.root / FILENAME).read_bytes() == before
    asked = len(sample.network.requests)
    assert write_locks(sample.workshop(), upgrade=frozenset()) == ()
    assert len(sample.network.requests) == asked


@pytest.mark.parametrize("environment", [{}, {"CI": "true"}])
def test_what_is_not_pinned_is_an_error_where_nothing_may_be_written(
    sample: Sample, workshop: Make, sandbox: HostSandbox, environment: dict[str, str]
) -> None:
    before = (sample.root / FILENAME).read_bytes()
    with pytest.raises(LockError) as caught:
        build_image(workshop(**environment), locked=not environment)
    assert str(caught.value) == "longshore.lock: out of date"
    assert caught.value.context == ("sources 1.0 has no wheel, and what builds one is not pinned",)
    assert caught.value.hint == "run `longshore lock` and commit the file"
    assert (sample.root / FILENAME).read_bytes() == before
    assert sandbox.runs == 0


def test_locking_says_what_it_pinned_and_then_a_build_writes_nothing(
    sample: Sample, workshop: Make
) -> None:
    assert write_locks(workshop(), upgrade=frozenset()) == (
        "sources 1.0 has no wheel: pinned what builds one",
        "pinned a build without requirements: 0 packages",
    )
    before = (sample.root / FILENAME).read_bytes()
    assert write_locks(workshop(), upgrade=frozenset()) == ()
    build_image(workshop(), locked=True)
    assert (sample.root / FILENAME).read_bytes() == before


def test_another_file_of_the_same_version_is_asked_again(
    sample: Sample, sources: Archive, workshop: Make
) -> None:
    write_locks(workshop(), upgrade=frozenset())
    changed = make_sdist("sources", "1.0", files={"backend.py": f"{BACKEND}# changed\n"})
    sample.index.add(changed)
    sample.write("requirements.txt", hashed([changed]))
    with pytest.raises(LockError, match="out of date"):
        build_image(workshop(), locked=True)
    write_locks(workshop(), upgrade=frozenset())
    pins = read_pins(sample.root / FILENAME)
    assert pins is not None
    assert [each.digest for each in pins.sdists] == [changed.digest]
    assert changed.digest != sources.digest


def test_a_file_that_is_not_the_locked_one_stops_the_build(
    sample: Sample, sources: Archive, workshop: Make, sandbox: HostSandbox
) -> None:
    other = make_sdist("sources", "1.0", files={"backend.py": "raise SystemExit\n"})
    url = f"file://{sample.root / 'sources-1.0.tar.gz'}"
    (sample.root / "sources-1.0.tar.gz").write_bytes(other.content)
    sample.write("requirements.txt", f"sources @ {url} --hash={sources.digest}\n")
    with pytest.raises(WheelError, match="expected sha256:"):
        build_image(workshop())
    assert sandbox.runs == 0


def test_check_tells_by_reading_what_is_not_pinned(
    sample: Sample, sources: Archive, workshop: Make
) -> None:
    (sample.root / "requirements.txt").unlink()
    sample.write(
        "pylock.toml",
        f"""
lock-version = "1.0"
created-by = "test"
[[packages]]
name = "sources"
version = "1.0"
sdist = {{ name = "sources-1.0.tar.gz", url = "https://index.test/files/sources-1.0.tar.gz", \
hashes = {{ sha256 = "{sources.digest.hex}" }} }}
""",
    )
    (base,) = base_pins().bases
    told = [_deb("libc6", "2.41-12"), _deb("python3.13-minimal", "3.13.5-2")]
    pins = base_pins()
    bases = (replace(base, packages=(*base.packages, *told)),)
    sample.write(FILENAME, render_pins(replace(pins, bases=bases)))
    assert missing_locks(workshop()) == (
        "sources 1.0 has no wheel, and what builds one is not pinned",
    )
    write_locks(workshop(), upgrade=frozenset())
    asked = len(sample.network.requests)
    assert missing_locks(workshop()) == ()
    assert len(sample.network.requests) == asked


def _deb(name: str, version: str) -> PinnedDeb:
    (base,) = base_pins().bases
    return replace(base.packages[0], name=name, version=version)

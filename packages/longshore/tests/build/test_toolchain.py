"""When wheels are built with a compiler, and how that is pinned."""

from collections.abc import Callable
from pathlib import Path

import pytest

from longshore.base import Base
from longshore.build import build_image, toolchain
from longshore.build.interface import Workshop
from longshore.build.locking import write_locks
from longshore.build.members import read_first_party
from longshore.build.pins import Part, missing_pins
from longshore.cli.context import Context
from longshore.errors import LockError
from longshore.locks.pins import FILENAME, BasePins, Pins, read_pins
from longshore.testing import make_sdist
from longshore.testing.sample import PYPROJECT, BareBase, Sample, base_pins, hashed
from longshore.testing.sandbox import HostSandbox
from longshore.types import MaterialKind

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
NOTHING: frozenset[Part] = frozenset()


class Mirror:
    """Stands for Debian's mirror: counts what is pinned, and what is opened with a compiler."""

    def __init__(self, folder: Path) -> None:
        self.locked: list[tuple[str, ...]] = []
        self.opened: list[tuple[str, ...]] = []
        self._folder = folder

    def lock(self, workshop: Workshop) -> BasePins:
        packages = workshop.config.build_packages or ()
        self.locked.append(packages)
        (base,) = base_pins().bases
        return BasePins(
            reference=base.reference,
            platform=base.platform,
            extra=packages,
            date=base.date,
            packages=base.packages,
        )

    def open(self, _: Workshop, pins: BasePins) -> Base:
        self.opened.append(pins.extra)
        return BareBase(self._folder)


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mirror:
    folder = tmp_path / "rootfs"
    folder.mkdir()
    mirror = Mirror(folder)
    monkeypatch.setattr(toolchain, "lock_toolchain", mirror.lock)
    monkeypatch.setattr(toolchain, "open_toolchain", mirror.open)
    return mirror


Make = Callable[..., Context]


@pytest.fixture
def workshop(sample: Sample, mirror: Mirror) -> Make:  # noqa: ARG001 - it takes Debian's place
    """Return fresh tools for a project that needs a package without a wheel."""

    def make(*, compiled: bool = True, packages: str | None = None, **environment: str) -> Context:
        files = {"backend.py": BACKEND} | ({"speedups.c": ""} if compiled else {})
        sources = make_sdist("sources", "1.0", files=dict(files))
        sample.index.add(sources)
        sample.write("requirements.txt", hashed([sources]))
        line = "" if packages is None else f"build-packages = {packages}\n"
        sample.write("pyproject.toml", PYPROJECT.replace("bytecode", f"{line}bytecode", 1))
        workshop = sample.workshop(**environment)
        workshop.__dict__["sandbox"] = HostSandbox()
        return workshop

    return make


def _pins(sample: Sample) -> Pins:
    pins = read_pins(sample.root / FILENAME)
    assert pins is not None
    return pins


def test_sources_without_code_for_a_compiler_are_built_in_the_base(
    sample: Sample, workshop: Make, mirror: Mirror
) -> None:
    build_image(workshop(compiled=False))
    assert (mirror.locked, mirror.opened) == ([], [])
    assert _pins(sample).toolchains == ()


def test_sources_with_code_for_a_compiler_are_built_with_one(
    sample: Sample, workshop: Make, mirror: Mirror
) -> None:
    result = build_image(workshop())
    assert mirror.locked == [()]
    assert mirror.opened == [(), ()]  # once to ask the backend, once to build
    (pinned,) = _pins(sample).toolchains
    assert pinned.extra == ()
    tools = [
        (each.purl, each.layer)
        for each in result.record.materials
        if each.kind is MaterialKind.BUILD_REQUIREMENT
    ]
    assert tools == [("pkg:deb/debian/base-files@13?arch=amd64&distro=trixie", None)]


def test_the_configuration_names_what_a_build_needs(
    sample: Sample, workshop: Make, mirror: Mirror
) -> None:
    build_image(workshop(compiled=False, packages='["libpq-dev"]'))
    assert mirror.locked == [("libpq-dev",)]
    assert [each.extra for each in _pins(sample).toolchains] == [("libpq-dev",)]


def test_other_build_packages_make_the_lock_stale(
    sample: Sample, workshop: Make, mirror: Mirror
) -> None:
    write_locks(workshop(), upgrade=NOTHING)
    build_image(workshop(CI="true"))
    with pytest.raises(LockError) as caught:
        build_image(workshop(packages='["libpq-dev"]', CI="true"))
    assert caught.value.context[0].startswith("compiler for debian:trixie with libpq-dev on linux/")
    assert caught.value.context[0].endswith(" is not pinned")
    changed = write_locks(workshop(packages='["libpq-dev"]'), upgrade=NOTHING)
    assert changed[0].startswith("pinned compiler for debian:trixie on linux/")
    assert [each.extra for each in _pins(sample).toolchains] == [("libpq-dev",)]
    assert mirror.locked == [(), ("libpq-dev",)]


def test_a_toolchain_stays_pinned_until_the_base_is_upgraded(
    workshop: Make, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    from longshore.build import pinning

    monkeypatch.setattr(pinning, "lock_base", lambda *_, **__: base_pins().bases[0])
    write_locks(workshop(), upgrade=NOTHING)
    write_locks(workshop(), upgrade=frozenset({Part.BUILD}))
    assert len(mirror.locked) == 1
    write_locks(workshop(), upgrade=frozenset({Part.BASE}))
    assert len(mirror.locked) == 2


def test_a_toolchain_that_nothing_needs_is_dropped(sample: Sample, workshop: Make) -> None:
    write_locks(workshop(), upgrade=NOTHING)
    write_locks(workshop(compiled=False), upgrade=NOTHING)
    assert _pins(sample).toolchains == ()


def test_the_projects_own_code_gets_a_compiler_where_the_table_says_so(sample: Sample) -> None:
    backend = '[build-system]\nrequires = []\nbuild-backend = "b"\nbackend-path = ["."]\n'
    table = PYPROJECT.replace("bytecode", "build-packages = []\nbytecode", 1)
    sample.write("pyproject.toml", backend + table)
    workshop = sample.workshop()
    first, second = missing_pins(workshop, read_first_party(workshop, None))
    assert first == "build requirements (none) are not pinned"
    assert second.startswith("compiler for debian:trixie on linux/")


def test_commands_that_make_assets_run_where_the_build_packages_are(
    sample: Sample, mirror: Mirror
) -> None:
    code = "import pathlib; pathlib.Path('made.txt').write_text('made')"
    table = f'\n[[tool.longshore.assets]]\ncommand = ["python3", "-c", "{code}"]\n'
    needs = PYPROJECT.replace("bytecode", 'build-packages = ["esbuild"]\nbytecode', 1)
    sample.write("pyproject.toml", needs + table + 'outputs = ["made.txt"]\n')
    workshop = sample.workshop()
    workshop.__dict__["sandbox"] = HostSandbox()
    (line,) = missing_pins(workshop, read_first_party(workshop, None))
    assert line.startswith("compiler for debian:trixie with esbuild on linux/")
    result = build_image(workshop)
    assert (mirror.locked, mirror.opened) == ([("esbuild",)], [("esbuild",)])
    tools = [each for each in result.record.materials if each.layer is None]
    assert MaterialKind.BUILD_REQUIREMENT in {each.kind for each in tools}


def test_build_packages_alone_ask_for_nothing(sample: Sample, mirror: Mirror) -> None:
    needs = PYPROJECT.replace("bytecode", 'build-packages = ["esbuild"]\nbytecode', 1)
    sample.write("pyproject.toml", needs)
    build_image(sample.workshop())
    assert (mirror.locked, mirror.opened) == ([], [])

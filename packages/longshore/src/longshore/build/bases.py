"""Which base an image stands on: the configured one, or the newest whose Python fits."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from longshore.base import SUITES, Base, BaseImage
from longshore.build.interface import Workshop
from longshore.config import Config
from longshore.config.places import name_table
from longshore.errors import ProjectError
from longshore.locks.pins import Pins
from longshore.types import Platform, Project, PythonVersion

PYTHON_FILE = ".python-version"


class OnceBase:
    """A base that is described and unpacked once in a build.

    To trust an unpacked base means to look at each of its files; a build asks many times.
    """

    def __init__(self, base: Base) -> None:
        self._base = base

    def describe(self) -> BaseImage:
        """Return what the base is."""
        return self._image

    def unpack(self) -> Path:
        """Return the unpacked root file system."""
        return self._root

    @cached_property
    def _image(self) -> BaseImage:
        return self._base.describe()

    @cached_property
    def _root(self) -> Path:
        return self._base.unpack()


def open_with(
    workshop: Workshop,
    reference: str,
    *,
    pins: Pins,
    packages: Sequence[str],
    toolchain: bool = False,
) -> Base:
    """Open a base with a project's tools; nothing is fetched or unpacked before it is asked for.

    Args:
        workshop: the project and the tools.
        reference: of the base.
        pins: have it.
        packages: that it has besides.
        toolchain: whether it is the one with a compiler.
    """
    from longshore.base.opening import open_base  # noqa: PLC0415 - not for a build that finds its image

    base = open_base(
        reference,
        pins=pins,
        platform=Platform.host(),
        packages=packages,
        transport=workshop.transport,
        store=workshop.blobs,
        memos=workshop.memos,
        cache=workshop.directories.cache,
        sandbox=workshop.sandbox,
        mirrors=workshop.config.mirrors,
        toolchain=toolchain,
    )
    return OnceBase(base)


def choose_base(project: Project, config: Config) -> str:
    """Return the base's reference: ``debian:trixie``.

    Without configuration it is the newest suite whose Python satisfies ``.python-version`` and
    ``requires-python``.

    Raises:
        ProjectError: if no suite's Python does, or one of the two can't be read.
    """
    if config.base is not None:
        return config.base
    wanted = _python_file(project.root)
    allowed = _requires_python(project)
    for suite in SUITES:
        release = str(suite.python)
        is_wanted = wanted is None or suite.python.short == wanted.short
        if is_wanted and allowed.contains(release, prereleases=True):
            return suite.reference
    offered = ", ".join(f"{suite.reference} has {suite.python.short}" for suite in SUITES)
    asked = f"{PYTHON_FILE} {wanted.short}" if wanted else f"requires-python {project.python!r}"
    msg = f"{project.name}: no base has the Python that {asked} asks for"
    place = name_table(project.root)
    hint = f"widen it, or set base = {SUITES[0].reference!r} in {place}"
    raise ProjectError(msg, context=[offered], hint=hint)


def _python_file(root: Path) -> PythonVersion | None:
    path = root / PYTHON_FILE
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    text = next((line.strip() for line in lines if line.strip() and line[0] != "#"), "")
    text = text.removeprefix("cpython-").removeprefix("cpython@")
    if not text:
        return None
    try:
        return PythonVersion.parse(text)
    except ValueError as error:
        msg = f"{path}: {error}"
        raise ProjectError(msg, hint="write a version such as 3.13, or set base") from error


def _requires_python(project: Project) -> SpecifierSet:
    try:
        return SpecifierSet(project.python)
    except InvalidSpecifier as error:
        msg = f"{project.name}: requires-python: not a version specifier: {project.python!r}"
        raise ProjectError(msg, hint='write for example ">=3.11"') from error

"""The dependencies of projects that only setuptools knows; nothing is executed.

Read from what a backend wrote into an sdist, from ``setup.cfg``, from literals in ``setup.py``.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.parser import HeaderParser
from types import MappingProxyType

from packaging.requirements import InvalidRequirement, Requirement

from longshore.project.detect.backends import read_ini, setup_call
from longshore.project.detect.setuptools import SDIST, SETUP_CFG, SETUP_PY
from longshore.project.detect.syntax import keyword, string

Text = Callable[[str], str | None]
"""Returns a file of the project, ``None`` where it has none of that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupDependencies:
    """What was found, and in which file; ``files`` are requirement files that setuptools reads.

    ``is_listed`` says whether there is a list at all.
    """

    origin: str
    is_listed: bool = True
    requirements: tuple[str, ...] = ()
    extras: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: MappingProxyType({}), hash=False
    )
    files: tuple[str, ...] = ()


def read_setup_dependencies(text: Text) -> SetupDependencies | None:
    """Return the dependencies, or ``None`` where they are computed.

    A list that is not literal, or not of requirements, counts as computed.
    """
    for reader in (_of_sdist, _of_setup_cfg, _of_setup_py):
        found = reader(text)
        if found is not None and all(_is_valid(line) for line in found.requirements):
            return found
    return None


def _is_valid(line: str) -> bool:
    try:
        Requirement(line)
    except InvalidRequirement:
        return False
    return True


def _of_sdist(text: Text) -> SetupDependencies | None:
    """Read what the sdist's metadata lists; none listed may mean that it was left out."""
    message = HeaderParser().parsestr(text(SDIST) or "")
    lines = tuple(str(line) for line in message.get_all("Requires-Dist", ()))
    if not lines and not _is_complete(message):
        return None
    needed: list[str] = []
    extras: dict[str, list[str]] = {}
    for line in lines:
        extra, requirement = _split_extra(line)
        (extras.setdefault(extra, []) if extra else needed).append(requirement)
    return SetupDependencies(
        origin=SDIST,
        requirements=tuple(needed),
        extras=MappingProxyType({name: tuple(found) for name, found in extras.items()}),
    )


def _is_complete(message: Message) -> bool:
    """Tell whether a field that is absent has no values (core metadata 2.2, §Dynamic)."""
    version = str(message.get("Metadata-Version", "0")).split(".")
    dynamic = {str(name).lower() for name in message.get_all("Dynamic", ())}
    is_new = version >= ["2", "2"] and version[0] == "2"
    return is_new and "requires-dist" not in dynamic


def _split_extra(line: str) -> tuple[str, str]:
    """Separate ``; extra == "x"`` from a requirement, as core metadata has extras."""
    head, _, marker = line.partition(";")
    parts = [part.strip() for part in marker.split(" and ")]
    extras = [part for part in parts if part.startswith("extra ==")]
    if len(extras) != 1:
        return "", line
    name = extras[0].removeprefix("extra ==").strip(" '\"")
    rest = " and ".join(part for part in parts if part not in extras)
    return name, f"{head.strip()} ; {rest}" if rest else head.strip()


def _of_setup_cfg(text: Text) -> SetupDependencies | None:
    sections = read_ini(text(SETUP_CFG))
    written = sections.get("options", {}).get("install_requires")
    if written is None:
        return None
    if written.strip().startswith("file:"):
        names = written.strip().removeprefix("file:").split(",")
        return SetupDependencies(origin=SETUP_CFG, files=tuple(name.strip() for name in names))
    extras = sections.get("options.extras_require", {})
    return SetupDependencies(
        origin=SETUP_CFG,
        requirements=tuple(_lines(written)),
        extras=MappingProxyType({name: tuple(_lines(extras[name])) for name in extras}),
    )


def _lines(value: str) -> Iterator[str]:
    """Yield a list of ``setup.cfg``: one to a line, or on one line with semicolons between."""
    for line in value.splitlines() if "\n" in value else value.split(";"):
        if line.strip() and not line.strip().startswith("#"):
            yield line.strip()


def _of_setup_py(text: Text) -> SetupDependencies | None:
    call = setup_call(text(SETUP_PY))
    if call is None or any(item.arg is None for item in call.keywords):
        return None  # setup(**computed)
    node = keyword(call, "install_requires")
    if node is None:
        is_alone = read_ini(text(SETUP_CFG)).get("options") is None
        found = SetupDependencies(origin=SETUP_PY, is_listed=False)
        return found if call.keywords and is_alone else None
    if not isinstance(node, ast.List | ast.Tuple):
        return None
    lines = tuple(line for item in node.elts if (line := string(item)) is not None)
    if len(lines) != len(node.elts):
        return None
    return SetupDependencies(origin=SETUP_PY, requirements=lines)

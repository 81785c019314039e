"""Which candidate a web process gets: one order, documented in ``explanation/detection.md``."""

from collections.abc import Iterable

from longshore.project.detect.applications import ATTRIBUTES, ENTRY_MODULES
from longshore.project.detect.model import Candidate
from longshore.types import CommandLine

_FACTORIES = (
    "create_app",
    "make_app",
    "get_app",
    "get_application",
    "create_application",
    "build_app",
    "app",
    "app_factory",
)

Rank = tuple[int, int, int, int, int]
"""Evidence, order among statements, depth, module, attribute."""


def rank(candidate: Candidate, *, project: str, packages: frozenset[str]) -> Rank:
    """Return what candidates are compared by, the smaller, the better.

    Evidence, then which of the project's own statements; the number of dots, where a package
    counts as its ``__init__``; the module's last name; the attribute's name.

    Args:
        candidate: what is ranked.
        project: the project's name: a module called like it counts as an entry.
        packages: import names that are packages: their last name is ``__init__``.
    """
    said = (int(candidate.evidence), candidate.order)
    if isinstance(candidate.serve, CommandLine):
        return (*said, 0, 0, 0)
    entry = candidate.serve.app
    last = "__init__" if entry.module in packages else entry.module.rpartition(".")[2]
    modules = (*ENTRY_MODULES, project.replace("-", "_"))
    names = _FACTORIES if entry.factory else ATTRIBUTES
    return (
        *said,
        entry.module.count(".") + (entry.module in packages),
        modules.index(last) if last in modules else len(modules),
        names.index(entry.attribute) if entry.attribute in names else len(names),
    )


def choose(
    candidates: Iterable[Candidate], *, project: str, packages: frozenset[str]
) -> tuple[tuple[Candidate, ...], tuple[Candidate, ...]]:
    """Return the best candidates, several if they tie, and the others in order.

    Several names of one object count once, by the best of them.
    """
    ranked = sorted(
        candidates,
        key=lambda one: (rank(one, project=project, packages=packages), one.target, one.location),
    )
    seen: set[object] = set()
    distinct = []
    for one in ranked:
        if not seen & {one.origin or one, one.target}:
            distinct.append(one)
        seen |= {one.origin or one, one.target}
    if not distinct:
        return (), ()
    first = rank(distinct[0], project=project, packages=packages)
    best = [one for one in distinct if rank(one, project=project, packages=packages) == first]
    return tuple(best), tuple(distinct[len(best) :])

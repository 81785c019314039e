"""Reads a project once and lists everything that its web process could be."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from longshore.config.places import OWN_FILE, PYPROJECT
from longshore.project.detect import advice
from longshore.project.detect.applications import find_applications
from longshore.project.detect.django import Django, find_django, find_manage
from longshore.project.detect.files import ProjectFiles
from longshore.project.detect.layout import read_layout
from longshore.project.detect.model import Candidate, Evidence, Problem
from longshore.project.detect.programs import find_main_services
from longshore.project.detect.ranking import choose
from longshore.project.detect.reading import Reading, parse_modules
from longshore.project.detect.resolve import Resolver
from longshore.project.detect.said import Wrong, find_said
from longshore.project.detect.scripts import Script, read_scripts
from longshore.project.detect.servercalls import ServerCall, find_server_calls
from longshore.project.detect.services import Service, find_services
from longshore.project.detect.streamlit import find_streamlit


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Survey:
    """What was found for the web process, ranked, and what the other detectors need.

    Args:
        reading: the files and names.
        best: the best candidates: none, one, or several that tie.
        others: the rest, in order.
        scripts: the entry points.
        server_calls: every call that starts a server.
        services: programs that listen by themselves.
        django: the Django project, if it is one.
        wrong: statements of the project that name what is not there.
        problems: what stops already.
    """

    reading: Reading
    best: tuple[Candidate, ...]
    others: tuple[Candidate, ...]
    scripts: tuple[Script, ...]
    server_calls: tuple[ServerCall, ...]
    services: tuple[Service, ...]
    django: Django | None
    wrong: tuple[Wrong, ...]
    problems: tuple[Problem, ...]

    @property
    def web(self) -> Candidate | None:
        """The one candidate that is better than all others."""
        return self.best[0] if len(self.best) == 1 else None


def read(
    paths: Iterable[str],
    reader: Callable[[str], bytes],
    *,
    name: str,
    document: Mapping[str, Any] | None,
    locked: Collection[str] | None,
) -> Reading:
    """Parse what is worth parsing; see ``detect`` for the arguments."""
    files = ProjectFiles(paths, reader)
    layout = read_layout(document or {}, files, name=name)
    resolver = Resolver(files, layout)
    return Reading(
        name=name,
        document=document or {},
        files=files,
        layout=layout,
        resolver=resolver,
        locked=locked,
        file=OWN_FILE if document is None or OWN_FILE in files else PYPROJECT,
        modules=parse_modules(files, resolver),
    )


def survey(reading: Reading) -> Survey:
    """Find and rank what the web process could be."""
    scripts = read_scripts(reading.document, reading.files)
    server_calls = find_server_calls(reading)
    services = (
        *find_services(reading, scripts, server_calls),
        *find_main_services(reading, scripts, server_calls),
    )
    said = tuple(find_said(reading, server_calls))
    django, wrong, problems = _read_django(reading)
    candidates = [
        *(one for one in said if isinstance(one, Candidate)),
        *([django.web] if django else []),
        *_served(find_applications(reading), server_calls),
        *(service.candidate for service in services),
        *find_streamlit(reading, scripts),
    ]
    packages = frozenset(module.name for module in reading.modules if module.is_package)
    best, others = choose(candidates, project=reading.name, packages=packages)
    if best and best[0].framework != "Django":
        wrong = tuple(replace(one, strict=False) for one in wrong)
    return Survey(
        reading=reading,
        best=best,
        others=others,
        scripts=scripts,
        server_calls=server_calls,
        services=services,
        django=django,
        wrong=(*(one for one in said if isinstance(one, Wrong)), *wrong),
        problems=problems,
    )


def _served(
    candidates: Iterable[Candidate], server_calls: tuple[ServerCall, ...]
) -> Iterator[Candidate]:
    """Yield the candidates; one that its own module gives to a server is an entry.

    CherryPy's server is given none: it serves whatever is in ``cherrypy.tree``.
    """
    own = {
        call.made.origin
        for call in server_calls
        if call.made is not None and call.made.origin[0] == call.module.path
    }
    cherrypy = {call.module.path for call in server_calls if call.name.startswith("cherrypy.")}
    for one in candidates:
        is_tree = one.framework == "CherryPy" and one.location.rpartition(":")[0] in cherrypy
        is_own = one.evidence is Evidence.OTHER_ATTRIBUTE and (is_tree or one.origin in own)
        yield replace(one, evidence=Evidence.ENTRY_ATTRIBUTE) if is_own else one


def _read_django(
    reading: Reading,
) -> tuple[Django | None, tuple[Wrong, ...], tuple[Problem, ...]]:
    manages = find_manage(reading)
    if len(manages) > 1:
        first = find_django(reading, manages[0])
        web = first.web if isinstance(first, Django) else None
        return None, (), (advice.several_django(manages, reading, web=web),)
    manage = manages[0] if manages else None
    found = find_django(reading, manage)
    if isinstance(found, Django):
        return found, found.wrong, ()
    if isinstance(found, Wrong):
        return None, (found,), ()
    problems = (advice.no_settings(manage, reading),) if manage else ()
    return None, (), problems

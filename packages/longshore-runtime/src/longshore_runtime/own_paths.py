"""Find the health paths that an application answers itself: there its own answer wins."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from longshore_runtime.probes import PATHS

if TYPE_CHECKING:
    from collections.abc import Iterator


def find_own_paths(core: object) -> frozenset[str]:
    """Return the health paths that the application has a route for.

    Only literal routes count: a catch-all, such as a single-page application's, is not an answer to
    "are you ready". What cannot be looked into has no routes.
    """
    return frozenset(path for path in _literal_paths(core) if path in PATHS)


def _literal_paths(core: Any) -> Iterator[str]:
    url_map = getattr(core, "url_map", None)
    if url_map is not None and hasattr(url_map, "iter_rules"):
        yield from (str(rule.rule) for rule in url_map.iter_rules())
    routes = getattr(core, "routes", None)
    if isinstance(routes, list | tuple):
        for route in routes:
            yield from _route_paths(route)
    if type(core).__module__.startswith("django."):
        yield from _django_paths()


def _route_paths(route: Any) -> Iterator[str]:
    path = getattr(route, "path", None)
    if isinstance(path, str):
        yield path
    # FastAPI keeps an included router as one entry and computes its routes on request.
    contexts = getattr(route, "effective_route_contexts", None)
    if callable(contexts):
        yield from (str(getattr(context, "path", "")) for context in contexts())


def _django_paths() -> Iterator[str]:
    resolvers = sys.modules.get("django.urls.resolvers")
    if resolvers is None:
        return
    for pattern in resolvers.get_resolver().url_patterns:
        yield "/" + str(pattern.pattern)

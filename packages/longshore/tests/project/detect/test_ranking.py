"""The order of candidates: total, stable, as documented."""

from hypothesis import given
from hypothesis import strategies as st

from longshore.project.detect.model import Candidate, Evidence
from longshore.project.detect.ranking import choose, rank
from longshore.types import Asgi, CommandLine, EntryPoint


def candidate(
    target: str, *, evidence: Evidence = Evidence.ENTRY_ATTRIBUTE, line: int = 1
) -> Candidate:
    entry = EntryPoint.parse(target)
    return Candidate(
        evidence=evidence,
        serve=Asgi(entry),
        framework="FastAPI",
        location=f"{entry.module}:{line}",
        text="app = FastAPI()",
        origin=(target, line, 0),
    )


ORDER = [
    candidate("z.other:app", evidence=Evidence.SAID),
    candidate("wsgi:other"),
    candidate("main:app"),
    candidate("main:application"),
    candidate("main:other"),
    candidate("shop.asgi:app"),
    candidate("shop.main:app"),
    candidate("shop.app:app"),
    candidate("shop.server:app"),
    candidate("shop:app"),
    candidate("shop.shop:app"),
    candidate("shop.web.main:app"),
    candidate("main:create_app()", evidence=Evidence.ENTRY_FACTORY),
    candidate("main:make_app()", evidence=Evidence.ENTRY_FACTORY),
    candidate("main:x()", evidence=Evidence.ENTRY_FACTORY),
    Candidate(
        evidence=Evidence.SCRIPT,
        serve=CommandLine(("shop",)),
        framework="console script",
        location="pyproject.toml",
        text="",
    ),
    candidate("shop.core:app", evidence=Evidence.OTHER_ATTRIBUTE),
    candidate("shop.core:create_app()", evidence=Evidence.OTHER_FACTORY),
]


def chosen(candidates: list[Candidate]) -> tuple[list[str], list[str]]:
    best, others = choose(candidates, project="shop", packages=frozenset({"shop"}))
    return [one.target for one in best], [one.target for one in others]


@given(st.permutations(ORDER))
def test_the_order_is_the_documented_one(candidates: list[Candidate]) -> None:
    best, others = chosen(candidates)

    assert [*best, *others] == [one.target for one in ORDER]


@given(st.permutations([candidate("one.main:app"), candidate("two.main:app"), ORDER[-1]]))
def test_equals_tie_whatever_their_order(candidates: list[Candidate]) -> None:
    best, others = chosen(candidates)

    assert best == ["one.main:app", "two.main:app"]
    assert others == ["shop.core:create_app()"]


def test_several_names_of_one_object_are_no_contest() -> None:
    one = candidate("shop.main:app")
    other = Candidate(
        evidence=Evidence.ENTRY_ATTRIBUTE,
        serve=Asgi(EntryPoint.parse("shop:app")),
        framework="FastAPI",
        location="shop/__init__.py:1",
        text="from shop.main import app",
        origin=one.origin,
    )

    assert chosen([other, one]) == (["shop.main:app"], [])


def test_nothing_gives_nothing() -> None:
    assert chosen([]) == ([], [])


def test_a_rank_does_not_depend_on_the_place_in_the_file() -> None:
    ranks = {
        rank(candidate("shop.main:app", line=line), project="shop", packages=frozenset())
        for line in (1, 2)
    }

    assert len(ranks) == 1

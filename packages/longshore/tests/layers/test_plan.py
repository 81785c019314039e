"""``layers.plan``: stable under change, within budget."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from longshore.layers.plan import (
    LARGE,
    OTHER_LAYERS,
    PLAN_VERSION,
    LayerPlan,
    SizedWheel,
    plan_layers,
)
from longshore.types import NormalizedName, parse_name

NAMES = st.from_regex(r"[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,4})?", fullmatch=True).map(parse_name)
SIZES = st.one_of(st.integers(1, LARGE - 1), st.integers(LARGE, 1 << 31))
WHEELS = st.dictionaries(NAMES, SIZES, max_size=40)
BUDGETS = st.integers(OTHER_LAYERS + 1, 100)


def sized(wheels: dict[NormalizedName, int]) -> list[SizedWheel]:
    return [SizedWheel(name=name, size=size) for name, size in wheels.items()]


def mates(plan: LayerPlan, without: NormalizedName) -> set[frozenset[NormalizedName]]:
    layers = (frozenset(names) - {without} for names in plan.layers)
    return {names for names in layers if names}


@st.composite
def grouped(draw: st.DrawFn) -> tuple[dict[NormalizedName, int], list[list[NormalizedName]]]:
    wheels = draw(WHEELS)
    names = draw(st.permutations(sorted(wheels)))
    first, second = names[:3], names[3:5]
    return wheels, [group for group in (first, second) if len(group) > 1]


@given(case=grouped(), budget=BUDGETS)
def test_every_wheel_is_in_exactly_one_layer(
    case: tuple[dict[NormalizedName, int], list[list[NormalizedName]]], budget: int
) -> None:
    wheels, together = case
    plan = plan_layers(sized(wheels), together=together, budget=budget)
    assert sorted(name for names in plan.layers for name in names) == sorted(wheels)
    assert all(plan.layers)


@given(wheels=WHEELS, budget=BUDGETS)
def test_the_budget_is_kept(wheels: dict[NormalizedName, int], budget: int) -> None:
    assert len(plan_layers(sized(wheels), budget=budget).layers) <= budget - OTHER_LAYERS


@given(case=grouped(), budget=BUDGETS)
def test_wheels_that_belong_together_stay_together(
    case: tuple[dict[NormalizedName, int], list[list[NormalizedName]]], budget: int
) -> None:
    wheels, together = case
    plan = plan_layers(sized(wheels), together=together, budget=budget)
    for group in together:
        assert any(set(group) <= set(names) for names in plan.layers)


@given(wheels=WHEELS, data=st.data())
def test_the_order_of_the_input_does_not_matter(
    wheels: dict[NormalizedName, int], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(sized(wheels)))
    assert plan_layers(shuffled) == plan_layers(sized(wheels))


@given(wheels=WHEELS, budget=BUDGETS, data=st.data())
def test_a_new_version_of_a_wheel_moves_no_wheel(
    wheels: dict[NormalizedName, int], budget: int, data: st.DataObject
) -> None:
    assume(wheels)
    name = data.draw(st.sampled_from(sorted(wheels)))
    same_class = 1 << (wheels[name].bit_length() - 1)
    size = data.draw(st.integers(same_class, 2 * same_class - 1))
    assume((size >= LARGE) == (wheels[name] >= LARGE))
    before = plan_layers(sized(wheels), budget=budget)
    assert plan_layers(sized(wheels | {name: size}), budget=budget) == before


@given(wheels=WHEELS, name=NAMES, size=st.integers(1, LARGE - 1), budget=BUDGETS)
def test_a_small_wheel_that_comes_or_goes_moves_no_other(
    wheels: dict[NormalizedName, int], name: NormalizedName, size: int, budget: int
) -> None:
    assume(name not in wheels)
    before = plan_layers(sized(wheels), budget=budget)
    after = plan_layers(sized(wheels | {name: size}), budget=budget)
    assert mates(after, name) == mates(before, name)


def test_large_wheels_come_first_and_alone_the_largest_at_the_bottom() -> None:
    sizes = {"numpy": 16 << 20, "torch": 800 << 20, "click": 1 << 17, "pandas": 12 << 20}
    plan = plan_layers(sized({parse_name(name): size for name, size in sizes.items()}))
    assert plan.layers == (("torch",), ("numpy",), ("pandas",), ("click",))
    assert plan.version == PLAN_VERSION


def test_common_dependencies_make_a_common_beginning() -> None:
    common = {parse_name("torch"): 800 << 20, parse_name("numpy"): 16 << 20}
    one = plan_layers(sized(common | {parse_name("flask"): 1 << 17}))
    two = plan_layers(sized(common | {parse_name("django"): 1 << 23}))
    assert one.layers[:2] == two.layers[:2]


def test_the_spread_is_part_of_the_format() -> None:
    names = ["alembic", "anyio", "click", "fastapi", "h11", "idna", "mako", "pydantic", "uvicorn"]
    plan = plan_layers([SizedWheel(name=parse_name(name), size=1) for name in names])
    assert plan.layers == (
        ("alembic", "uvicorn"),
        ("fastapi", "h11", "mako"),
        ("anyio", "click", "idna", "pydantic"),
    )


@pytest.mark.parametrize("budget", [0, OTHER_LAYERS, 101])
def test_a_budget_out_of_range_is_refused(budget: int) -> None:
    with pytest.raises(ValueError, match="expected a budget of 6 to 100 layers"):
        plan_layers([], budget=budget)


def test_a_wheel_twice_is_refused() -> None:
    wheel = SizedWheel(name=parse_name("a"), size=1)
    with pytest.raises(ValueError, match="a appears twice"):
        plan_layers([wheel, wheel])

"""The drain's budget and where its figures come from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore_runtime.budget import VARIABLES, Budget, parse_seconds, read_budget
from longshore_runtime.errors import ConfigError


def test_delay_is_zero_outside_an_orchestrator() -> None:
    assert read_budget({}).delay == 0


def test_delay_is_five_seconds_on_kubernetes() -> None:
    budget = read_budget({"KUBERNETES_SERVICE_HOST": "10.0.0.1"})
    assert budget.delay == 5
    assert budget.overrun == 0


def test_cloud_run_stops_routing_first_and_gives_ten_seconds() -> None:
    budget = read_budget({"K_SERVICE": "tasks", "KUBERNETES_SERVICE_HOST": "10.0.0.1"})
    assert (budget.delay, budget.grace, budget.overrun) == (0, 10, 0)


@pytest.mark.parametrize(("field", "name"), VARIABLES.items())
def test_variable_sets_its_field(field: str, name: str) -> None:
    assert getattr(read_budget({name: "7.5"}), field) == 7.5


def test_all_wrong_variables_are_named_at_once_without_their_values() -> None:
    with pytest.raises(ConfigError) as caught:
        read_budget({"LONGSHORE_DRAIN_DELAY": "hunter2", "LONGSHORE_GRACE_PERIOD": "-1"})
    assert "LONGSHORE_DRAIN_DELAY, LONGSHORE_GRACE_PERIOD" in caught.value.message
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "5m", "", "1e400"])
def test_not_a_number_of_seconds(text: str) -> None:
    assert parse_seconds(text) is None


@given(st.floats(min_value=0, max_value=1e6))
def test_seconds_are_read_back_with_and_without_unit(seconds: float) -> None:
    assert parse_seconds(repr(seconds)) == seconds
    assert parse_seconds(f"{seconds!r}s") == seconds


@given(
    st.builds(
        Budget,
        delay=st.floats(0, 100),
        in_flight=st.floats(0, 100),
        grace=st.floats(0, 100),
    )
)
def test_deadline_lies_inside_the_grace_period(budget: Budget) -> None:
    assert 0 < budget.deadline <= max(budget.grace, 0.1)

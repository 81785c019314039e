"""When a process is started again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.engines.restart import Ending, RestartRule
from longshore.types import Restart

CRASH = Ending(exit_code=1)
DONE = Ending(exit_code=0)


def rule_of(policy: Restart) -> RestartRule:
    rule = RestartRule.of(policy)
    assert rule is not None
    return rule


def test_nothing_is_started_again_where_the_policy_says_so() -> None:
    assert RestartRule.of(Restart.NO) is None


def test_failures_are_followed_by_growing_pauses_and_then_by_none() -> None:
    rule = rule_of(Restart.ON_FAILURE)
    pauses = [rule.pause(CRASH, row=row) for row in range(1, 7)]
    assert pauses[:5] == [pytest.approx(0.1 * 3**power) for power in range(5)]
    assert pauses[5] is None


def test_always_has_no_end_and_a_longest_pause() -> None:
    rule = rule_of(Restart.ALWAYS)
    assert rule.pause(CRASH, row=1000) == 30
    assert rule.pause(DONE, row=1) == pytest.approx(0.1)


@pytest.mark.parametrize("ending", [Ending(), Ending(exit_code=137, out_of_memory=True), CRASH])
def test_all_but_success_is_a_failure(ending: Ending) -> None:
    rule = rule_of(Restart.ON_FAILURE)
    assert rule.pause(ending, row=1) is not None
    assert rule.pause(DONE, row=1) is None


def test_good_run_ends_the_row() -> None:
    rule = rule_of(Restart.ON_FAILURE)
    assert rule.row(4, ran_for=9.9) == 5
    assert rule.row(4, ran_for=10) == 1


@given(st.integers(1, 10**6), st.sampled_from([Restart.ON_FAILURE, Restart.ALWAYS]))
def test_a_pause_never_shrinks_within_a_row(row: int, policy: Restart) -> None:
    rule = rule_of(policy)
    now, then = rule.pause(CRASH, row=row), rule.pause(CRASH, row=row + 1)
    assert then is None or (now is not None and now <= then <= rule.longest_pause)


@given(st.builds(RestartRule, limit=st.none() | st.integers(0, 9), after_success=st.booleans()))
def test_rule_survives_the_way_to_the_supervisor(rule: RestartRule) -> None:
    assert RestartRule.from_json(rule.to_json()) == rule

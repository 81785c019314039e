"""Several things at once."""

import threading
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.net.parallel import map_parallel


@given(items=st.lists(st.integers(), max_size=30), jobs=st.integers(1, 9))
def test_results_come_in_the_order_of_the_items(items: list[int], jobs: int) -> None:
    assert map_parallel(lambda item: item * 2, items, jobs=jobs) == [item * 2 for item in items]


def test_so_many_run_at_once_and_not_more() -> None:
    barrier = Barrier(3, timeout=5)
    names = set()

    def meet(_: int) -> None:
        barrier.wait()
        names.add(threading.current_thread().name)

    map_parallel(meet, range(6), jobs=3)
    assert len(names) == 3


def test_after_a_failure_nothing_new_is_started() -> None:
    threads: dict[int, threading.Thread] = {}
    both_run = Barrier(2, timeout=5)

    def fail(item: int) -> None:
        threads[item] = threading.current_thread()
        both_run.wait()
        if item == 0:
            raise KeyError(item)
        threads[0].join(5)  # it has failed for sure, and this one is still to finish

    with pytest.raises(KeyError, match="0"):
        map_parallel(fail, range(10), jobs=2)
    assert sorted(threads) == [0, 1]

"""A secret never reaches output by accident."""

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.types import Secret

VALUE = "hunter2-correct-horse"


@dataclass(frozen=True)
class Holder:
    """Something with a secret in it, as most leaks begin."""

    secret: Secret


@pytest.mark.parametrize(
    "render",
    [
        repr,
        str,
        ascii,
        lambda secret: f"{secret}",
        lambda secret: f"{secret!r:>40}",
        lambda secret: f"{secret:>40}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 - one of the ways to leak
        "{} {!s} {!r}".format,
        lambda secret: repr(Holder(secret)),
        lambda secret: repr([secret, {"key": secret}, (secret,)]),
        lambda secret: repr(vars(Holder(secret))),
    ],
)
def test_it_prints_as_stars(render: Callable[..., str]) -> None:
    arguments = (Secret(VALUE),) * 3
    try:
        text = render(arguments[0])
    except IndexError:
        text = render(*arguments)
    assert VALUE not in text
    assert "***" in text


def test_it_does_not_show_in_a_log(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").warning("using %s and %r", Secret(VALUE), Secret(VALUE))
    assert caplog.messages == ["using *** and Secret('***')"]
    assert VALUE not in caplog.text


def test_it_does_not_show_in_a_traceback_with_locals() -> None:
    def fail(token: Secret) -> None:
        msg = f"refused: {token}"
        raise RuntimeError(msg)

    with pytest.raises(RuntimeError) as raised:
        fail(Secret(VALUE))
    report = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
    text = "".join(report.format())
    assert "token = Secret('***')" in text
    assert f"'{VALUE}'" not in "".join(line for line in report.format() if "VALUE" not in line)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_can_not_be_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="a secret can't be pickled"):
        pickle.dumps(Holder(Secret(VALUE)), protocol=protocol)


@pytest.mark.parametrize("function", [copy.copy, copy.deepcopy])
def test_it_can_not_be_copied(function: Callable[[Secret], Secret]) -> None:
    with pytest.raises(TypeError, match="a secret can't be pickled"):
        function(Secret(VALUE))


def test_it_can_not_be_written_as_json_or_iterated() -> None:
    with pytest.raises(TypeError):
        json.dumps({"secret": Secret(VALUE)})
    with pytest.raises(TypeError):
        list(Secret(VALUE))  # type: ignore[call-overload] # that it can't is the test
    assert not hasattr(Secret(VALUE), "__dict__")


@given(st.text(), st.text())
def test_it_is_equal_to_the_same_secret_and_to_nothing_else(one: str, other: str) -> None:
    assert (Secret(one) == Secret(other)) is (one == other)
    assert Secret(one) != one
    assert hash(Secret(one)) == hash(Secret(one))
    assert Secret(one).reveal() == one
    assert bool(Secret(one)) is bool(one)

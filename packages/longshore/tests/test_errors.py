"""The one exception root and its exit codes."""

import pytest

from longshore import errors
from longshore.errors import ConfigError, ExitCode, LongshoreError, TransportError
from longshore.types import Finding, Severity

FAMILIES = {
    "ConfigError": 2,
    "DeployError": 8,
    "LockError": 3,
    "PreflightError": 7,
    "ProjectError": 3,
    "SupplyChainError": 6,
    "TransportError": 5,
    "UsageError": 2,
    "WheelError": 4,
}


def test_every_family_has_the_documented_exit_code() -> None:
    found = {
        name: int(value.exit_code)
        for name, value in vars(errors).items()
        if isinstance(value, type)
        and issubclass(value, LongshoreError)
        and value is not LongshoreError
    }
    assert found == FAMILIES


def test_the_exit_codes_are_the_documented_ones() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "OK": 0,
        "NEGATIVE": 1,
        "USAGE": 2,
        "PROJECT": 3,
        "WHEEL": 4,
        "REGISTRY": 5,
        "SUPPLY_CHAIN": 6,
        "PREFLIGHT": 7,
        "DEPLOY_FAILED": 8,
        "ROLLED_BACK": 9,
        "ROLLBACK_FAILED": 10,
        "LOCKED": 11,
        "HELD": 12,
        "BUG": 70,
        "INTERRUPTED": 130,
    }


@pytest.mark.parametrize("name", FAMILIES)
def test_an_error_keeps_what_it_was_given(name: str) -> None:
    error = getattr(errors, name)("a: b", context=["one"], hint="do c", docs="d.md")
    assert (str(error), error.message, error.context) == ("a: b", "a: b", ("one",))
    assert (error.hint, error.docs) == ("do c", "d.md")


def test_a_transport_error_keeps_the_status() -> None:
    assert TransportError("x", status=404).status == 404
    assert TransportError("x").status is None


def test_a_config_error_keeps_its_findings() -> None:
    finding = Finding(rule="r", severity=Severity.ERROR, location="a", message="b")
    assert ConfigError("x", findings=[finding]).findings == (finding,)

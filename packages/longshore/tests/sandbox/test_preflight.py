"""What the user reads when a sandbox can't be had."""

import errno
from pathlib import Path

import pytest

from longshore.errors import ExitCode
from longshore.sandbox.preflight import Failure, explain

DENIED = Failure(step="unshare", subject="user namespace", errno=errno.EPERM)


@pytest.mark.parametrize(
    ("setting", "value", "failure", "hint"),
    [
        (
            "user/max_user_namespaces",
            "0",
            Failure(step="unshare", subject="user namespace", errno=errno.ENOSPC),
            "user namespaces are off: set the sysctl user.max_user_namespaces=15000, or be root",
        ),
        (
            "kernel/unprivileged_userns_clone",
            "0",
            DENIED,
            "set the sysctl kernel.unprivileged_userns_clone=1, or run as root",
        ),
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            Failure(step="map", subject="/proc/self/uid_map", errno=errno.EACCES),
            (
                "AppArmor forbids unprivileged user namespaces here: set the sysctl "
                "kernel.apparmor_restrict_unprivileged_userns=0, or run as root"
            ),
        ),
        (
            "user/max_user_namespaces",
            "1000",
            DENIED,
            (
                "inside a container, run it with --security-opt seccomp=unconfined "
                "--security-opt systempaths=unconfined, or as root with --privileged"
            ),
        ),
    ],
)
def test_the_kernel_setting_decides_the_hint(
    tmp_path: Path, setting: str, value: str, failure: Failure, hint: str
) -> None:
    path = tmp_path / setting
    path.parent.mkdir(parents=True)
    path.write_text(f"{value}\n")
    error = explain(failure, root=Path("/base"), sysctl=tmp_path)
    assert error.hint == hint
    assert error.exit_code is ExitCode.PREFLIGHT


def test_the_step_its_subject_and_the_reason_are_named(tmp_path: Path) -> None:
    error = explain(DENIED, root=Path("/base"), sysctl=tmp_path)
    assert str(error) == "sandbox: unshare 'user namespace': operation not permitted"


def test_another_failure_has_no_hint(tmp_path: Path) -> None:
    failure = Failure(step="mount", subject="/work", errno=errno.ENOENT)
    assert explain(failure, root=Path("/base"), sysctl=tmp_path).hint is None


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    failure = Failure(step="exec", subject="/usr/bin/python3.13", errno=errno.ENOENT)
    error = explain(failure, root=Path("/base"), sysctl=tmp_path)
    assert str(error) == ("'/usr/bin/python3.13' in /base: can't run it: no such file or directory")

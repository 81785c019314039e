"""What happens before an application serves, in every way to run: secrets, limits, import."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING

from longshore_runtime.application import Application, make_application
from longshore_runtime.cgroup import Limits, read_limits
from longshore_runtime.loader import load_target
from longshore_runtime.workers import Decision, cap_numeric_threads, decide_threads, decide_workers

if TYPE_CHECKING:
    from longshore_runtime.options import Options

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What was decided from the environment before the import.

    Attributes:
        secrets: the names of the variables that files have set.
    """

    limits: Limits
    workers: Decision
    threads: Decision
    secrets: tuple[str, ...]


def make_plan(options: Options) -> Plan:
    """Read the environment and prepare it for the import.

    Raises:
        ConfigError: a setting of the runtime, or a secret's file, is wrong.
    """
    limits = read_limits()
    workers = decide_workers(options.workers, os.environ, limits, is_local=options.host in LOOPBACK)
    threads = decide_threads(os.environ, limits)
    secrets = find_secrets()
    os.environ.update(secrets)
    cap_numeric_threads(os.environ, max(limits.cpus // workers.count, 1))
    return Plan(limits=limits, workers=workers, threads=threads, secrets=tuple(sorted(secrets)))


def find_secrets() -> dict[str, str]:
    """Return the variables that files set; most services have none, and pay for none.

    Raises:
        ConfigError: a file cannot be read.
    """
    if not any(name.endswith("_FILE") or name == "LONGSHORE_SECRETS_DIR" for name in os.environ):
        return {}
    from longshore_runtime.secret_files import read_secret_files  # noqa: PLC0415 -- pathlib, re

    return read_secret_files(os.environ)


def import_application(options: Options, plan: Plan) -> Application:
    """Import what the options name and make an application of it.

    Raises:
        ServeError: the import failed; the error says why.
    """
    try:
        found = load_target(options.target)
        return make_application(
            options.target,
            found,
            interface=options.interface,
            factory=options.factory,
            threads=plan.threads.count,
        )
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever the application's modules raise
        from longshore_runtime.import_failure import explain_import  # noqa: PLC0415 -- only then

        raise explain_import(options.target, error, os.environ) from error

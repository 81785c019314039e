"""The lines that tell of a service: boot, stop, failure, check, configuration."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from longshore_runtime import __version__
from longshore_runtime.budget import name_platform
from longshore_runtime.errors import ExitCode, ServeError
from longshore_runtime.lifecycle import Phase
from longshore_runtime.preload import is_wanted

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from longshore_runtime.application import Application
    from longshore_runtime.events import EventLog
    from longshore_runtime.lifecycle import Lifecycle
    from longshore_runtime.management import ManagementServer
    from longshore_runtime.options import Options
    from longshore_runtime.prefork import Prefork
    from longshore_runtime.prepare import Plan
    from longshore_runtime.service import Outcome

MOST_LINES = 12
"""Lines of detail that a failed start shows; the rest is the same story again."""


def report_boot(
    events: EventLog,
    *,
    options: Options,
    plan: Plan,
    application: Application,
    lifecycle: Lifecycle,
    listener: socket.socket,
    management: ManagementServer | None,
    server: str,
) -> None:
    """Write the boot line: what is served, where, by how many, and what is on and why."""
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    events.emit(
        "boot",
        f"serving {options.target} on http://{shown}:{port}",
        version=__version__,
        python=sys.version.split()[0],
        app=options.target,
        framework=application.framework or None,
        interface=application.interface,
        server=server,
        workers=plan.workers.count,
        workers_why=plan.workers.reason,
        threads=plan.threads.count,
        pid=os.getpid(),
        host=host,
        port=port,
        management_port=None if management is None else management.port,
        startup_ms=round((time.monotonic() - lifecycle.started_at) * 1000),
        features=describe_features(options, plan, application),
        budget=describe_budget(options),
    )
    warn_of_budget(events, options)


def warn_of_budget(events: EventLog, options: Options) -> None:
    """Say so when the platform would kill the process before the drain is over."""
    if options.budget.overrun:
        events.emit(
            "budget",
            f"the stages of the drain exceed the grace period by {options.budget.overrun:g} s",
            level="warning",
            hint="raise LONGSHORE_GRACE_PERIOD with the platform's own, or lower a stage",
        )


def report_workers_boot(service: Prefork) -> None:
    """Write the boot line of a service of several workers."""
    from longshore_runtime.serve import describe_server  # noqa: PLC0415 -- avoids a circle

    host, port = service.listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    options, plan = service.options, service.plan
    why = os.environ.get("LONGSHORE_PRELOAD_WHY")
    service.events.emit(
        "boot",
        f"serving {options.target} on http://{shown}:{port}",
        version=__version__,
        python=sys.version.split()[0],
        app=options.target,
        server=describe_server(),
        workers=plan.workers.count,
        workers_why=plan.workers.reason,
        preload=why or ("on" if is_wanted(os.environ) else "off: LONGSHORE_PRELOAD"),
        threads=plan.threads.count,
        pid=os.getpid(),
        worker_pids=[seat.pid for seat in service.pool.seats],
        host=host,
        port=port,
        management_port=None if service.management is None else service.management.port,
        startup_ms=round((time.monotonic() - service.lifecycle.started_at) * 1000),
        features=describe_features(options, plan, service.application),
        budget=describe_budget(options),
    )
    warn_of_budget(service.events, options)


def report_workers_stop(service: Prefork, code: ExitCode) -> None:
    """Write the stop line of a service of several workers."""
    slots = [service.state.read_slot(seat.index) for seat in service.pool.seats]
    began = service.lifecycle.entered[Phase.DRAINING]
    service.events.emit(
        "stop",
        f"stopped after {service.reason}",
        level="info" if code is ExitCode.OK else "error",
        reason=service.reason,
        exit_code=int(code),
        requests=sum(slot.served for slot in slots),
        in_flight=service.in_flight,
        cut_off=sum(slot.cut_off for slot in slots),
        workers_killed=service.killed,
        worker_codes=service.pool.codes,
        restarts=service.pool.restarts,
        orphans_reaped=service.pool.reaped,
        total_ms=round((time.monotonic() - began) * 1000),
    )


def describe_features(
    options: Options, plan: Plan, application: Application | None
) -> dict[str, str]:
    """Return what is on or off, and why."""
    delay = options.budget.delay
    source = "LONGSHORE_DRAIN_DELAY" if "LONGSHORE_DRAIN_DELAY" in os.environ else None
    networks = ", ".join(map(str, options.trust.networks)) or "nobody"
    return {
        "drain_delay": f"{'on' if delay else 'off'}: {source or name_platform(os.environ)}",
        "lifespan": describe_lifespan(application),
        "proxy_trust": f"on: {networks}",
        "management_port": "off: not set" if options.management_port is None else "on: set",
        "secret_files": ", ".join(plan.secrets) or "off: none found",
        "limits": f"{plan.limits.cpus} CPUs by {plan.limits.source}",
    }


def describe_lifespan(application: Application | None) -> str:
    """Return whether a lifespan is required, and why."""
    if application is None:
        return "known to the workers only"
    if application.interface == "wsgi":
        return "off: WSGI has none"
    if application.has_lifespan:
        return f"on: {application.framework} has one"
    return "on if the application takes part"


def describe_budget(options: Options) -> dict[str, float]:
    """Return the limits of each stage in seconds."""
    budget = options.budget
    return {
        "delay": budget.delay,
        "in_flight": budget.in_flight,
        "lifespan": budget.lifespan,
        "flush": budget.flush,
        "startup": budget.startup,
        "grace": budget.grace,
    }


def report_stop(events: EventLog, lifecycle: Lifecycle, outcome: Outcome) -> None:
    """Write the stop line."""
    entered = lifecycle.entered
    began = entered[Phase.DRAINING]
    stages = {
        phase.name.lower(): round((entered[phase] - began) * 1000)
        for phase in (Phase.STOPPING, Phase.LIFESPAN_STOP, Phase.FLUSH)
        if phase in entered
    }
    events.emit(
        "stop",
        f"stopped after {outcome.reason}",
        level="info" if outcome.code is ExitCode.OK else "error",
        reason=outcome.reason,
        exit_code=int(outcome.code),
        requests=lifecycle.served,
        in_flight=outcome.in_flight,
        streams_told=outcome.told,
        cut_off=outcome.cut_off,
        problems=outcome.problems,
        stages_ms=stages,
        total_ms=round((time.monotonic() - began) * 1000),
    )


def report_failure(events: EventLog, error: ServeError) -> None:
    """Write a failed start for people on standard error, and one JSON line last."""
    lines = [f"longshore-serve: {error.message}", *error.detail[-MOST_LINES:]]
    if error.hint:
        lines.append(f"  hint: {error.hint}")
    try:
        sys.stderr.write("\n".join(lines) + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        events.dropped += 1
    fields: dict[str, object] = {}
    problems = getattr(error, "problems", ())
    if problems:
        fields["settings"] = [{"name": each.name, "problem": each.problem} for each in problems]
    events.emit(
        "failed",
        error.message,
        level="error",
        cause=error.kind,
        hint=error.hint,
        exit_code=int(error.code),
        **fields,
    )


def report_check(events: EventLog, options: Options, plan: Plan, application: Application) -> None:
    """Write that the settings are complete and the application can be imported."""
    events.emit(
        "checked",
        f"{options.target} can be served",
        app=options.target,
        framework=application.framework or None,
        interface=application.interface,
        workers=plan.workers.count,
        workers_why=plan.workers.reason,
        exit_code=0,
    )


def render_config(options: Options, plan: Plan, environ: Mapping[str, str]) -> dict[str, object]:
    """Return the effective configuration; of the environment the names only."""
    config: dict[str, object] = {
        "app": options.target,
        "host": options.host,
        "port": options.port,
        "management_port": options.management_port,
        "interface": options.interface,
        "workers": plan.workers.count,
        "workers_why": plan.workers.reason,
        "threads": plan.threads.count,
        "threads_why": plan.threads.reason,
        "cpus": plan.limits.cpus,
        "cpus_why": plan.limits.source,
        "memory_limit_bytes": plan.limits.memory,
        "trusted_proxies": [str(network) for network in options.trust.networks],
        "budget_s": describe_budget(options),
        "from_files": list(plan.secrets),
        "environment": dict.fromkeys(sorted(environ), "***"),
    }
    if options.is_foreign:
        from longshore_runtime.servers import compose  # noqa: PLC0415 -- not for uvicorn

        start = compose(options, plan, port=options.port)
        config |= {
            "server": start.server,
            "command": list(start.command),
            "server_settings": list(start.settings),
        }
    else:
        config["server"] = "uvicorn"
    return config

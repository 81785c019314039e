"""How a backing service is started, as values; pure."""

import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from longshore.config import ServiceConfig, ServiceKind
from longshore.engines.backing.account import Account, settings_of
from longshore.engines.interface import LoadedImage, Port, RunSpec, Volume
from longshore.engines.plan import volume_name
from longshore.engines.ports import LOOPBACK
from longshore.types import Digest, Secret

_FORMAT: Final = 1
"""Raised whenever the same configuration starts otherwise."""

GRACE: Final = 30.0
"""Seconds that a service may take to write down what it has in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundImage:
    """What a service is run from.

    Args:
        image: as the engine has it.
        stand_in: what it is, where it stands in for the image that was asked for.
        reason: why that is not used; empty where it is.
    """

    image: LoadedImage
    stand_in: str = ""
    reason: str = ""


def plan_backing(
    service: ServiceConfig,
    found: FoundImage,
    account: Account,
    *,
    run_id: str,
    project: str,
    port: int,
    shares_network: bool,
) -> RunSpec:
    """Return how to start a service.

    Args:
        service: which one.
        found: what it is run from.
        account: who may use it.
        run_id: names this start.
        project: the name of the service that uses it.
        port: on 127.0.0.1.
        shares_network: whether it binds the host's own loopback, at that port.
    """
    settings = settings_of(service, account)
    inside = service.port
    if found.stand_in:
        inside = port if shares_network else service.port
        settings["PORT"] = Secret(str(inside))
        if shares_network:
            settings["LONGSHORE_HOST"] = Secret(LOOPBACK)
    return RunSpec(
        run_id=run_id,
        service=project,
        process=service.name,
        image=found.image,
        args=service.command or None,
        env=settings,
        port=Port(host=port, container=inside),
        volumes=_volumes(service, found),
        networked=True,
        foreign=not found.stand_in,
    )


def key_of(service: ServiceConfig, found: FoundImage, account: Account) -> str:
    """Return a digest of everything that decides how a service runs, but for its port here.

    A password that was made up is not part of it, and needs not be: it goes with the data.
    """
    parts = {
        "format": _FORMAT,
        "image": str(found.image.digest),
        "stand-in": found.stand_in,
        "port": service.port,
        "env": sorted(service.env.items()),
        "command": list(service.command),
        "account": [account.user, account.database],
    }
    return str(Digest.of(json.dumps(parts, sort_keys=True).encode()))


def _volumes(service: ServiceConfig, found: FoundImage) -> tuple[Volume, ...]:
    """Return a volume for each folder that the image says it writes to.

    The dot keeps their names apart from those of the processes' own. What stands in has data of
    its own: another user's, of another version, sorted by other rules.
    """
    targets = [PurePosixPath(path) for path in found.image.config.volumes]
    if service.kind is ServiceKind.POSTGRES and (own := service.env.get("PGDATA")):
        folder = PurePosixPath(own)
        if not any(folder.is_relative_to(target) for target in targets):
            targets.append(folder)
    suffix = "stand-in-" if found.stand_in else ""
    return tuple(
        Volume(name=f"{service.name}.{suffix}{volume_name(target)}", target=target)
        for target in targets
    )

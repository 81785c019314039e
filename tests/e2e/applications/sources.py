"""Source distributions of exact versions, found by their hash and unpacked."""

import tarfile
from collections.abc import Mapping
from pathlib import Path

from tests.e2e.applications.applications import Application

from longshore.cli.context import Context
from longshore.errors import WheelError
from longshore.net import download
from longshore.types import parse_name
from longshore.wheels.index import SimpleIndex, choose_indexes


def fetch_sdist(application: Application, environment: Mapping[str, str]) -> Path:
    """Return the archive of an application, from the cache or from the index."""
    context = Context(environment=environment)
    try:
        index = SimpleIndex(
            context.transport,
            choose_indexes(environment),
            memos=context.memos,
            store=context.blobs,
        )
        name = parse_name(application.name)
        (file,) = index.find(name, application.version, [application.sdist])
        return download(
            context.transport,
            file.url or "",
            store=context.blobs,
            expected=application.sdist,
            size=file.size,
            kind="sdist.fetch",
            subject=f"{application.name} {application.version}",
            error=WheelError,
        )
    finally:
        context.close()


def unpack_sdist(archive: Path, target: Path) -> Path:
    """Unpack an archive and return the one folder that is in it (PEP 625)."""
    with tarfile.open(archive) as opened:
        opened.extractall(target, filter="data")
    (folder,) = target.iterdir()
    return folder

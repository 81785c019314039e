"""Find an image that the same inputs gave before."""

import json

from longshore.build.interface import BuildResult, Workshop
from longshore.build.names import image_name
from longshore.build.records import RecordStore
from longshore.build.servers import locked_names, with_servers
from longshore.build.untracked import source_findings
from longshore.oci.descriptor import Descriptor
from longshore.types import (
    BuildRecord,
    Digest,
    Event,
    Phase,
)


def records(workshop: Workshop) -> RecordStore:
    """Return the store of build records."""
    return RecordStore(workshop.directories.data / "records")


def find_image(workshop: Workshop, key: Digest) -> BuildResult | None:
    """Return the image that the same inputs gave before, if all of it is still there."""
    memo = workshop.memos.get(image_key(key))
    if memo is None:
        return None
    note = json.loads(memo)
    digest = Digest.parse(note["digest"])
    record = records(workshop).get(digest)
    if record is None or not _is_whole(workshop, record):
        return None
    descriptor = Descriptor(
        media_type=note["mediaType"],
        digest=digest,
        size=note["size"],
        platform=record.platforms[0].platform,
    )
    name = image_name(workshop.project)
    workshop.layout.tag(name, descriptor)
    workshop.reporter.report(
        Event(kind="image.build", subject=name, phase=Phase.CACHED, detail=str(digest))
    )
    return BuildResult(
        descriptor=descriptor,
        name=name,
        record=record,
        project=with_servers(workshop, locked_names(record)),
        findings=source_findings(workshop),
        cached=True,
    )


def _is_whole(workshop: Workshop, record: BuildRecord) -> bool:
    blobs = workshop.layout.blobs
    return all(
        blobs.has(each.manifest)
        and blobs.has(each.config)
        and all(blobs.has(digest, size) for digest, size, _ in each.layers)
        for each in record.platforms
    )


def image_key(key: Digest) -> Digest:
    """Return the key of the memo that names the image of some inputs."""
    return Digest.of(f"image {key}".encode())

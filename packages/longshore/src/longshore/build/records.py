"""Build records as JSON, kept beside the images that they describe."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from longshore.errors import LongshoreError, ProjectError
from longshore.oci.blobs import disk_error
from longshore.types import (
    RECORD_FORMAT,
    BuildRecord,
    Digest,
    Material,
    MaterialKind,
    Platform,
    PlatformRecord,
)


def render_record(record: BuildRecord) -> bytes:
    """Return the canonical JSON of a record: sorted keys, UTF-8, one trailing newline."""
    document = asdict(record)
    document["inputs_digest"] = str(record.inputs_digest)
    document["materials"] = [_material_document(material) for material in record.materials]
    document["platforms"] = [
        {
            "platform": str(each.platform),
            "manifest": str(each.manifest),
            "config": str(each.config),
            "layers": [
                {"digest": str(digest), "size": size, "title": title}
                for digest, size, title in each.layers
            ],
        }
        for each in record.platforms
    ]
    return (json.dumps(document, sort_keys=True, ensure_ascii=False, indent=1) + "\n").encode()


def _material_document(material: Material) -> dict[str, Any]:
    return {
        "kind": material.kind.value,
        "purl": material.purl,
        "url": material.url,
        "sha256": str(material.sha256),
        "layer": None if material.layer is None else str(material.layer),
        "reason": material.reason,
    }


def parse_record(data: bytes) -> BuildRecord:
    """Parse a record that this or an older version wrote.

    Raises:
        ValueError: if it is no record.
        ProjectError: if a newer version wrote it.
    """
    document = json.loads(data)
    try:
        if document["format"] > RECORD_FORMAT:
            msg = f"the build record has format {document['format']}, newer than {RECORD_FORMAT}"
            raise ProjectError(msg, hint="upgrade longshore")
        return BuildRecord(
            format=document["format"],
            tool=document["tool"],
            inputs_digest=Digest.parse(document["inputs_digest"]),
            materials=tuple(_parse_material(each) for each in document["materials"]),
            platforms=tuple(_parse_platform(each) for each in document["platforms"]),
            revision=document["revision"],
            dirty=document["dirty"],
            host_build=document["host_build"],
        )
    except (KeyError, TypeError) as error:
        msg = f"not a build record: {error!r}"
        raise ValueError(msg) from error


def _parse_material(document: dict[str, Any]) -> Material:
    layer = document["layer"]
    return Material(
        kind=MaterialKind(document["kind"]),
        purl=document["purl"],
        url=document["url"],
        sha256=Digest.parse(document["sha256"]),
        layer=None if layer is None else Digest.parse(layer),
        reason=document["reason"],
    )


def _parse_platform(document: dict[str, Any]) -> PlatformRecord:
    return PlatformRecord(
        platform=Platform.parse(document["platform"]),
        manifest=Digest.parse(document["manifest"]),
        config=Digest.parse(document["config"]),
        layers=tuple(
            (Digest.parse(each["digest"]), each["size"], each["title"])
            for each in document["layers"]
        ),
    )


class RecordStore:
    """A folder of records, named by the digest of the image that each describes."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, image: Digest) -> Path:
        """Return where the record of an image is, or would be."""
        return self.root / f"{image.hex}.json"

    def put(self, image: Digest, record: BuildRecord) -> Path:
        """Write a record; it appears whole or not at all.

        Raises:
            PreflightError: if it can't be written.
        """
        path = self.path(image)
        data = render_record(record)
        try:
            if path.is_file() and path.read_bytes() == data:
                return path
            self.root.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(".incoming")
            fresh.write_bytes(data)
            fresh.replace(path)
        except OSError as error:
            raise disk_error(error, self.root) from error
        return path

    def get(self, image: Digest) -> BuildRecord | None:
        """Return the record of an image, or ``None`` where there is no readable one."""
        try:
            return parse_record(self.path(image).read_bytes())
        except (OSError, ValueError, LongshoreError):
            return None

"""``oci.manifest`` and ``oci.document``: documents of others are read with care."""

import json
from typing import Any

import pytest

from longshore.errors import SupplyChainError
from longshore.oci.descriptor import Descriptor, MediaType
from longshore.oci.manifest import Index, Manifest
from longshore.types import Digest, Platform

DIGEST = Digest.of(b"blob")


def descriptor(**kwargs: Any) -> Descriptor:
    return Descriptor(media_type=MediaType.LAYER_GZIP, digest=DIGEST, size=4, **kwargs)


def manifest(**changes: Any) -> bytes:
    pointer = {"mediaType": "x", "digest": str(DIGEST), "size": 4}
    document = {"schemaVersion": 2, "config": pointer, "layers": [pointer]} | changes
    return json.dumps(document).encode()


def test_a_manifest_survives_the_round_trip() -> None:
    made = Manifest.create(
        config=descriptor(),
        layers=[descriptor(annotations={"b": "2", "a": "1"})],
        annotations={"org.opencontainers.image.title": "täsk"},
    )
    read = Manifest.parse(made.raw)
    assert read == made
    assert read.descriptor().digest == Digest.of(made.raw)
    assert b"t\xc3\xa4sk" in made.raw


def test_an_index_survives_the_round_trip() -> None:
    platform = Platform("linux", "arm", "v7")
    made = Index.create(
        [descriptor(platform=platform, artifact_type="application/x")], annotations={"a": "b"}
    )
    read = Index.parse(made.raw)
    assert read == made
    assert read.manifests[0].platform == platform
    assert read.manifests[0].artifact_type == "application/x"


def test_bytes_stay_as_they_were_read() -> None:
    raw = b" " + manifest(mediaType="application/vnd.docker.distribution.manifest.v2+json")
    read = Manifest.parse(raw)
    assert read.raw == raw
    assert read.descriptor().media_type == "application/vnd.docker.distribution.manifest.v2+json"
    assert read.descriptor().digest == Digest.of(raw)


def test_a_platform_that_is_not_known_is_none() -> None:
    unknown = {"mediaType": "x", "digest": str(DIGEST), "size": 4, "platform": {"os": "?"}}
    raw = json.dumps({"schemaVersion": 2, "manifests": [unknown]}).encode()
    assert Index.parse(raw).manifests[0].platform is None


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"\xff", "manifest: not JSON: "),
        (b"[]", "manifest: expected an object"),
        (manifest(schemaVersion=1), "manifest: schemaVersion: expected 2"),
        (manifest(schemaVersion=True), "manifest: schemaVersion: expected a number, got True"),
        (manifest(schemaVersion=None), "manifest: schemaVersion: expected a number of at least 0"),
        (manifest(mediaType="text/plain"), "manifest: mediaType: expected 'application/vnd.oci"),
        (manifest(config=None), "manifest: config: expected a descriptor"),
        (manifest(config=[]), "manifest: config: expected an object, got []"),
        (manifest(layers={}), "manifest: layers: expected a list, got {}"),
        (manifest(layers=[1]), "manifest: layers[0]: expected an object"),
        (manifest(layers=[{"digest": "x"}]), "manifest: layers[0]: digest: expected 'sha256:"),
        (
            manifest(layers=[{"digest": str(DIGEST), "size": -1}]),
            "manifest: layers[0]: size: expected a number of at least 0, got -1",
        ),
        (manifest(annotations={"a": 1}), "manifest: annotations: expected strings"),
        (manifest(annotations=[]), "manifest: annotations: expected an object, got []"),
    ],
)
def test_every_problem_names_its_place(raw: bytes, message: str) -> None:
    with pytest.raises(SupplyChainError) as caught:
        Manifest.parse(raw)
    assert caught.value.message.startswith(message)

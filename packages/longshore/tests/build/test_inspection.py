"""What an image tells about itself, and what its record adds."""

import json
from typing import Any

import pytest

from longshore.build.inspection import Inspection, inspect_image, inspection_document
from longshore.errors import SupplyChainError
from longshore.oci.descriptor import Descriptor, MediaType
from longshore.oci.manifest import Manifest
from longshore.types import (
    RECORD_FORMAT,
    BuildRecord,
    Digest,
    Material,
    MaterialKind,
    Platform,
    PlatformRecord,
)

LAYERS = (Digest.of(b"base"), Digest.of(b"wheels"))
AMD64 = Platform("linux", "amd64")


def config(history: Any = None, **extra: Any) -> bytes:
    document = {
        "architecture": "amd64",
        "os": "linux",
        "created": "2026-01-02T03:04:05Z",
        "config": {"Env": ["A=1", "B=x=y"], "Cmd": ["app"], "User": "65532:65532"},
        "rootfs": {"type": "layers", "diff_ids": [str(Digest.of(b"1")), str(Digest.of(b"2"))]},
        "history": history,
        **extra,
    }
    return json.dumps(document).encode()


def manifest(raw: bytes, **annotations: str) -> Manifest:
    return Manifest.create(
        config=Descriptor(media_type=MediaType.CONFIG, digest=Digest.of(raw), size=len(raw)),
        layers=[
            Descriptor(media_type=MediaType.LAYER_GZIP, digest=digest, size=size)
            for digest, size in zip(LAYERS, (1000, 234), strict=True)
        ],
        annotations=annotations,
    )


def material(kind: MaterialKind, purl: str, reason: str) -> Material:
    return Material(
        kind=kind,
        purl=purl,
        url="",
        sha256=Digest.of(purl.encode()),
        layer=LAYERS[1],
        reason=reason,
    )


HELPER = material(MaterialKind.WHEEL, "pkg:pypi/helper@2.0%2Blocal", "locked: app -> lib -> helper")
DEBIAN = material(
    MaterialKind.OS_PACKAGE,
    "pkg:deb/debian/libstdc%2B%2B6@1%3A14.2?arch=amd64&distro=trixie",
    "base: debian:trixie",
)
SERVER = material(MaterialKind.ADDED, "pkg:pypi/uvicorn@1", "added by longshore: the lock has none")
GUNICORN = material(MaterialKind.WHEEL, "pkg:pypi/gunicorn@23.0.0", "locked: gunicorn")
TOOL = material(MaterialKind.BUILD_REQUIREMENT, "pkg:pypi/a-backend@1", "builds")


def look(raw: bytes, image: Manifest, *materials: Material) -> Inspection:
    descriptor = image.descriptor(AMD64)
    platform = PlatformRecord(
        platform=AMD64,
        manifest=descriptor.digest,
        config=image.config.digest,
        layers=((LAYERS[0], 1000, "Debian"), (LAYERS[1], 234, "wheels")),
    )
    record = BuildRecord(
        format=RECORD_FORMAT,
        tool="longshore 1",
        inputs_digest=Digest.of(b"inputs"),
        materials=materials,
        platforms=(platform,),
        revision="abc",
        dirty=True,
    )
    return inspect_image(
        "demo:latest",
        descriptor,
        image,
        raw,
        record=record if materials else None,
        sizes={HELPER.sha256: 42},
    )


def test_the_record_says_what_is_where_and_why() -> None:
    raw = config()
    found = look(raw, manifest(raw), TOOL, DEBIAN, SERVER, HELPER)
    assert [package.name for package in found.packages] == [
        *("helper", "uvicorn", "libstdc++6", "a-backend")
    ]
    helper, server, debian, _ = found.packages
    assert (helper.version, helper.path, helper.size) == ("2.0+local", ("app", "lib", "helper"), 42)
    assert (server.path, server.reason, server.size) == ((), "the lock has none", None)
    assert debian.version == "1:14.2"
    assert found.of(MaterialKind.ADDED) == (server,)


@pytest.mark.parametrize(
    ("words", "materials", "server"),
    [
        ("--interface asgi a:b", (SERVER,), "uvicorn 1, added: the lock has none that fits"),
        ("--server gunicorn --interface wsgi a:b", (GUNICORN,), "gunicorn 23.0.0, of the lock"),
        ("-- celery", (SERVER,), ""),
        ("--interface asgi a:b", (), ""),
    ],
)
def test_the_server_is_named_with_the_reason(
    words: str, materials: tuple[Material, ...], server: str
) -> None:
    raw = config(config={"Cmd": words.split()})
    found = look(raw, manifest(raw), *materials)
    assert found.server == server
    assert inspection_document(found)["server"] == (server or None)


def test_layers_have_sizes_and_what_they_hold() -> None:
    raw = config()
    found = look(raw, manifest(raw), HELPER)
    assert [(layer.digest, layer.size, layer.title) for layer in found.layers] == [
        (LAYERS[0], 1000, "Debian"),
        (LAYERS[1], 234, "wheels"),
    ]
    assert [layer.diff_id for layer in found.layers] == [Digest.of(b"1"), Digest.of(b"2")]
    assert found.size == 1234


def test_without_a_record_the_history_says_what_layers_hold() -> None:
    raw = config(
        [
            {"created_by": "/bin/sh -c #(nop) ADD file:1 in / "},
            {"created_by": '/bin/sh -c #(nop)  CMD ["sh"]', "empty_layer": True},
            {"created_by": "RUN pip install   app", "comment": "buildkit"},
        ]
    )
    found = look(raw, manifest(raw))
    assert [layer.title for layer in found.layers] == ["ADD file:1 in /", "buildkit"]
    assert (found.packages, found.record) == ((), None)


@pytest.mark.parametrize("history", [None, "text", [1], [{}], []])
def test_a_history_of_another_shape_is_no_error(history: Any) -> None:
    raw = config(history)
    assert [layer.title for layer in look(raw, manifest(raw)).layers] == ["", ""]


def test_the_base_is_what_the_annotation_or_the_label_says() -> None:
    raw = config()
    key = "org.opencontainers.image.base.name"
    assert look(raw, manifest(raw, **{key: "debian:trixie"})).base == "debian:trixie"
    labelled = config(config={"Labels": {key: "alpine:3"}})
    assert look(labelled, manifest(labelled)).base == "alpine:3"
    assert look(raw, manifest(raw)).base == ""


def test_another_document_is_refused() -> None:
    with pytest.raises(SupplyChainError, match="rootfs"):
        look(b"{}", manifest(b"{}"))


def test_json_has_everything() -> None:
    raw = config()
    document = inspection_document(look(raw, manifest(raw), HELPER))
    assert json.loads(json.dumps(document)) == document
    assert document["platform"] == "linux/amd64"
    assert document["created"] == "2026-01-02T03:04:05Z"
    assert document["size"] == 1234
    assert document["config"]["env"] == {"A": "1", "B": "x=y"}
    assert document["build"] == {
        "tool": "longshore 1",
        "inputs": str(Digest.of(b"inputs")),
        "revision": "abc",
        "dirty": True,
        "host_build": False,
    }
    (package,) = document["packages"]
    assert package == {
        "name": "helper",
        "version": "2.0+local",
        "kind": "wheel",
        "path": ["app", "lib", "helper"],
        "reason": "locked: app -> lib -> helper",
        "purl": "pkg:pypi/helper@2.0%2Blocal",
        "sha256": str(HELPER.sha256),
        "layer": str(LAYERS[1]),
        "size": 42,
        "url": None,
    }
    assert inspection_document(look(raw, manifest(raw)))["build"] is None

"""Build records survive the way to disk and back."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.build.records import RecordStore, parse_record, render_record
from longshore.errors import ProjectError
from longshore.types import (
    RECORD_FORMAT,
    BuildRecord,
    Digest,
    Material,
    MaterialKind,
    Platform,
    PlatformRecord,
)

digests = st.binary(max_size=8).map(Digest.of)
materials = st.builds(
    Material,
    kind=st.sampled_from(MaterialKind),
    purl=st.text(max_size=20),
    url=st.text(max_size=20),
    sha256=digests,
    layer=st.none() | digests,
    reason=st.text(max_size=20),
)
platforms = st.builds(
    PlatformRecord,
    platform=st.sampled_from([Platform("linux", "amd64"), Platform("linux", "arm", "v7")]),
    manifest=digests,
    config=digests,
    layers=st.lists(st.tuples(digests, st.integers(0, 2**40), st.text(max_size=9))).map(tuple),
)
records = st.builds(
    BuildRecord,
    format=st.just(RECORD_FORMAT),
    tool=st.text(max_size=20),
    inputs_digest=digests,
    materials=st.lists(materials, max_size=4).map(tuple),
    platforms=st.lists(platforms, max_size=3).map(tuple),
    revision=st.none() | st.text(max_size=9),
    dirty=st.booleans(),
    host_build=st.booleans(),
)


@given(records)
def test_a_record_is_what_was_written(record: BuildRecord) -> None:
    assert parse_record(render_record(record)) == record


def _record() -> BuildRecord:
    return BuildRecord(
        format=RECORD_FORMAT,
        tool="longshore 0",
        inputs_digest=Digest.of(b"inputs"),
        materials=(),
        platforms=(),
    )


def test_the_store_returns_what_it_took(tmp_path: Path) -> None:
    store = RecordStore(tmp_path / "records")
    image = Digest.of(b"image")
    store.put(image, _record())
    assert store.get(image) == _record()
    assert store.get(Digest.of(b"other")) is None


def test_a_damaged_record_counts_as_absent(tmp_path: Path) -> None:
    store = RecordStore(tmp_path)
    image = Digest.of(b"image")
    store.put(image, _record()).write_bytes(b'{"format": 1}')
    assert store.get(image) is None


def test_a_record_of_a_newer_version_is_refused() -> None:
    document = json.loads(render_record(_record()))
    document["format"] = RECORD_FORMAT + 1
    with pytest.raises(ProjectError, match="newer than"):
        parse_record(json.dumps(document).encode())

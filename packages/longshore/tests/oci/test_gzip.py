"""``oci.gzip``: members that every reader understands, made without the host's zlib."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.errors import SupplyChainError
from longshore.oci.gzip import BLOCK, GzipEncoder, copied_member, deflate_runs, inflate, pack_header

RUNS = st.lists(
    st.tuples(st.integers(0, 255), st.one_of(st.integers(1, 6), st.integers(255, 600))), max_size=8
).map(lambda runs: b"".join(bytes([value]) * count for value, count in runs))


def raw_deflate(data: bytes) -> bytes:
    state = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return state.compress(data) + state.flush()


@given(data=st.one_of(st.binary(max_size=300), RUNS))
def test_run_lengths_inflate_to_what_went_in(data: bytes) -> None:
    assert zlib.decompress(deflate_runs(data), -zlib.MAX_WBITS) == data
    assert gzip.decompress(pack_header(data)) == data


def test_every_length_of_a_run_has_a_code() -> None:
    for length in range(1, 800):
        data = b"a" + b"\0" * length + b"b"
        assert zlib.decompress(deflate_runs(data), -zlib.MAX_WBITS) == data


@given(data=st.binary(max_size=2000), cut=st.integers(1, 700))
def test_the_cut_into_chunks_does_not_change_the_bytes(data: bytes, cut: int) -> None:
    pieces = [data[start : start + cut] for start in range(0, len(data), cut)]
    assert b"".join(GzipEncoder().encode(pieces)) == b"".join(GzipEncoder().encode([data]))


def test_a_long_stream_becomes_one_member_per_block() -> None:
    data = bytes(range(256)) * (BLOCK // 256 * 2 + 7)
    members = list(GzipEncoder().encode([data]))
    assert len(members) == 3
    assert gzip.decompress(b"".join(members)) == data


def test_the_identity_names_what_decides_the_bytes() -> None:
    assert GzipEncoder(level=9).id == "gzip;deflate=0.9.0;level=9;block=1048576"


@given(parts=st.lists(st.binary(max_size=400), max_size=6), cut=st.integers(1, 97))
def test_members_of_any_origin_join_to_one_file(parts: list[bytes], cut: int) -> None:
    whole = b"".join(
        b"".join(copied_member([raw_deflate(part)], crc=zlib.crc32(part), size=len(part)))
        for part in parts
    )
    chunks = [whole[start : start + cut] for start in range(0, len(whole), cut)]
    assert b"".join(inflate(chunks)) == b"".join(parts)


def test_a_bomb_comes_out_in_bounded_chunks() -> None:
    content = bytes(20 << 20)
    data = GzipEncoder().member(content) + pack_header(b"next")
    sizes = list(map(len, inflate([data])))
    assert max(sizes) <= BLOCK
    assert sum(sizes) == len(content) + 4


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (pack_header(b"abc")[:-1], "gzip data is cut short"),
        (pack_header(b"abc")[:5], "gzip data is cut short"),
        (pack_header(b"abc") + b"junk", "gzip data is followed by something that is no member"),
        (b"".join(copied_member([raw_deflate(b"abc")], crc=1, size=3)), "gzip data is damaged"),
        (b"".join(copied_member([raw_deflate(b"abc")], crc=zlib.crc32(b"abc"), size=4)), "damaged"),
        (
            b"".join(copied_member([raw_deflate(b"a") + b"x"], crc=zlib.crc32(b"a"), size=1)),
            "damaged",
        ),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\xff\xff\xff", "gzip data is damaged"),
    ],
)
def test_damaged_data_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(SupplyChainError, match=message):
        list(inflate([data]))

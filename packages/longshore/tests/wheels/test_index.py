"""Files of a lock that has hashes only, found on an index."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from longshore.errors import TransportError, WheelError
from longshore.locks import LockedSet, read_lock
from longshore.net import Transport
from longshore.oci.blobs import BlobStore
from longshore.oci.memos import MemoStore
from longshore.testing import (
    Answer,
    Network,
    PackageIndex,
    Request,
    Status,
    make_sdist,
    make_wheel,
)
from longshore.types import Digest, Target, parse_name
from longshore.wheels.choose import choose_wheels
from longshore.wheels.fetch import fetch_wheels
from longshore.wheels.index import SimpleIndex, choose_indexes, locate_artifacts

ALPHA = make_wheel("Alpha_One", "1.0")
SDIST = make_sdist("Alpha_One", "1.0")
NAME = parse_name("alpha-one")


@pytest.fixture
def memos(tmp_path: Path) -> MemoStore:
    return MemoStore(tmp_path / "memos")


@pytest.fixture
def index(transport: Transport, memos: MemoStore, store: BlobStore) -> SimpleIndex:
    return SimpleIndex(transport, ["https://index.test/simple"], memos=memos, store=store)


@pytest.mark.parametrize("json", [True, False])
def test_files_are_found_by_hash(network: Network, index: SimpleIndex, json: bool) -> None:
    other = make_wheel("alpha-one", "1.1")
    network.host("index.test", PackageIndex([ALPHA, SDIST, other], json=json))
    found = index.find(NAME, "1.0", (ALPHA.digest, SDIST.digest))
    assert [artifact.filename for artifact in found] == [
        "Alpha_One-1.0-py3-none-any.whl",
        "Alpha_One-1.0.tar.gz",
    ]
    assert found[0].url == "https://index.test/files/Alpha_One-1.0-py3-none-any.whl"
    assert found[0].digest == ALPHA.digest
    assert found[0].size == (len(ALPHA.content) if json else None)


def test_a_file_with_another_hash_is_not_taken(network: Network, index: SimpleIndex) -> None:
    network.host("index.test", PackageIndex([ALPHA]))
    with pytest.raises(WheelError) as caught:
        index.find(NAME, "1.0", (Digest.of(b"other"),))
    assert str(caught.value) == (
        "alpha-one 1.0: https://index.test/simple has no file with a locked hash"
    )
    assert caught.value.hint == (
        "lock again if the release was replaced, "
        "or name the index that has it in LONGSHORE_INDEX_URL"
    )


def test_further_indexes_are_asked_in_order(
    network: Network, transport: Transport, memos: MemoStore, store: BlobStore
) -> None:
    network.host("one.test", PackageIndex([make_wheel("alpha-one", "2.0")]))
    network.host("two.test", PackageIndex())
    network.host("three.test", PackageIndex([ALPHA]))
    urls = [f"https://{host}.test/simple/" for host in ("one", "two", "three", "four")]
    index = SimpleIndex(transport, urls, memos=memos, store=store)
    (found,) = index.find(NAME, "1.0", (ALPHA.digest,))
    assert found.url == f"https://three.test/files/{ALPHA.filename}"
    assert [request.host for request in network.requests] == ["one.test", "two.test", "three.test"]


def test_an_answer_is_remembered_while_a_file_of_it_is_in_the_store(
    network: Network, index: SimpleIndex, store: BlobStore
) -> None:
    site = network.host("index.test", PackageIndex([ALPHA]))
    found = index.find(NAME, "1.0", (ALPHA.digest,))
    assert index.find(NAME, "1.0", (ALPHA.digest,)) == found
    assert len(network.requests) == 2  # nothing was fetched, so the address may be stale
    store.put([ALPHA.content])
    site.remove(ALPHA.filename)
    assert index.find(NAME, "1.0", (ALPHA.digest,)) == found
    assert len(network.requests) == 2


def test_the_login_of_the_index_is_used_for_its_files(
    network: Network, transport: Transport, memos: MemoStore, store: BlobStore
) -> None:
    network.host("index.test", PackageIndex([ALPHA], login=("me", "pw")))
    url = "https://me:pw@index.test/simple"
    index = SimpleIndex(transport, [url], memos=memos, store=store)
    (found,) = index.find(NAME, "1.0", (ALPHA.digest,))
    assert found.url is not None
    assert "pw" not in found.url
    assert transport.get(found.url).body == ALPHA.content


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/vnd.pypi.simple.v1+json", b"{"),
        ("application/vnd.pypi.simple.v1+json", b"{}"),
        (
            "application/vnd.pypi.simple.v1+json",
            json.dumps({"meta": {"api-version": "9.0"}, "name": "a", "files": []}).encode(),
        ),
    ],
)
def test_something_else_than_an_index_is_named(
    network: Network, index: SimpleIndex, media_type: str, body: bytes
) -> None:
    class Strange:
        def answer(self, request: Request) -> Answer:  # noqa: ARG002 - the protocol's signature
            return Answer(headers={"content-type": media_type}, body=body)

    network.host("index.test", Strange())
    with pytest.raises(WheelError) as caught:
        index.find(NAME, "1.0", (ALPHA.digest,))
    assert str(caught.value) == (
        "https://index.test/simple/alpha-one/: not a page of the simple repository API"
    )


def test_an_index_that_is_down_is_not_taken_for_an_empty_one(
    network: Network, index: SimpleIndex
) -> None:
    network.host("index.test", PackageIndex([ALPHA]))
    network.fail("/simple/", Status(code=503))
    with pytest.raises(TransportError) as caught:
        index.find(NAME, "1.0", (ALPHA.digest,))
    assert str(caught.value) == (
        "https://index.test/simple/alpha-one/: the server answered 503 service unavailable"
    )


def test_an_index_must_be_a_url(transport: Transport, memos: MemoStore, store: BlobStore) -> None:
    with pytest.raises(WheelError) as caught:
        SimpleIndex(transport, ["./wheels"], memos=memos, store=store)
    assert str(caught.value) == "./wheels: an index must be an http or https URL"


def _lock(root: Path, *lines: str) -> LockedSet:
    (root / "requirements.txt").write_text("\n".join([*lines, ""]))
    return read_lock(root)


PINNED = f"helper==1 --hash={Digest.of(b'helper')}"


def test_the_environment_names_the_index_before_the_lock(tmp_path: Path) -> None:
    lock = _lock(
        tmp_path,
        "-i https://lock.test/simple",
        "--extra-index-url https://extra.test/simple",
        PINNED,
    )
    assert list(choose_indexes({}, lock)) == [
        "https://lock.test/simple",
        "https://extra.test/simple",
    ]
    environment = {
        "PIP_INDEX_URL": "https://pip.test/simple",
        "UV_DEFAULT_INDEX": "corp=https://uv.test/simple",
        "UV_INDEX": "https://more.test/simple",
    }
    assert list(choose_indexes(environment, lock)) == [
        "https://uv.test/simple",
        "https://more.test/simple",
        "https://extra.test/simple",
    ]
    environment["LONGSHORE_INDEX_URL"] = "https://own.test/simple"
    assert choose_indexes(environment, lock)[0] == "https://own.test/simple"


def test_pypi_is_asked_where_nothing_else_is_named(tmp_path: Path) -> None:
    from pypi_simple import PYPI_SIMPLE_ENDPOINT

    lock = _lock(tmp_path, "--extra-index-url https://extra.test/simple", PINNED)
    assert list(choose_indexes({}, lock)) == [PYPI_SIMPLE_ENDPOINT, "https://extra.test/simple"]


def test_a_hashed_list_becomes_wheels(
    network: Network, transport: Transport, index: SimpleIndex, tmp_path: Path, target: Target
) -> None:
    beta = make_wheel("beta", "2", tag="cp313-cp313-manylinux_2_28_x86_64")
    network.host("index.test", PackageIndex([ALPHA, SDIST, beta]))
    lock = _lock(
        tmp_path,
        f"alpha-one==1.0 --hash={ALPHA.digest} --hash={SDIST.digest}",
        f"beta==2 --hash={beta.digest}",
        f"gamma==1 ; sys_platform == 'win32' --hash={beta.digest}",
    )
    chosen = choose_wheels(locate_artifacts(lock.select(target), index), target)
    store = BlobStore(tmp_path / "blobs")
    wheels = fetch_wheels(chosen, transport=transport, store=store)
    assert [wheel.path.read_bytes() for wheel in wheels] == [ALPHA.content, beta.content]


def test_a_build_that_asks_no_index_imports_no_index_client() -> None:
    code = (
        "import sys, pathlib, longshore.wheels.index as index\n"
        "from longshore.net import CredentialStore, Transport\n"
        "from longshore.oci.blobs import BlobStore\n"
        "from longshore.oci.memos import MemoStore\n"
        "transport = Transport(credentials=CredentialStore(environment={}), environment={})\n"
        "here = pathlib.Path('/nowhere')\n"
        "urls = index.choose_indexes({})\n"
        "index.SimpleIndex(transport, urls, memos=MemoStore(here), store=BlobStore(here))\n"
        "print(sorted({'pypi_simple', 'requests', 'urllib3'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

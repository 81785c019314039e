"""The real thing: bases from the mirror of this machine's apt, run in a real sandbox."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import pytest

from longshore.base import BaseImage
from longshore.base.interface import Base
from longshore.base.opening import lock_base, open_base
from longshore.errors import PreflightError
from longshore.locks.pins import BasePins, Pins
from longshore.net import CredentialStore, Transport
from longshore.oci.blobs import BlobStore
from longshore.oci.memos import MemoStore
from longshore.oci.unpack import unpack_layers
from longshore.sandbox import Command, Completed, NamespaceSandbox, find_sandbox
from longshore.types import Digest, Platform

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

HOST = Platform.host()
MAX_BYTES = 25_000_000  # compressed; an application's image has twice that to spend
REFERENCE = "debian:trixie"

Open = Callable[..., Base]


def skip_or_fail(error: PreflightError) -> None:
    """Skip on a developer's machine; a machine of CI must be able to run everything."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{error}: {error.hint}")
    pytest.skip(f"{error}: {error.hint}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("base")


@pytest.fixture(scope="module")
def real_transport() -> Iterator[Transport]:
    credentials = CredentialStore(environment=os.environ)
    with Transport(credentials=credentials, environment=os.environ) as transport:
        yield transport


@pytest.fixture(scope="module")
def mirrors() -> dict[str, str]:
    names = {
        "debian": "LONGSHORE_DEBIAN_MIRROR",
        "debian-security": "LONGSHORE_DEBIAN_SECURITY_MIRROR",
    }
    return {key: os.environ[name] for key, name in names.items() if name in os.environ}


@pytest.fixture(scope="module")
def sandbox() -> NamespaceSandbox:
    try:
        return find_sandbox()
    except PreflightError as error:
        skip_or_fail(error)
        raise


@pytest.fixture(scope="module")
def lock(
    real_transport: Transport, folder: Path, mirrors: dict[str, str]
) -> Callable[..., BasePins]:
    def run(reference: str = REFERENCE, packages: tuple[str, ...] = ()) -> BasePins:
        try:
            return lock_base(
                reference,
                platform=HOST,
                packages=packages,
                transport=real_transport,
                store=BlobStore(folder / "blobs"),
                mirrors=mirrors,
            )
        except PreflightError as error:
            skip_or_fail(error)
            raise

    return run


@pytest.fixture(scope="module")
def open_it(
    real_transport: Transport,
    folder: Path,
    mirrors: dict[str, str],
    sandbox: NamespaceSandbox,
) -> Open:
    def run(pins: BasePins, cache: str = "one") -> Base:
        return open_base(
            pins.reference,
            pins=Pins(bases=(pins,)),
            platform=HOST,
            packages=pins.extra,
            transport=real_transport,
            store=BlobStore(folder / "blobs"),
            memos=MemoStore(folder / cache / "memos"),
            cache=folder / cache,
            sandbox=sandbox,
            mirrors=mirrors,
        )

    return run


@pytest.fixture(scope="module")
def trixie(lock: Callable[..., BasePins], open_it: Open) -> Base:
    return open_it(lock())


def digests(image: BaseImage) -> list[Digest]:
    return [Digest.of_chunks(layer.open()) for layer in image.layers]


def python(base: Base, sandbox: NamespaceSandbox, *arguments: str) -> Completed:
    path = str(base.describe().interpreter.path)
    env = dict(base.describe().config.env)
    return sandbox.run(Command(root=base.unpack(), argv=(path, *arguments), env=env))


def test_it_is_small_and_has_few_layers(trixie: Base, folder: Path) -> None:
    layers = trixie.describe().layers
    store = BlobStore(folder / "layers")
    sizes = {layer.title: store.put(layer.open()).size for layer in layers}
    assert len(sizes) == 3
    assert sum(sizes.values()) <= MAX_BYTES, sizes


def test_what_it_is(trixie: Base) -> None:
    image = trixie.describe()
    assert image.interpreter.version.short == "3.13"
    assert image.interpreter.soabi.startswith("cpython-313-")
    assert str(image.libc) == "glibc 2.41"
    assert {"libc6", "tzdata"} <= {package.name for package in image.os_packages}
    assert "openssl" not in {package.name for package in image.os_packages}


def test_another_cache_umask_and_time_zone_give_the_same_layers(
    trixie: Base, lock: Callable[..., BasePins], open_it: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    pins = lock()
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    monkeypatch.setenv("PYTHONHASHSEED", "42")
    old = os.umask(0o077)
    try:
        again = digests(open_it(pins, "another").describe())
    finally:
        os.umask(old)
    assert again == digests(trixie.describe())


LIBRARY = """
import bz2, ctypes, curses, hashlib, json, lzma, multiprocessing, pwd, readline, socket, sqlite3
import ssl, uuid, zlib, zoneinfo
print(json.dumps([
    len(ssl.create_default_context().get_ca_certs()) > 100,
    sqlite3.connect(":memory:").execute("select 1").fetchone()[0],
    str(zoneinfo.ZoneInfo("Europe/Berlin")),
    pwd.getpwuid(65532).pw_name,
    ctypes.CDLL("libc.so.6").getpid() > 0,
    hashlib.new("blake2s").name,
    socket.getservbyname("https"),
]))
"""


def test_the_standard_library_works(trixie: Base, sandbox: NamespaceSandbox) -> None:
    done = python(trixie, sandbox, "-c", LIBRARY)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == [True, 1, "Europe/Berlin", "nonroot", True, "blake2s", 443]


def test_its_bytecode_is_used(trixie: Base, sandbox: NamespaceSandbox) -> None:
    done = python(trixie, sandbox, "-v", "-c", "import email.message, asyncio")
    talk = done.stderr.decode()
    assert "code object from '/usr/lib/python3.13/asyncio/__pycache__/__init__" in talk
    assert "code object from /usr/lib" not in talk  # compiled from source
    assert "bytecode is stale" not in talk


def test_its_layers_unpack_to_its_tree(trixie: Base, tmp_path: Path) -> None:
    def listing(root: Path) -> list[tuple[str, int, int, str]]:
        rows = []
        for path in sorted(root.rglob("*")):
            found = path.lstat()
            target = str(path.readlink()) if path.is_symlink() else ""
            size = found.st_size if path.is_file() else 0
            rows.append((str(path.relative_to(root)), found.st_mode, size, target))
        return rows

    root = tmp_path / "root"
    unpack_layers([layer.open() for layer in trixie.describe().layers], root)
    assert listing(root) == listing(trixie.unpack())


def test_locking_twice_gives_the_same_pins(lock: Callable[..., BasePins]) -> None:
    assert lock() == lock()


def test_an_extra_library(
    lock: Callable[..., BasePins], open_it: Open, sandbox: NamespaceSandbox
) -> None:
    base = open_it(lock(packages=("libpq5",)))
    script = "import ctypes; print(ctypes.CDLL('libpq.so.5').PQlibVersion())"
    done = python(base, sandbox, "-c", script)
    assert int(done.stdout) >= 170000, done.stderr.decode()


def test_find_library_finds_where_ldconfig_is(
    lock: Callable[..., BasePins], open_it: Open, sandbox: NamespaceSandbox
) -> None:
    pins = lock(packages=("libc-bin", "libpq5"))
    base = open_it(pins)
    script = "from ctypes.util import find_library as f; print(f('pq'), f('c'), f('nothing'))"
    done = python(base, sandbox, "-c", script)
    assert done.stdout == b"libpq.so.5 libc.so.6 None\n", done.stderr.decode()
    again = open_it(pins, "another").unpack() / "etc/ld.so.cache"
    assert again.read_bytes() == (base.unpack() / "etc/ld.so.cache").read_bytes()


def test_bookworm(lock: Callable[..., BasePins], open_it: Open, sandbox: NamespaceSandbox) -> None:
    base = open_it(lock("debian:bookworm"))
    image = base.describe()
    assert (image.interpreter.version.short, str(image.libc)) == ("3.11", "glibc 2.36")
    assert image.interpreter.path == PurePosixPath("/usr/bin/python3.11")
    done = python(base, sandbox, "-c", LIBRARY)
    assert done.returncode == 0, done.stderr.decode()

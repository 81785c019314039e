"""``layers.fragment``: wheels become members of a layer without recompression."""

import io
import random
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longshore.errors import SupplyChainError
from longshore.layers.fragment import FragmentLayer, WheelFragment, reencoded
from longshore.layers.inputs import WheelInput
from longshore.layers.installed import InstalledWheel, install_wheel
from longshore.layers.location import venv_location
from longshore.oci.blobs import BlobStore
from longshore.oci.gzip import GzipEncoder, inflate
from longshore.oci.materialise import materialise
from longshore.oci.memos import MemoStore
from longshore.testing.wheel import Archive, make_wheel
from longshore.types import Digest, PythonVersion
from longshore.wheels.read import WheelFile

SITE = "app/.venv/lib/python3.13/site-packages"
ENCODER = GzipEncoder()
Put = Callable[[Archive], WheelInput]


def place(item: WheelInput) -> InstalledWheel:
    wheel = WheelFile.open(item.path, sha256=item.sha256, filename=item.filename)
    return install_wheel(wheel, wheel.check(), venv_location(PythonVersion(3, 13)))


def entries(chunks: Iterable[bytes]) -> dict[str, tuple[int, bytes]]:
    data = b"".join(inflate(chunks)) + bytes(1024)
    found = {}
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for member in archive:
            file = archive.extractfile(member)
            found[member.name] = (member.mode, file.read() if file else b"")
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    files=st.dictionaries(
        st.text("abcü", min_size=1, max_size=120).map(lambda n: f"pkg/{n}.txt"),
        st.one_of(st.binary(max_size=1200), st.integers(0, 5000).map(bytes)),
        min_size=1,
        max_size=6,
    ),
    stored=st.booleans(),
)
def test_every_file_of_a_wheel_is_in_its_fragment(
    put: Put, files: dict[str, bytes], *, stored: bool
) -> None:
    wheel = place(put(make_wheel(files=dict(files), stored=stored, executables=sorted(files)[:1])))
    found = entries(WheelFragment(wheel=wheel, encoder=ENCODER).open())
    for name, content in files.items():
        mode = 0o755 if name == min(files) else 0o644
        assert found[f"{SITE}/{name}"] == (mode, content)
    assert list(found) == sorted(found)
    assert found == entries(reencoded(wheel, ENCODER).open())
    wheel.wheel.close()


def test_compressed_bytes_are_the_wheels_own(put: Put) -> None:
    content = "".join(random.Random(1).choices("abc \n", k=20_000))
    wheel = place(put(make_wheel(files={"a.py": content})))
    (file,) = [file for file in wheel.files if file.path.endswith("a.py")]
    raw = b"".join(wheel.wheel.archive.raw(file.entry.zip))
    assert raw in b"".join(WheelFragment(wheel=wheel, encoder=ENCODER).open())
    wheel.wheel.close()


def rezipped(archive: Archive, level: int) -> Archive:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive.content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for info in old.infolist():
            new.writestr(info, old.read(info), compresslevel=level)
    return Archive(
        name=archive.name,
        version=archive.version,
        filename=archive.filename,
        content=buffer.getvalue(),
    )


def test_what_compressed_a_first_party_wheel_does_not_matter(put: Put) -> None:
    archive = make_wheel(files={"a.py": "x = 1\n" * 500})
    wheels = [place(put(item)) for item in (archive, rezipped(archive, 1))]
    assert len({Digest.of_chunks(reencoded(w, ENCODER).open()) for w in wheels}) == 1
    copies = {Digest.of_chunks(WheelFragment(wheel=w, encoder=ENCODER).open()) for w in wheels}
    assert len(copies) == 2
    for wheel in wheels:
        wheel.wheel.close()


def test_the_compressor_has_no_say_in_a_compressed_wheel(put: Put) -> None:
    wheel = place(put(make_wheel(files={"a.py": "x = 1\n" * 500})))
    by_level = {
        Digest.of_chunks(WheelFragment(wheel=wheel, encoder=GzipEncoder(level=level)).open())
        for level in (1, 12)
    }
    assert len(by_level) == 1
    wheel.wheel.close()


def test_a_layer_lists_every_folder_before_its_files(put: Put, tmp_path: Path) -> None:
    wheels = [place(put(make_wheel(name))) for name in ("one", "two")]
    layer = FragmentLayer(
        title="wheels",
        fragments=tuple(WheelFragment(wheel=wheel, encoder=ENCODER) for wheel in wheels),
        memos=MemoStore(tmp_path / "memos"),
    )
    names = list(entries(layer.open()))
    assert names[:6] == [
        "app",
        "app/.venv",
        "app/.venv/lib",
        "app/.venv/lib/python3.13",
        SITE,
        f"{SITE}/one",
    ]
    assert len(names) == len(set(names))
    assert all(name in names for path in names for name in [path.rpartition("/")[0]] if name)
    for wheel in wheels:
        wheel.wheel.close()


def test_a_fragment_has_the_same_bytes_in_every_layer(put: Put, tmp_path: Path) -> None:
    wheel = place(put(make_wheel(files={"a.py": "x = 1\n" * 500})))
    fragment = WheelFragment(wheel=wheel, encoder=ENCODER)
    other = WheelFragment(wheel=place(put(make_wheel("zz"))), encoder=ENCODER)
    alone = b"".join(fragment.open())
    layer = FragmentLayer(title="", fragments=(fragment, other), memos=MemoStore(tmp_path))
    assert alone in b"".join(layer.open())
    wheel.wheel.close()
    other.wheel.wheel.close()


def test_a_wheel_that_changes_after_the_check_is_not_stored(put: Put, tmp_path: Path) -> None:
    item = put(make_wheel(files={"a.py": "x = 1\n" * 500}))
    wheel = place(item)
    (file,) = [file for file in wheel.files if file.path.endswith("a.py")]
    data = bytearray(item.path.read_bytes())
    data[file.entry.zip.offset + 30 + len("a.py") + 3] ^= 0xFF
    item.path.write_bytes(data)
    layer = FragmentLayer(
        title="",
        fragments=(WheelFragment(wheel=wheel, encoder=ENCODER),),
        memos=MemoStore(tmp_path / "memos"),
    )
    with pytest.raises(SupplyChainError, match="gzip data is damaged"):
        materialise(layer, BlobStore(tmp_path / "blobs"), layer.memos)
    wheel.wheel.close()


def test_chunks_are_neither_tiny_nor_large(put: Put, tmp_path: Path) -> None:
    content = random.Random(1).randbytes(3 << 20)
    wheel = place(put(make_wheel(files={"a.bin": content, "b.py": "x"})))
    fragment = WheelFragment(wheel=wheel, encoder=ENCODER)
    layer = FragmentLayer(title="", fragments=(fragment,), memos=MemoStore(tmp_path))
    sizes = [len(chunk) for chunk in layer.open()]
    assert min(sizes[:-1]) >= 1 << 16
    assert max(sizes) < 2 << 20
    wheel.wheel.close()


@pytest.mark.parametrize("stored", [True, False])
def test_memory_does_not_grow_with_the_wheel(put: Put, tmp_path: Path, *, stored: bool) -> None:
    wheel = place(put(make_wheel(files={"big.bin": bytes(48 << 20)}, stored=stored)))
    layer = FragmentLayer(
        title="",
        fragments=(WheelFragment(wheel=wheel, encoder=ENCODER),),
        memos=MemoStore(tmp_path / "memos"),
    )
    tracemalloc.start()
    materialise(layer, BlobStore(tmp_path / "blobs"), layer.memos)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 << 20
    wheel.wheel.close()

"""``layers.assemble``: from inputs to the layers of an image."""

import os
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

import pytest

from longshore.errors import ProjectError, WheelError
from longshore.layers.assemble import LayerSet, image_layers, materialise_all
from longshore.layers.files import PlainFile
from longshore.layers.inputs import LayerInputs, WheelInput
from longshore.oci.blobs import BlobStore
from longshore.oci.layer import Layer
from longshore.oci.memos import MemoStore
from longshore.oci.tar import EPOCH
from longshore.testing.wheel import Archive, make_wheel
from longshore.types import Digest

SITE = "app/.venv/lib/python3.13/site-packages"
CACHE = "__pycache__"

Put = Callable[[Archive], WheelInput]
Look = Callable[[Layer], dict[str, tuple[tarfile.TarInfo, bytes]]]
MakeInputs = Callable[..., LayerInputs]


class Stores(Protocol):
    blobs: BlobStore
    memos: MemoStore


class Compiler(Protocol):
    prefixes: list[str]


def build(inputs: LayerInputs, stores: Stores) -> LayerSet:
    return image_layers(inputs, blobs=stores.blobs, memos=stores.memos)


def files(layers: Iterable[Layer], look: Look) -> dict[str, set[str]]:
    """Return the paths of files and links by the title of their layer."""
    return {
        layer.title: {name for name, (info, _) in look(layer).items() if not info.isdir()}
        for layer in layers
    }


def test_every_kind_of_content_has_its_layer(
    put: Put, make_inputs: MakeInputs, look: Look, stores: Stores, compiler: Compiler
) -> None:
    inputs = make_inputs(
        third_party=(put(make_wheel("lib", console_scripts={"lib": "lib:main"})),),
        added=(put(make_wheel("longshore-runtime")),),
        members=(put(make_wheel("member")),),
        application=put(make_wheel("application", console_scripts={"run": "application:main"})),
        assets=(PlainFile.of_bytes("made/messages.py", b"m = {}\n"),),
        files=(PlainFile.of_bytes("alembic.ini", b"[alembic]\n"),),
        compiler=compiler,
    )
    with build(inputs, stores) as result:
        found = files(result.layers, look)
    info = "{0}/{1}-1.0.dist-info/{2}"
    assert found["lib 1.0"] == {
        f"{SITE}/lib/__init__.py",
        *(info.format(SITE, "lib", name) for name in ("METADATA", "WHEEL", "entry_points.txt")),
    }
    assert found["virtual environment"] == {
        "app/.venv/pyvenv.cfg",
        *(f"app/.venv/bin/{name}" for name in ("lib", "python", "python3", "python3.13")),
        f"{SITE}/longshore.pth",
        *(info.format(SITE, "lib", name) for name in ("INSTALLER", "RECORD")),
    }
    assert found["bytecode"] == {f"{SITE}/lib/{CACHE}/__init__.cpython-313.pyc"}
    added = "app/.longshore/lib"
    assert found["added by Longshore: longshore-runtime 1.0"] == {
        f"{added}/longshore_runtime/__init__.py",
        f"{added}/longshore_runtime/{CACHE}/__init__.cpython-313.pyc",
        *(
            info.format(added, "longshore_runtime", name)
            for name in ("METADATA", "WHEEL", "INSTALLER", "RECORD")
        ),
    }
    assert {"app/.venv/bin/run", "app/alembic.ini", f"{SITE}/application/__init__.py"} < found[
        "application: application 1.0"
    ]
    assert list(found) == [
        "lib 1.0",
        "added by Longshore: longshore-runtime 1.0",
        "virtual environment",
        "bytecode",
        "workspace members: member 1.0",
        "assets",
        "application: application 1.0",
    ]
    assert found["assets"] == {
        "app/made/messages.py",
        f"app/made/{CACHE}/messages.cpython-313.pyc",
    }
    assert sorted(set(compiler.prefixes)) == ["/app", "/app/.longshore/lib", f"/{SITE}"]


def test_the_environment_is_one_that_python_knows(
    make_inputs: MakeInputs, put: Put, look: Look, stores: Stores
) -> None:
    with build(make_inputs(added=(put(make_wheel("runtime")),)), stores) as result:
        entries = look(result.layers[-1])
    assert entries["app/.venv/pyvenv.cfg"][1].decode() == (
        "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.13.5\n"
    )
    assert entries["app/.venv/bin/python"][0].linkname == "/usr/bin/python3.13"
    assert entries["app/.venv/bin/python3"][0].linkname == "python"
    assert entries[f"{SITE}/longshore.pth"][1] == b"/app/.longshore/lib\n"


def test_lambda_finds_its_folders_and_no_hard_links(
    put: Put, make_inputs: MakeInputs, look: Look, stores: Stores, compiler: Compiler
) -> None:
    inputs = make_inputs(
        third_party=(put(make_wheel("lib", files={"a/b/c/d.py": ""})),),
        files=(PlainFile.of_bytes("x/y/z.txt", b""),),
        compiler=compiler,
    )
    with build(inputs, stores) as result:
        for layer in result.layers:
            seen: set[str] = set()
            for name, (info, _) in look(layer).items():
                parent = name.rpartition("/")[0]
                assert not parent or parent in seen
                assert not info.islnk()
                assert (info.uid, info.gid, info.mtime) == (0, 0, EPOCH)
                assert info.mode in (0o755, 0o644) or info.issym()
                seen.add(name)


def test_an_image_without_bytecode_starts_no_interpreter(
    put: Put, make_inputs: MakeInputs, look: Look, stores: Stores
) -> None:
    with build(make_inputs(third_party=(put(make_wheel("lib")),)), stores) as result:
        found = files(result.layers, look)
        record = look(result.layers[-1])[f"{SITE}/lib-1.0.dist-info/RECORD"][1]
    assert list(found) == ["lib 1.0", "virtual environment"]
    assert b".pyc" not in record


def test_records_list_the_bytecode(
    put: Put, make_inputs: MakeInputs, look: Look, stores: Stores, compiler: Compiler
) -> None:
    wheel = make_wheel("lib", files={"lib.py": "x = 1\n", "old.py": "print 1\n"})
    with build(make_inputs(third_party=(put(wheel),), compiler=compiler), stores) as result:
        record = look(result.layers[1])[f"{SITE}/lib-1.0.dist-info/RECORD"][1].decode()
    assert f"{CACHE}/lib.cpython-313.pyc,,\n" in record
    assert "old.cpython" not in record
    assert "old.py,sha256=" in record


def test_source_without_a_build_system_is_compiled_in_its_place(
    make_inputs: MakeInputs, look: Look, stores: Stores, compiler: Compiler
) -> None:
    source = (PlainFile.of_bytes("main.py", b"x = 1\n"), PlainFile.of_bytes("a/b.py", b""))
    with build(make_inputs(files=source, compiler=compiler), stores) as result:
        found = files(result.layers, look)
    assert found["application source"] == {
        "app/main.py",
        "app/a/b.py",
        f"app/{CACHE}/main.cpython-313.pyc",
        f"app/a/{CACHE}/b.cpython-313.pyc",
    }
    assert compiler.prefixes == ["/app"]


def test_wheels_are_found_by_layer(
    put: Put, make_inputs: MakeInputs, stores: Stores, look: Look
) -> None:
    lib, app = put(make_wheel("lib")), put(make_wheel("application"))
    with build(make_inputs(third_party=(lib,), application=app), stores) as result:
        for item, name in ((lib, "lib"), (app, "application")):
            layer = result.layers[result.places[item.sha256]]
            assert f"{SITE}/{name}/__init__.py" in look(layer)


def test_equal_files_are_written_once_and_others_warn(
    put: Put, make_inputs: MakeInputs, stores: Stores, look: Look
) -> None:
    one = make_wheel("one", files={"LICENSE": "one", "nvidia/__init__.py": ""})
    two = make_wheel("two", files={"LICENSE": "two", "nvidia/__init__.py": ""})
    with build(make_inputs(third_party=(put(one), put(two))), stores) as result:
        (wheels, _) = result.layers
        assert look(wheels)[f"{SITE}/LICENSE"][1] == b"one"
    assert [finding.rule for finding in result.findings] == ["layers.collision"]


def test_wheels_that_can_not_live_together_are_refused(
    put: Put, make_inputs: MakeInputs, stores: Stores
) -> None:
    wheels = [put(make_wheel(name, files={"same.py": name})) for name in ("one", "two")]
    with pytest.raises(WheelError, match=r"one and two both bring '.*/same\.py'"):
        build(make_inputs(third_party=tuple(wheels)), stores)


def test_a_record_that_disagrees_warns_each_time_and_strict_refuses(
    put: Put, make_inputs: MakeInputs, stores: Stores
) -> None:
    archive = make_wheel("lib", files={"a.py": "x = 1\n"}, stored=True)
    changed = archive.content.replace(b"a.py,sha256=", b"b.py,sha256=")
    import struct
    import zlib

    data = bytearray(changed)
    start = data.index(b"b.py,sha256=")
    header = data.rindex(b"PK\x03\x04", 0, start)
    size = struct.unpack_from("<L", data, header + 22)[0]
    crc = struct.pack("<L", zlib.crc32(data[start : start + size]))
    data[header + 14 : header + 18] = crc
    central = data.rindex(b"PK\x01\x02")
    data[central + 16 : central + 20] = crc
    item = put(Archive(name="lib", version="1.0", filename=archive.filename, content=bytes(data)))
    for _ in range(2):
        with build(make_inputs(third_party=(item,)), stores) as result:
            assert [str(finding) for finding in result.findings] == [
                f"{archive.filename}: 'a.py' is not the file that RECORD lists",
                f"{archive.filename}: 'b.py' is in RECORD and not in the archive",
            ]
    with pytest.raises(WheelError, match="RECORD disagrees with the archive"):
        build(make_inputs(third_party=(item,), strict=True), stores)


def test_a_file_included_twice_is_refused(make_inputs: MakeInputs, stores: Stores) -> None:
    source = (PlainFile.of_bytes("a", b"1"), PlainFile.of_bytes("a", b"2"))
    with pytest.raises(ProjectError, match="a: the file is included twice"):
        build(make_inputs(files=source), stores)


def test_a_bucket_is_named_by_what_it_holds(
    put: Put, make_inputs: MakeInputs, stores: Stores
) -> None:
    wheels = tuple(put(make_wheel(f"lib{number}")) for number in range(20))
    with build(make_inputs(third_party=wheels, budget=6), stores) as result:
        titles = [layer.title for layer in result.layers]
    assert titles == ["20 wheels, lib0 1.0 to lib9 1.0", "virtual environment"]


def test_two_wheels_of_one_name_are_refused(
    put: Put, make_inputs: MakeInputs, stores: Stores
) -> None:
    wheels = (put(make_wheel("lib")), put(make_wheel("lib", "2.0")))
    with pytest.raises(ValueError, match="two wheels of one name"):
        build(make_inputs(third_party=wheels), stores)


def snapshot(root: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in root.rglob("*")}


def test_a_warm_build_writes_nothing(
    tmp_path: Path, put: Put, make_inputs: MakeInputs, stores: Stores, compiler: Compiler
) -> None:
    inputs = make_inputs(
        third_party=(put(make_wheel("lib")),),
        application=put(make_wheel("application")),
        files=(PlainFile.of_bytes("a.py", b"x = 1\n"),),
        compiler=compiler,
    )
    store = BlobStore(tmp_path / "image")
    with build(inputs, stores) as result:
        cold = materialise_all(result.layers, store, stores.memos)
    before = snapshot(tmp_path)
    with build(inputs, stores) as result:
        warm = materialise_all(result.layers, store, stores.memos)
    assert warm == cold
    assert snapshot(tmp_path) == before


def test_a_changed_application_changes_only_its_own_layer(
    tmp_path: Path, put: Put, make_inputs: MakeInputs, stores: Stores, compiler: Compiler
) -> None:
    digests = []
    for text in ("x = 1\n", "x = 2\n"):
        inputs = make_inputs(
            third_party=(put(make_wheel("lib")),),
            added=(put(make_wheel("runtime")),),
            application=put(make_wheel("application", files={"a.py": text})),
            compiler=compiler,
        )
        with build(inputs, stores) as result:
            digests.append(
                materialise_all(result.layers, BlobStore(tmp_path / "image"), stores.memos)
            )
    assert digests[0][:-1] == digests[1][:-1]
    assert digests[0][-1] != digests[1][-1]


def test_the_digests_do_not_depend_on_the_host(
    tmp_path: Path,
    put: Put,
    make_inputs: MakeInputs,
    compiler: Compiler,
    with_umask: Callable[[int], None],
) -> None:
    wheels = [put(make_wheel(name, console_scripts={name: f"{name}:x"})) for name in ("b", "a")]
    found = []
    for number, mask in enumerate((0o022, 0o077)):
        with_umask(mask)
        root = tmp_path / str(number)
        os.utime(wheels[0].path, (number, number))
        inputs = make_inputs(
            third_party=tuple(wheels[:: 1 if number else -1]),
            files=(PlainFile.of_bytes("a.py", b"x = 1\n"),),
            compiler=compiler,
        )
        memos = MemoStore(root / "memos")
        with image_layers(inputs, blobs=BlobStore(root / "cache"), memos=memos) as result:
            found.append(materialise_all(result.layers, BlobStore(root / "image"), memos))
    assert found[0] == found[1]


def test_the_bytes_of_format_1_are_what_they_were(
    tmp_path: Path, put: Put, make_inputs: MakeInputs, stores: Stores
) -> None:
    inputs = make_inputs(
        third_party=(put(make_wheel("lib", stored=True, console_scripts={"lib": "lib:main"})),),
        added=(put(make_wheel("runtime", stored=True)),),
        files=(PlainFile.of_bytes("a.py", b"x = 1\n"),),
    )
    with build(inputs, stores) as result:
        described = materialise_all(result.layers, BlobStore(tmp_path / "image"), stores.memos)
    together = Digest.of_chunks(str(item.descriptor.digest).encode() for item in described)
    assert str(together) == (
        "sha256:ae964495ba8d1649a3f3ac9edd18adcf6c21f372189cc386776b09b52a7d7024"
    )

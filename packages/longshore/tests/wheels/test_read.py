"""``wheels.read``: what a wheel says about itself, checked against what it holds."""

import zipfile
from pathlib import Path

import pytest

from longshore.errors import WheelError
from longshore.testing.wheel import make_wheel
from longshore.types import Digest
from longshore.wheels.read import Scheme, Script, WheelFile


def open_wheel(tmp_path: Path, **kwargs: object) -> WheelFile:
    archive = make_wheel(**kwargs)  # type: ignore[arg-type] # the wheel maker's own arguments
    path = tmp_path / archive.filename
    path.write_bytes(archive.content)
    return WheelFile.open(path, sha256=archive.digest)


def test_metadata_is_read(tmp_path: Path) -> None:
    with open_wheel(
        tmp_path,
        name="Task.API",
        version="1.2",
        requires=["fastapi>=1", "uvicorn; python_version > '3'"],
        console_scripts={"Task": "task.cli:main", "a-b": "x:Y.z [extra]"},
        tag="cp313-cp313-linux_x86_64",
    ) as wheel:
        assert (wheel.name, wheel.version) == ("task-api", "1.2")
        assert wheel.requires == ("fastapi>=1", "uvicorn; python_version > '3'")
        assert not wheel.root_is_purelib
        assert wheel.dist_info == "Task_API-1.2.dist-info"
        assert wheel.scripts == (
            Script(name="Task", module="task.cli", attribute="main"),
            Script(name="a-b", module="x", attribute="Y.z"),
        )


def test_every_file_has_its_place(tmp_path: Path) -> None:
    with open_wheel(
        tmp_path,
        files={
            "sample/__init__.py": b"",
            "sample-1.0.data/scripts/tool": b"#!python\n",
            "sample-1.0.data/data/share/x": b"",
            "sample-1.0.data/headers/a.h": b"",
            "sample-1.0.data/platlib/_c.so": b"",
        },
        executables=["sample-1.0.data/scripts/tool"],
    ) as wheel:
        places = {(entry.scheme, entry.path): entry for entry in wheel.entries}
    assert (Scheme.PURELIB, "sample/__init__.py") in places
    assert (Scheme.DATA, "share/x") in places
    assert (Scheme.HEADERS, "a.h") in places
    assert (Scheme.PLATLIB, "_c.so") in places
    assert places[Scheme.SCRIPTS, "tool"].zip.executable
    assert not places[Scheme.HEADERS, "a.h"].zip.executable


def test_a_sound_record_gives_the_digest_of_every_file(tmp_path: Path) -> None:
    with open_wheel(tmp_path, files={"a,b.py": b"x = 1\n"}) as wheel:
        checked = wheel.check(strict=True)
    assert checked.findings == ()
    assert checked.digests["a,b.py"] == Digest.of(b"x = 1\n")
    assert len(checked.digests) == len(wheel.entries)


def replaced(tmp_path: Path, old: bytes, new: bytes) -> WheelFile:
    archive = make_wheel(files={"sample.py": b"x = 1\n"}, stored=True)
    path = tmp_path / archive.filename
    path.write_bytes(archive.content)
    with zipfile.ZipFile(path) as source:
        files = {name: source.read(name) for name in source.namelist()}
    with zipfile.ZipFile(path, "w") as target:
        for name, content in files.items():
            target.writestr(name, content.replace(old, new))
    return WheelFile.open(path, sha256=archive.digest)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"x = 1\n", b"x = 2\n", "'sample.py' is not the file that RECORD lists"),
        (b"sample.py,sha256=", b"sample.py,md5=", "'sample.py' is not the file that RECORD lists"),
        (b"sample.py,", b"gone.py,", "'gone.py' is in RECORD and not in the archive"),
        (b"sample-1.0.dist-info/RECORD,,", b'"', "RECORD: not a CSV file"),
        (b"sample-1.0.dist-info/RECORD,,", b"a,b", "RECORD: line"),
    ],
)
def test_a_record_that_disagrees_warns_and_strict_refuses(
    tmp_path: Path, old: bytes, new: bytes, message: str
) -> None:
    with replaced(tmp_path, old, new) as wheel:
        findings = wheel.check().findings
        assert any(message in finding.message for finding in findings)
        assert {finding.severity for finding in findings} == {"warning"}
        with pytest.raises(WheelError, match="RECORD disagrees with the archive"):
            wheel.check(strict=True)


def test_stronger_hashes_are_understood(tmp_path: Path) -> None:
    import base64
    import hashlib

    content = b"x = 1\n"
    old = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
    new = base64.urlsafe_b64encode(hashlib.sha512(content).digest()).rstrip(b"=")
    with replaced(tmp_path, b"sample.py,sha256=" + old, b"sample.py,sha512=" + new) as wheel:
        names = [finding.message for finding in wheel.check().findings]
    assert not any("sample.py" in name for name in names)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"Wheel-Version: 1.0", b"Wheel-Version: 2.0", "expected a wheel of version 1, got '2.0'"),
        (b"Name: sample", b"Name: -", "METADATA: Name: expected a distribution name, got '-'"),
        (b"Name: sample", b"Name: \xff", "METADATA' is not UTF-8"),
    ],
)
def test_a_wheel_that_does_not_say_what_it_is_is_refused(
    tmp_path: Path, old: bytes, new: bytes, message: str
) -> None:
    with pytest.raises(WheelError) as caught:
        replaced(tmp_path, old, new)
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"other-1.dist-info/x": b""},
            "expected one .dist-info folder, got ['other-1.dist-info', ",
        ),
        ({"sample-1.0.data/evil/x": b""}, "'evil' is no scheme"),
        (
            {"sample-1.0.dist-info/entry_points.txt": b"[console_scripts]\n../x = a:b\n"},
            "../x = 'a:b' names no function",
        ),
        (
            {"sample-1.0.dist-info/entry_points.txt": b"[console_scripts]\nx = os;evil\n"},
            "x = 'os;evil' names no function",
        ),
        ({"sample-1.0.dist-info/entry_points.txt": b"x = y\n"}, "entry_points.txt can't be read"),
    ],
)
def test_content_that_can_not_be_installed_is_refused(
    tmp_path: Path, files: dict[str, bytes], message: str
) -> None:
    with pytest.raises(WheelError) as caught:
        open_wheel(tmp_path, files=files)
    assert message in caught.value.message


@pytest.mark.parametrize("name", ["WHEEL", "METADATA"])
def test_a_wheel_without_its_documents_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for other in {"WHEEL", "METADATA"} - {name}:
            archive.writestr(f"a-1.dist-info/{other}", "Wheel-Version: 1.0\nName: a\n")
    with pytest.raises(WheelError, match=f"'a-1.dist-info/{name}' is missing"):
        WheelFile.open(path, sha256=Digest.of(b""))


def test_a_wheel_without_a_record_warns(tmp_path: Path) -> None:
    path = tmp_path / "a.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for other in ("WHEEL", "METADATA"):
            archive.writestr(f"a-1.dist-info/{other}", "Wheel-Version: 1.0\nName: a\n")
    with WheelFile.open(path, sha256=Digest.of(b"")) as wheel:
        assert "there is no RECORD" in [finding.message for finding in wheel.check().findings]

"""Reading packages, hostile ones included."""

import tarfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longshore.base.debian.deb import DebFile
from longshore.errors import LongshoreError, SupplyChainError
from longshore.testing.debian import TarContent, make_deb, tar_entry

CONTROL = "Package: hello\nVersion: 1.0\n"
FILES: list[TarContent] = [
    (tar_entry("./usr/", kind=tarfile.DIRTYPE, mode=0o2755), b""),
    (tar_entry("./usr/bin/hello", mode=0o4755), b"\x7fELF"),
    (tar_entry("./usr/bin/hi", kind=tarfile.SYMTYPE, target="../../usr/bin/hello"), b""),
    (tar_entry("./usr/bin/hallo", kind=tarfile.LNKTYPE, target="./usr/bin/hello"), b""),
    (tar_entry("./dev/sda", kind=tarfile.BLKTYPE), b""),
    (tar_entry("./run/pipe", kind=tarfile.FIFOTYPE), b""),
    (tar_entry("./"), b""),
]


def write(tmp_path: Path, data: bytes) -> DebFile:
    path = tmp_path / "hello.deb"
    path.write_bytes(data)
    return DebFile(path, "hello 1.0")


@pytest.mark.parametrize("suffix", [".xz", ".gz", ""])
def test_entries_and_control(tmp_path: Path, suffix: str) -> None:
    deb = write(tmp_path, make_deb(CONTROL, FILES, suffix=suffix))
    assert deb.control() == CONTROL
    rows = [
        (
            entry.name,
            entry.kind,
            entry.executable,
            entry.target,
            entry.content and entry.content.read(),
        )
        for entry in deb.entries()
    ]
    assert rows == [
        ("usr", tarfile.DIRTYPE, False, "", None),
        ("usr/bin/hello", tarfile.REGTYPE, True, "", b"\x7fELF"),
        ("usr/bin/hi", tarfile.SYMTYPE, False, "../../usr/bin/hello", None),
        ("usr/bin/hallo", tarfile.LNKTYPE, False, "usr/bin/hello", None),
    ]


@pytest.mark.parametrize(
    "entry",
    [
        tar_entry("../etc/passwd"),
        tar_entry("./usr/../../etc/passwd"),
        tar_entry("/etc/passwd"),
        tar_entry("./x", kind=tarfile.LNKTYPE, target="../../etc/passwd"),
        tar_entry("./x", kind=tarfile.LNKTYPE, target="/etc/passwd"),
    ],
)
def test_names_that_leave_the_root_are_refused(tmp_path: Path, entry: tarfile.TarInfo) -> None:
    deb = write(tmp_path, make_deb(CONTROL, [(entry, b"")]))
    with pytest.raises(SupplyChainError, match=r"hello 1\.0: the \.deb has an entry .* leaves"):
        list(deb.entries())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a .deb archive"),
        (b"PK\x03\x04", "not a .deb archive"),
        (b"!<arch>\n", "the .deb is damaged: no data.tar in it"),
        (b"!<arch>\n" + b"x" * 60, "the .deb is damaged: no data.tar in it"),
        (make_deb(CONTROL, FILES, suffix=".lz"), "the .deb is compressed with 'lz'"),
        (make_deb(CONTROL, FILES)[:-100], "the .deb is damaged: "),
    ],
)
def test_what_is_no_package(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(SupplyChainError) as caught:
        list(write(tmp_path, data).entries())
    assert str(caught.value).startswith(f"hello 1.0: {message}")


def test_a_package_without_a_control_file(tmp_path: Path) -> None:
    data = make_deb(CONTROL, FILES, suffix="").replace(b"./control\0", b"./kontrol\0")
    data = _fix_checksums(data)
    with pytest.raises(SupplyChainError, match="no control file"):
        write(tmp_path, data).control()


def _fix_checksums(data: bytes) -> bytes:
    at = data.index(b"./kontrol")
    header = bytearray(data[at : at + 512])
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return data[:at] + bytes(header) + data[at + 512 :]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, 2000), st.integers(1, 255), st.sampled_from([".xz", ".gz", ""]))
def test_damage_gives_an_error_of_ours_or_nothing(
    tmp_path: Path, at: int, change: int, suffix: str
) -> None:
    data = bytearray(make_deb(CONTROL, FILES, suffix=suffix))
    data[at % len(data)] ^= change
    deb = write(tmp_path, bytes(data))
    with suppress(LongshoreError):  # anything else would be a crash
        deb.control()
        for entry in deb.entries():
            if entry.content is not None:
                entry.content.read()

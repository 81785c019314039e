"""What a failed compilation lacks, from what compilers and scripts of builds write."""

import pytest

from longshore.wheels.headers import lacks_compiler, lacks_rust, missing_packages


@pytest.mark.parametrize(
    ("output", "packages"),
    [
        ("psycopg/psycopg.h:35:10: fatal error: libpq-fe.h: No such file", ("libpq-dev",)),
        ("a.c:1:10: fatal error: libxml/xmlversion.h: No such file", ("libxml2-dev",)),
        ("a.c:1:10: fatal error: 'jpeglib.h' file not found", ("libjpeg-dev",)),
        ("Error: pg_config executable not found.", ("libpq-dev",)),
        ("/bin/sh: 1: mysql_config: not found", ("libmariadb-dev",)),
        ("Package libffi was not found in the pkg-config search path.", ("libffi-dev",)),
        ("Package 'xmlsec1', required by 'virtual:world', not found", ("libxmlsec1-dev",)),
        ("No package 'dbus-1' found", ("libdbus-1-dev",)),
        ("x: fatal error: ffi.h: No such file\ny: fatal error: ffi.h: No such", ("libffi-dev",)),
        ("../meson.build:1:0: ERROR: Unknown compiler(s): [['gfortran'], ['g95']]", ("gfortran",)),
        ("a.c:1:10: fatal error: nobody-knows.h: No such file", ()),
        ("RuntimeError: no such thing", ()),
    ],
)
def test_the_package_that_has_what_is_missing_is_named(
    output: str, packages: tuple[str, ...]
) -> None:
    assert missing_packages(output) == packages


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory", True),
        ("make: cc: No such file or directory", True),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'x86_64-linux-gnu-gcc'", True),
        ("../meson.build:1:0: ERROR: Unknown compiler(s): [['cc'], ['gcc'], ['clang']]", True),
        ("a.c:1:10: fatal error: x.h: No such file or directory\nerror: command 'gcc' fai", False),
        ("RuntimeError: no such thing", False),
    ],
)
def test_a_build_that_finds_no_compiler_is_noticed(output: str, expected: bool) -> None:
    assert lacks_compiler(output) is expected


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("error: can't find Rust compiler", True),
        ("Cargo, the Rust package manager, is not installed or is not on PATH.", True),
        ("cargo metadata failed: cargo: command not found", True),
        ("[Errno 2] No such file or directory: 'gcc'", False),
    ],
)
def test_a_build_that_asks_for_rust_is_noticed(output: str, expected: bool) -> None:
    assert lacks_rust(output) is expected

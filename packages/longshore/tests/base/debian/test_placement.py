"""Where the files of packages go."""

import pytest

from longshore.base.debian.placement import place


@pytest.mark.parametrize(
    ("name", "placed"),
    [
        ("usr/bin/python3.13", "usr/bin/python3.13"),
        ("lib/x86_64-linux-gnu/libc.so.6", "usr/lib/x86_64-linux-gnu/libc.so.6"),
        ("lib64/ld-linux-x86-64.so.2", "usr/lib64/ld-linux-x86-64.so.2"),
        ("library/x", "library/x"),
        ("lib", None),
        ("bin", None),
        ("usr/share/doc/libc6/copyright", "usr/share/doc/libc6/copyright"),
        ("usr/share/doc/libc6/changelog.gz", None),
        ("usr/share/doc/libc6", None),
        ("usr/share/docs", "usr/share/docs"),
        ("usr/share/man/man1/python3.13.1.gz", None),
        ("usr/share/locale/de/LC_MESSAGES/libc.mo", None),
        ("usr/share/locales", "usr/share/locales"),
        ("usr/share/zoneinfo/Europe/Berlin", "usr/share/zoneinfo/Europe/Berlin"),
        ("usr/share/ca-certificates/mozilla/X.crt", None),
        ("etc/ssl/certs", "etc/ssl/certs"),
    ],
)
def test_merged_usr_and_what_is_left_out(name: str, placed: str | None) -> None:
    assert place(name) == placed

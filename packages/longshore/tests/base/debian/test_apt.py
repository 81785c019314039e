"""The archives of this machine's apt (sources.list(5))."""

from pathlib import Path

from longshore.base.debian.apt import apt_mirrors


def test_both_formats_in_the_order_of_apt(tmp_path: Path) -> None:
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (tmp_path / "sources.list").write_text(
        "# deb http://off.test/debian trixie main\n"
        "deb [arch=amd64 signed-by=/x.gpg] https://one.test/debian/ trixie main # ours\n"
        "deb-src https://source.test/debian trixie main\n"
        "deb cdrom:[Debian] trixie main\n"
    )
    (parts / "a.sources").write_text(
        "Types: deb deb-src\nURIs: http://two.test/debian\n https://one.test/debian\n"
        "Suites: trixie\n\nTypes: deb\nEnabled: no\nURIs: http://off.test\nSuites: trixie\n\n"
        "Types: deb-src\nURIs: http://source.test\nSuites: trixie\n"
    )
    (parts / "b.list").write_text("deb http://three.test/debian ./\n")
    (parts / "c.sources").write_text("this is no such file\n")
    (parts / "ignored.save").write_text("deb http://off.test/debian trixie main\n")
    assert apt_mirrors(tmp_path) == (
        "https://one.test/debian",
        "http://two.test/debian",
        "http://three.test/debian",
    )


def test_a_machine_without_apt(tmp_path: Path) -> None:
    assert apt_mirrors(tmp_path / "none") == ()

"""The part of a lock that a project can reach."""

from pathlib import Path

from longshore.locks import LockedSet, read_lock
from longshore.locks.closure import closure_digest, reachable_packages

HASH = "sha256:" + "a" * 64


def _package(name: str, needs: str = "", *, source: str = "", version: str = "1") -> str:
    source = source or '{ registry = "https://index.test/simple" }'
    wheel = f'wheels = [{{ url = "https://files.test/{name}-{version}.whl", hash = "{HASH}" }}]'
    return f"""
[[package]]
name = "{name}"
version = "{version}"
source = {source}
dependencies = [{needs}]
{wheel if "registry" in source else ""}
"""


def _read(root: Path, member: str, *, other: str = "1") -> LockedSet:
    text = "version = 1\n"
    text += _package("app", '{ name = "lib", extra = ["x"] }', source='{ editable = "app" }')
    text += _package("lib", '{ name = "win", marker = "sys_platform == \'win32\'" }',
                     source='{ editable = "lib" }')  # fmt: skip
    text += '[package.optional-dependencies]\nx = [{ name = "extra" }]\n'
    text += 'y = [{ name = "unused" }]\n'
    text += _package("web", '{ name = "other" }', source='{ editable = "web" }')
    text += _package("win") + _package("extra") + _package("unused")
    text += _package("other", version=other)
    (root / "uv.lock").write_text(text)
    (root / member).mkdir(exist_ok=True)
    return read_lock(root / member)


def test_markers_do_not_limit_what_can_be_reached(tmp_path: Path) -> None:
    found = [package.name for package in reachable_packages(_read(tmp_path, "app"))]
    assert found == ["app", "extra", "lib", "win"]


def test_the_digest_is_of_the_projects_own_part(tmp_path: Path) -> None:
    app = closure_digest(_read(tmp_path, "app"))
    web = closure_digest(_read(tmp_path, "web"))
    assert app != web
    assert closure_digest(_read(tmp_path, "app", other="2")) == app
    assert closure_digest(_read(tmp_path, "web", other="2")) != web

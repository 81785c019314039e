"""Where things are kept (XDG base directory specification 0.8)."""

import os
import stat
from pathlib import Path

import pytest

from longshore.config import Directories
from longshore.errors import PreflightError

NAMES = ("cache", "data", "state")


def folders(environment: dict[str, str]) -> dict[str, Path]:
    directories = Directories(environment=environment)
    return {name: getattr(directories, name) for name in NAMES}


def test_the_defaults_are_below_home(tmp_path: Path) -> None:
    assert folders({"HOME": str(tmp_path)}) == {
        "cache": tmp_path / ".cache/longshore",
        "data": tmp_path / ".local/share/longshore",
        "state": tmp_path / ".local/state/longshore",
    }


def test_xdg_folders_are_used_and_own_ones_win(tmp_path: Path) -> None:
    xdg = {f"XDG_{name.upper()}_HOME": str(tmp_path / "xdg" / name) for name in NAMES}
    own = {f"LONGSHORE_{name.upper()}_DIR": str(tmp_path / "own" / name) for name in NAMES}
    assert folders(xdg) == {name: tmp_path / "xdg" / name / "longshore" for name in NAMES}
    assert folders(xdg | own) == {name: tmp_path / "own" / name for name in NAMES}


@pytest.mark.parametrize("value", ["", "relative"])
def test_a_relative_xdg_folder_is_ignored(tmp_path: Path, value: str) -> None:
    found = folders({"HOME": str(tmp_path), "XDG_CACHE_HOME": value})
    assert found["cache"] == tmp_path / ".cache/longshore"


def test_new_folders_are_private(tmp_path: Path) -> None:
    found = folders({"HOME": str(tmp_path)})
    assert {path.stat().st_mode & 0o777 for path in found.values()} == {0o700}


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(PreflightError) as raised:
        _ = Directories(environment={"LONGSHORE_CACHE_DIR": str(folder)}).cache
    assert str(raised.value) == f"{folder}: others may write to this folder"
    assert raised.value.hint == f"run 'chmod 700 {folder}', or set LONGSHORE_CACHE_DIR"


def test_a_folder_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(PreflightError) as raised:
        _ = Directories(environment={"LONGSHORE_STATE_DIR": str(tmp_path / "state")}).state
    assert str(raised.value) == f"{tmp_path}/state: belongs to another user"
    assert raised.value.hint == "set LONGSHORE_STATE_DIR to a folder that you own"


def test_a_file_in_the_way_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PreflightError) as raised:
        _ = Directories(environment={"LONGSHORE_DATA_DIR": str(tmp_path / "file/data")}).data
    assert str(raised.value) == f"{tmp_path}/file/data: can't make the folder: not a directory"


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_000)
    with pytest.raises(PreflightError) as raised:
        _ = Directories(environment={}).cache
    assert str(raised.value) == "this user has no home folder: HOME is not set"
    assert raised.value.hint == "set HOME, or LONGSHORE_CACHE_DIR"


def test_folders_on_the_way_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        cache = Directories(environment={"LONGSHORE_CACHE_DIR": str(tmp_path / "a/b/c")}).cache
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (cache, *list(cache.parents)[:2])}
    assert modes == {0o700}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a link away")
def test_a_link_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir(mode=0o700)
    link = tmp_path / "link"
    link.symlink_to("own")
    assert Directories(environment={"LONGSHORE_CACHE_DIR": str(link)}).cache == link
    os.lchown(link, 4242, 4242)
    with pytest.raises(PreflightError, match="belongs to another user"):
        _ = Directories(environment={"LONGSHORE_CACHE_DIR": str(link)}).cache

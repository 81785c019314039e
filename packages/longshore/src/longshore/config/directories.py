"""Where Longshore keeps what it keeps (XDG base directory specification 0.8)."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from longshore.errors import PreflightError

_PRIVATE = 0o700
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, kw_only=True)
class Directories:
    """The three folders, made when first asked for, readable by their owner only.

    Args:
        environment: environment variables; an empty value counts as unset.

    Raises:
        PreflightError: from a property, if the folder can't be made, belongs to another user, or
            others may write to it.
    """

    environment: Mapping[str, str]

    @cached_property
    def cache(self) -> Path:
        """What can be fetched or made again: wheels, packages, unpacked bases, memos."""
        return self._folder("LONGSHORE_CACHE_DIR", "XDG_CACHE_HOME", ".cache")

    @cached_property
    def data(self) -> Path:
        """What was made: the image store."""
        return self._folder("LONGSHORE_DATA_DIR", "XDG_DATA_HOME", ".local/share")

    @cached_property
    def state(self) -> Path:
        """What is going on: runs, their logs, reports of crashes."""
        return self._folder("LONGSHORE_STATE_DIR", "XDG_STATE_HOME", ".local/state")

    def _folder(self, variable: str, xdg_variable: str, fallback: str) -> Path:
        path = self._place(variable, xdg_variable, fallback)
        try:
            for missing in [each for each in (path, *path.parents) if not each.exists()][::-1]:
                missing.mkdir(exist_ok=True, mode=_PRIVATE)  # parents=True would leave it to umask
            status, link = path.stat(), path.lstat()
        except OSError as error:
            msg = f"{path}: can't make the folder: {(error.strerror or str(error)).lower()}"
            raise PreflightError(msg, hint=f"set {variable} to a folder that you own") from error
        # Whoever owns a link can turn it; root can do so anyway.
        if status.st_uid != os.geteuid() or link.st_uid not in (0, os.geteuid()):
            msg = f"{path}: belongs to another user"
            raise PreflightError(msg, hint=f"set {variable} to a folder that you own")
        if status.st_mode & _OTHERS_MAY_WRITE:
            msg = f"{path}: others may write to this folder"
            raise PreflightError(msg, hint=f"run 'chmod 700 {path}', or set {variable}")
        return path

    def _place(self, variable: str, xdg_variable: str, fallback: str) -> Path:
        if own := self.environment.get(variable):
            return Path(own).absolute()
        xdg = self.environment.get(xdg_variable, "")
        if Path(xdg).is_absolute():  # the specification: relative paths are invalid, ignore them
            return Path(xdg) / "longshore"
        try:
            home = Path(self.environment.get("HOME") or Path.home())
        except RuntimeError as error:  # a user without an entry in the user database
            msg = "this user has no home folder: HOME is not set"
            raise PreflightError(msg, hint=f"set HOME, or {variable}") from error
        return home / fallback / "longshore"

"""The folder that layers are unpacked into: every path is resolved as if the folder were ``/``."""

import os
import shutil
import stat
from pathlib import Path
from typing import IO, Final

from longshore.errors import SupplyChainError

_MAX_LINKS: Final = 40  # as Linux counts (path_resolution(7))
_WHITEOUT: Final = ".wh."
_OPAQUE: Final = ".wh..wh..opq"
_AUFS: Final = ".wh..wh."


class UnpackTree:
    """Applies entries of layers to a folder; later layers replace and remove what lies below.

    Methods raise ``SupplyChainError`` for a name that tries to leave the folder, and ``OSError``.
    """

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._folders: dict[str, tuple[int, int]] = {}
        self._written: set[str] = set()
        self._parents: dict[str, str] = {}

    def begin_layer(self) -> None:
        """Start a layer: its whiteouts hide what came before, not what it brings itself."""
        self._written = set()

    def finish(self) -> None:
        """Give folders their modes and times: last, so that they could be written until now."""
        for path, (mode, mtime) in sorted(self._folders.items(), reverse=True):
            place = self._host(path)
            os.utime(place, (mtime, mtime))
            Path(place).chmod(mode)

    def directory(self, name: str, mode: int, mtime: int) -> None:
        """Make a folder, or keep the one that is there."""
        if all(part in ("", ".") for part in name.split("/")):  # the root itself
            self._folders[""] = (mode | 0o700, mtime)
            return
        path = self._place(name)
        if path is None:
            return
        place = self._host(path)
        if not self._is_folder(place):
            self._clear(path)
            Path(place).mkdir(mode=0o700)
        self._folders[path] = (mode, mtime)

    def file(self, name: str, content: IO[bytes], mode: int, mtime: int) -> None:
        """Write a regular file."""
        path = self._place(name)
        if path is None:
            return
        place = self._host(path)
        self._clear(path)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(place, flags, 0o600), "wb") as file:
            shutil.copyfileobj(content, file, 1 << 18)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.utime(file.fileno(), (mtime, mtime))

    def symlink(self, name: str, target: str, mtime: int) -> None:
        """Make a symbolic link; where it points matters only when it is followed."""
        if "\0" in target:
            msg = f"{name}: a symbolic link to {target!r}, which is no path"
            raise SupplyChainError(msg)
        path = self._place(name)
        if path is None:
            return
        self._clear(path)
        place = self._host(path)
        Path(place).symlink_to(target)
        os.utime(place, (mtime, mtime), follow_symlinks=False)

    def hard_link(self, name: str, target: str) -> None:
        """Make a second name of a regular file that is already there."""
        path = self._place(name)
        if path is None:
            return
        source = self._host(self._resolve(name, target))
        if not os.path.lexists(source) or not stat.S_ISREG(os.lstat(source).st_mode):
            msg = f"{name}: a hard link to {target!r}, which is no file"
            raise SupplyChainError(msg)
        if source != self._host(path):
            self._clear(path)
            os.link(source, self._host(path), follow_symlinks=False)

    def _place(self, name: str) -> str | None:
        """Return where an entry goes; ``None`` if it was a whiteout, which is applied."""
        path = self._resolve(name, name)
        base = path.rpartition("/")[2]
        if base.startswith(_WHITEOUT):
            self._whiteout(name, path, base)
            return None
        above = path
        while above not in self._written:
            self._written.add(above)
            above = above.rpartition("/")[0]
        return path

    def _whiteout(self, name: str, path: str, base: str) -> None:
        folder = path.rpartition("/")[0]
        if base == _OPAQUE:
            with os.scandir(self._host(folder)) as entries:
                children = [_join(folder, entry.name) for entry in entries]
            for child in children:
                if child not in self._written:
                    self._clear(child)
            return
        if base.startswith(_AUFS):
            return  # bookkeeping of an old storage driver
        hidden = base.removeprefix(_WHITEOUT)
        if hidden in ("", ".", ".."):
            msg = f"{name}: a whiteout of {hidden!r}"
            raise SupplyChainError(msg)
        if _join(folder, hidden) not in self._written:
            self._clear(_join(folder, hidden))

    def _resolve(self, entry: str, name: str) -> str:
        """Return a name with the links of its folders followed; missing folders are made."""
        parts = [part for part in name.split("/") if part not in ("", ".")]
        if name.startswith("/") or ".." in parts or "\0" in name or not parts:
            msg = f"{entry}: the name {name!r} leaves the root"
            raise SupplyChainError(msg)
        parent = "/".join(parts[:-1])
        known = self._parents.get(parent)
        if known is None:
            known = self._parents[parent] = self._follow(entry, parts[:-1])
        return _join(known, parts[-1])

    def _follow(self, entry: str, parts: list[str]) -> str:
        resolved: list[str] = []
        pending = parts[::-1]
        links = 0
        while pending:
            part = pending.pop()
            if part in ("", "."):
                continue
            if part == "..":  # only from the target of a link; the root is its own parent
                del resolved[-1:]
                continue
            place = self._host("/".join([*resolved, part]))
            if Path(place).is_symlink():
                links += 1
                if links > _MAX_LINKS:
                    msg = f"{entry}: too many symbolic links"
                    raise SupplyChainError(msg)
                target = str(Path(place).readlink())
                if target.startswith("/"):
                    resolved = []
                pending.extend(reversed(target.split("/")))
                continue
            if not os.path.lexists(place):
                Path(place).mkdir(mode=0o755)
            elif not self._is_folder(place):
                msg = f"{entry}: {'/'.join([*resolved, part])!r} is no folder"
                raise SupplyChainError(msg)
            resolved.append(part)
        return "/".join(resolved)

    def _clear(self, path: str) -> None:
        """Remove what is at a place, if anything."""
        place = self._host(path)
        if not os.path.lexists(place):
            return
        self._parents.clear()
        if not self._is_folder(place):
            Path(place).unlink()
            return
        shutil.rmtree(place)
        below = f"{path}/"
        for folder in [item for item in self._folders if item == path or item.startswith(below)]:
            del self._folders[folder]

    def _host(self, path: str) -> str:
        return f"{self._root}/{path}"

    @staticmethod
    def _is_folder(place: str) -> bool:
        return Path(place).is_dir() and not Path(place).is_symlink()


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name

"""Wheels made in memory: the same arguments give the same bytes.

They follow PyPA's binary distribution format.
"""

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from longshore.types import Digest

_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A distribution file in memory, a wheel or an sdist."""

    name: str
    version: str
    filename: str
    content: bytes = field(repr=False)
    requires_python: str = ""

    @property
    def digest(self) -> Digest:
        """Its SHA-256."""
        return Digest.of(self.content)


def make_wheel(
    name: str = "sample",
    version: str = "1.0",
    *,
    files: Mapping[str, bytes | str] | None = None,
    requires: Sequence[str] = (),
    extras: Mapping[str, Sequence[str]] | None = None,
    requires_python: str = "",
    tag: str = "py3-none-any",
    build: str = "",
    purelib: bool | None = None,
    console_scripts: Mapping[str, str] | None = None,
    executables: Iterable[str] = (),
    stored: bool = False,
) -> Archive:
    """Return a wheel.

    Args:
        name: of the distribution, as its metadata writes it.
        version: of the distribution.
        files: content by path in the archive; without it, one module of the distribution's name.
        requires: ``Requires-Dist`` lines.
        extras: requirements by extra.
        requires_python: ``Requires-Python``.
        tag: compressed tag set of the file name.
        build: build tag of the file name.
        purelib: ``Root-Is-Purelib``; by default whether the tag's platform is ``any``.
        console_scripts: entry points of that group.
        executables: paths that carry the executable bits.
        stored: leave entries uncompressed.
    """
    stem = name.replace("-", "_").replace(".", "_")
    folder = f"{stem}-{version}.dist-info"
    content = {path: _encode(data) for path, data in (files or _module(stem, version)).items()}
    content[f"{folder}/METADATA"] = _metadata(
        name, version, requires, extras or {}, requires_python
    ).encode()
    pure = tag.endswith("-any") if purelib is None else purelib
    content[f"{folder}/WHEEL"] = _wheel_file(tag, build, pure=pure).encode()
    if console_scripts:
        lines = [f"{command} = {target}\n" for command, target in console_scripts.items()]
        content[f"{folder}/entry_points.txt"] = f"[console_scripts]\n{''.join(lines)}".encode()
    content[f"{folder}/RECORD"] = _record(content, f"{folder}/RECORD").encode()
    parts = [stem, version, *([build] if build else []), tag]
    return Archive(
        name=name,
        version=version,
        filename=f"{'-'.join(parts)}.whl",
        content=_zip(content, frozenset(executables), stored=stored),
        requires_python=requires_python,
    )


def _module(stem: str, version: str) -> dict[str, bytes | str]:
    return {f"{stem}/__init__.py": f'__version__ = "{version}"\n'}


def _encode(data: bytes | str) -> bytes:
    return data.encode() if isinstance(data, str) else data


def _metadata(
    name: str,
    version: str,
    requires: Sequence[str],
    extras: Mapping[str, Sequence[str]],
    requires_python: str,
) -> str:
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    if requires_python:
        lines.append(f"Requires-Python: {requires_python}")
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    for extra, requirements in extras.items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f"Requires-Dist: {_with_extra(item, extra)}" for item in requirements]
    return "\n".join([*lines, ""])


def _with_extra(requirement: str, extra: str) -> str:
    plain, semicolon, marker = requirement.partition(";")
    condition = f"({marker.strip()}) and extra == '{extra}'" if semicolon else f"extra == '{extra}'"
    return f"{plain.strip()}; {condition}"


def _wheel_file(tag: str, build: str, *, pure: bool) -> str:
    pythons, abis, platforms = tag.split("-")
    tags = [
        f"Tag: {python}-{abi}-{platform}"
        for python in pythons.split(".")
        for abi in abis.split(".")
        for platform in platforms.split(".")
    ]
    lines = [
        "Wheel-Version: 1.0",
        "Generator: longshore.testing",
        f"Root-Is-Purelib: {'true' if pure else 'false'}",
    ]
    return "\n".join([*lines, *tags, *([f"Build: {build}"] if build else []), ""])


def _record(content: Mapping[str, bytes], own_path: str) -> str:
    rows = []
    for path, data in content.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.append(f"{_quoted(path)},sha256={digest},{len(data)}\n")
    return "".join([*rows, f"{own_path},,\n"])


def _quoted(path: str) -> str:
    return f'"{path}"' if "," in path else path


def _zip(content: Mapping[str, bytes], executables: frozenset[str], *, stored: bool) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, data in content.items():
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix: the upper half of external_attr is the mode
            entry.external_attr = (0o100755 if path in executables else 0o100644) << 16
            archive.writestr(entry, data, compresslevel=6)
    return buffer.getvalue()

"""A small archive of Debian with a key of its own: packages made in memory, signed indexes."""

import gzip
import hashlib
import io
import lzma
import tarfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pysequoia

from longshore.testing.site import StaticSite

TarContent = tuple[tarfile.TarInfo, bytes]
_COMPRESSORS: Mapping[str, Callable[[bytes], bytes]] = {
    ".xz": lzma.compress,
    ".gz": gzip.compress,
    ".lz": lzma.compress,
    "": bytes,
}
_DATE = "%a, %d %b %Y %H:%M:%S UTC"
_MADE = datetime(2025, 12, 31, tzinfo=UTC)


def tar_entry(
    name: str, *, kind: bytes = tarfile.REGTYPE, target: str = "", mode: int = 0o644
) -> tarfile.TarInfo:
    """Return the header of an entry, with an owner and a time that nobody should keep."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, target, mode
    info.mtime, info.uid, info.uname = 1_700_000_000, 1000, "builder"
    return info


def make_deb(control: str, data: Iterable[TarContent], *, suffix: str = ".xz") -> bytes:
    """Return a ``.deb`` (deb(5)); ``suffix`` says how its two tars are compressed."""
    pack = _COMPRESSORS[suffix]
    members = {
        "debian-binary": b"2.0\n",
        f"control.tar{suffix}": pack(_tar([(tar_entry("./control"), control.encode())])),
        f"data.tar{suffix}": pack(_tar(data)),
    }
    archive = b"!<arch>\n"
    for name, content in members.items():
        header = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n"
        archive += header.encode() + content + b"\n" * (len(content) % 2)
    return archive


def _tar(entries: Iterable[TarContent]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for info, content in entries:
            info.size = len(content) if info.isreg() else 0
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class FakePackage:
    """A binary package: its relations, plain files by name, and entries of any other kind.

    ``essential`` says that every installation has it, though nothing depends on it.
    """

    name: str
    version: str = "1.0-1"
    depends: str = ""
    files: tuple[tuple[str, bytes], ...] = ()
    entries: tuple[TarContent, ...] = ()
    essential: bool = False

    @property
    def path(self) -> str:
        """Below the archive's root; an epoch's colon is escaped, as Debian does."""
        version = self.version.replace(":", "%3a")
        return f"pool/main/{self.name[0]}/{self.name}/{self.name}_{version}_amd64.deb"

    def control(self) -> str:
        """Return the package's control paragraph."""
        depends = f"Depends: {self.depends}\n" if self.depends else ""
        essential = "Essential: yes\n" if self.essential else ""
        head = f"Package: {self.name}\nVersion: {self.version}\n"
        return f"{head}{essential}Architecture: amd64\n{depends}"

    def deb(self) -> bytes:
        """Return the package's archive; the same every time."""
        files = [(tar_entry(f"./{name}"), content) for name, content in self.files]
        return make_deb(self.control(), [*files, *self.entries])


class DebianArchive:
    """Suites of packages in a site, signed by a key that is made here.

    Args:
        site: serves them.
    """

    def __init__(self, site: StaticSite) -> None:
        self.site = site
        self._key = new_key()
        self.certificates = (self._key.extract_certificate(),)

    def add_suite(
        self,
        codename: str,
        packages: Iterable[FakePackage],
        *,
        root: str = "/debian",
        date: datetime = _MADE,
        key: "pysequoia.Tsk | None" = None,
        fields: Mapping[str, str] | None = None,
    ) -> None:
        """Put a suite and its packages below ``root``; it is valid for a week.

        Args:
            codename: ``trixie``.
            packages: what it has.
            root: of the archive: ``/debian``, ``/debian-security``.
            date: when it was made.
            key: who signs it, unless the archive's own key.
            fields: what its release says differently.
        """
        index = "".join(self._publish(package, root) for package in packages)
        packed = lzma.compress(index.encode())
        digest = hashlib.sha256(packed).hexdigest()
        folder = f"{root}/dists/{codename}"
        self.site.files[f"{folder}/main/binary-amd64/by-hash/SHA256/{digest}"] = packed
        release = {
            "Origin": "Debian",
            "Label": "Debian",
            "Codename": codename,
            "Date": date.strftime(_DATE),
            "Valid-Until": (date + timedelta(days=7)).strftime(_DATE),
            "Acquire-By-Hash": "yes",
            "SHA256": f"\n {digest} {len(packed)} main/binary-amd64/Packages.xz",
        }
        release |= fields or {}
        text = "".join(f"{name}: {value}\n" for name, value in release.items())
        self.site.files[f"{folder}/InRelease"] = clear_sign(text, key or self._key)

    def _publish(self, package: FakePackage, root: str) -> str:
        deb = package.deb()
        self.site.files[f"{root}/{package.path.replace('%', '%25')}"] = deb
        sha256 = hashlib.sha256(deb).hexdigest()
        place = f"Filename: {package.path}\nSize: {len(deb)}\nSHA256: {sha256}\n"
        return f"{package.control()}{place}\n"


def new_key() -> pysequoia.Tsk:
    """Return a fresh OpenPGP key."""
    return pysequoia.Tsk.generate(user_ids=["Archive <archive@mirror.test>"])


def clear_sign(text: str, key: pysequoia.Tsk) -> bytes:
    """Return a text with its signature around it (RFC 9580 §7)."""
    mode = pysequoia.SignatureMode.CLEAR
    return bytes(pysequoia.sign(key.signer(), text.encode(), mode=mode))


def minimal_base() -> tuple[FakePackage, ...]:
    """Return the roots of a base on trixie, each reduced to what a test can see.

    ``python3.13`` is no program: a sandbox for such a base has to bring its own interpreter.
    """
    library = "usr/lib/python3.13"
    program = (tar_entry("./usr/bin/python3.13", mode=0o4755), b"\x7fELF")
    return (
        FakePackage(
            name="base-files", depends="awk", files=(("usr/lib/os-release", b"ID=debian\n"),)
        ),
        FakePackage(
            name="ca-certificates",
            depends="openssl, debconf (>= 0.5) | debconf-2.0",
            files=(
                ("usr/share/ca-certificates/mozilla/B.crt", b"B"),
                ("usr/share/ca-certificates/mozilla/A.crt", b"A\n"),
            ),
        ),
        FakePackage(
            name="libc6", version="2.41-12", files=(("lib/x86_64-linux-gnu/libc.so.6", b"\x7fELF"),)
        ),
        FakePackage(
            name="libpython3.13-stdlib",
            depends="libc6 (>= 2.38)",
            files=(
                (f"{library}/os.py", b"x = 1\n"),
                (f"{library}/json/__init__.py", b""),
                (f"{library}/lib2to3/bad.py", b"print 'two'\n"),
            ),
        ),
        FakePackage(name="libstdc++6", depends="libc6 (>= 2.38)"),
        FakePackage(name="media-types", files=(("etc/mime.types", b"text/x-python py\n"),)),
        FakePackage(name="netbase", files=(("etc/protocols", b"tcp 6\n"),)),
        FakePackage(name="python3.13-minimal", depends="libc6", entries=(program,)),
        FakePackage(
            name="tzdata",
            files=(
                ("usr/share/zoneinfo/Etc/UTC", b"TZif"),
                ("usr/share/doc/tzdata/changelog.gz", b"noise"),
                ("usr/share/doc/tzdata/copyright", b"public domain\n"),
            ),
        ),
    )


def minimal_toolchain() -> tuple[FakePackage, ...]:
    """Return what a compiler adds to ``minimal_base``, likewise; one package is essential."""
    compiler = tar_entry("./usr/bin/gcc-14", mode=0o755), b"\x7fELF"
    return (
        FakePackage(name="coreutils", essential=True),
        FakePackage(name="g++", depends="gcc"),
        FakePackage(name="gcc", depends="libc6-dev", entries=(compiler,)),
        FakePackage(name="libc6-dev", depends="libc6"),
        FakePackage(name="libpython3.13-dev", depends="libpython3.13-stdlib"),
        FakePackage(name="make", depends="libc6"),
        FakePackage(name="mawk"),
        FakePackage(name="pkgconf"),
    )

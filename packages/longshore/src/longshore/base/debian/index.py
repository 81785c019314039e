"""Package indexes: what binary packages a suite has (Debian: repository format, §Packages)."""

import lzma
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from longshore.base.debian.archive import Archive
from longshore.base.debian.control import parse_paragraph
from longshore.base.debian.relation import Alternatives, Relation, parse_relations
from longshore.base.debian.release import IndexFile, Release
from longshore.base.debian.version import DebianVersion
from longshore.errors import SupplyChainError
from longshore.net import Transport, download
from longshore.oci.blobs import CHUNK, BlobStore
from longshore.types import Digest

_NAME = re.compile(rb"^Package: *(\S+)", re.MULTILINE)
_MAX_INDEX = 512 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedPackage:
    """A binary package as an index describes it.

    ``archive`` names where it is; ``depends`` holds ``Pre-Depends`` too.
    """

    name: str
    version: DebianVersion
    architecture: str
    source: str
    archive: str
    path: str
    size: int
    sha256: Digest
    depends: tuple[Alternatives, ...]
    provides: tuple[Relation, ...]


class PackageIndex:
    """The newest version of every package of some suites, parsed when it is asked for.

    Where two suites have the same version, the one that was added first wins.
    """

    def __init__(self) -> None:
        self._entries: dict[str, list[tuple[str, bytes]]] = {}
        self._parsed: dict[str, IndexedPackage] = {}
        self._providers: dict[str, set[str]] | None = None

    def add(self, archive: str, paragraphs: Iterable[bytes], where: str) -> None:
        """Add the paragraphs of one index; ``where`` names it in messages.

        Raises:
            SupplyChainError: if one has no name.
        """
        self._providers = None
        for paragraph in paragraphs:
            match = _NAME.search(paragraph)
            if match is None:
                msg = f"{where}: a package without a name"
                raise SupplyChainError(msg)
            name = match[1].decode("ascii", "replace")
            self._entries.setdefault(name, []).append((archive, paragraph))

    def get(self, name: str) -> IndexedPackage | None:
        """Return the newest version of a package.

        Raises:
            SupplyChainError: if its paragraph is malformed.
        """
        if name not in self._parsed:
            candidates = [_package(*entry) for entry in self._entries.get(name, ())]
            if not candidates:
                return None
            newest = max(candidate.version for candidate in candidates)
            self._parsed[name] = next(each for each in candidates if each.version == newest)
        return self._parsed[name]

    def providers(self, relation: Relation) -> Iterator[IndexedPackage]:
        """Yield the packages that provide a virtual one, by name (policy §7.5)."""
        if self._providers is None:
            self._providers = self._collect_providers()
        for name in sorted(self._providers.get(relation.name, ())):
            package = self.get(name)
            if package is None:
                continue
            for provided in package.provides:
                fits = relation.version is None or (
                    provided.version is not None and relation.accepts(provided.version)
                )
                if provided.name == relation.name and fits:
                    yield package
                    break

    def essential(self) -> tuple[str, ...]:
        """Return the packages that every installation has, though none depends on them (§3.8)."""
        marked = (
            name
            for name, entries in self._entries.items()
            if any(b"\nEssential: yes" in paragraph for _, paragraph in entries)
        )
        return tuple(sorted(marked))

    def _collect_providers(self) -> dict[str, set[str]]:
        providers: dict[str, set[str]] = {}
        for name, entries in self._entries.items():
            for _, paragraph in entries:
                start = paragraph.find(b"\nProvides:")
                if start == -1:
                    continue
                line = paragraph[start + 10 :].partition(b"\n")[0].decode("ascii", "replace")
                for item in line.split(","):
                    providers.setdefault(re.split(r"[\s(:]", item.strip())[0], set()).add(name)
        return providers


def _package(archive: str, paragraph: bytes) -> IndexedPackage:
    fields = parse_paragraph(paragraph.decode("utf-8", "replace"))
    try:
        depends = f"{fields.get('pre-depends', '')},{fields.get('depends', '')}"
        provides = parse_relations(fields.get("provides", ""))
        return IndexedPackage(
            name=fields["package"],
            version=DebianVersion.parse(fields["version"]),
            architecture=fields["architecture"],
            source=fields.get("source", fields["package"]).partition(" ")[0],
            archive=archive,
            path=fields["filename"],
            size=int(fields["size"]),
            sha256=Digest("sha256", fields["sha256"]),
            depends=parse_relations(depends),
            provides=tuple(group[0] for group in provides),
        )
    except (KeyError, ValueError) as error:
        name = fields.get("package", "?")
        msg = f"{archive}: the index entry of {name!r} is malformed: {error}"
        raise SupplyChainError(msg) from error


def load_index(
    archives: Iterable[Archive], *, architecture: str, transport: Transport, store: BlobStore
) -> PackageIndex:
    """Fetch the ``main`` indexes of some archives, as their releases vouch for them.

    Raises:
        SupplyChainError: if an index is not the one that was signed, or can't be read.
        TransportError: if one can't be fetched.
    """
    index = PackageIndex()
    path = f"main/binary-{architecture}/Packages.xz"
    for archive in archives:
        for release in archive.releases:
            where = f"{release.codename}: {path}"
            file = release.indexes.get(path)
            if file is None:
                msg = f"{archive.url}: {release.codename} has no {path}"
                raise SupplyChainError(msg, hint="choose another platform, or another mirror")
            url = f"{archive.url}/dists/{release.codename}/{_by_hash(release, path, file)}"
            try:
                blob = download(
                    transport,
                    url,
                    store=store,
                    expected=file.sha256,
                    size=file.size,
                    kind="base.index",
                    subject=release.codename,
                    error=SupplyChainError,
                )
            except SupplyChainError as error:  # no lock is at fault, so no new one would help
                hint = "the mirror is broken or hostile: use another one"
                raise SupplyChainError(error.message, hint=hint) from error
            index.add(archive.name, _paragraphs(_unpack(blob, where)), where)
    return index


def _by_hash(release: Release, path: str, file: IndexFile) -> str:
    """Return where an index is fetched; by its hash, a mirror in mid-update is no problem."""
    if not release.by_hash:
        return path
    return f"{path.rpartition('/')[0]}/by-hash/SHA256/{file.sha256.hex}"


def _unpack(path: Path, where: str) -> Iterator[bytes]:
    """Yield the content of an ``.xz`` file in pieces of bounded size."""
    total = 0
    try:
        with lzma.open(path) as file:
            while chunk := file.read(CHUNK):
                total += len(chunk)
                if total > _MAX_INDEX:
                    msg = f"{where}: the index is larger than {_MAX_INDEX} bytes"
                    raise SupplyChainError(msg)
                yield chunk
    except (lzma.LZMAError, EOFError) as error:
        msg = f"{where}: can't be unpacked: {str(error).lower()}"
        raise SupplyChainError(msg) from error


def _paragraphs(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Split an index at its empty lines."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n\n")
        yield from (paragraph for paragraph in whole if paragraph.strip())
    if rest.strip():
        yield rest

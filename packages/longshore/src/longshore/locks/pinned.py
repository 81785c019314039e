"""One requirement of a hashed requirements file: exact version or archive, marker, hashes."""

from dataclasses import dataclass
from pathlib import Path
from posixpath import normpath, relpath
from urllib.parse import unquote, urlsplit

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)

from longshore.locks.interface import Artifact, LockedPackage, PackageSource, SourceKind
from longshore.locks.lines import Line
from longshore.locks.naming import project_name
from longshore.locks.options import split_options
from longshore.types import Digest, NormalizedName, parse_name

_COMMIT_LENGTHS = (40, 64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """A package, when it is needed, and by whom according to the comments."""

    package: LockedPackage
    marker: Marker | None
    via: tuple[str, ...]


def parse_pinned(line: Line, root: Path) -> Pinned | None:
    """Parse a requirement; the project itself (``-e .``) gives ``None``.

    Raises:
        ValueError: if it is malformed, not pinned, or has no hash.
    """
    text, hashes = _split(line.text)
    if text.startswith((".", "/", "file:")):
        return _local(text, hashes, line, root)
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        msg = f"{text!r} is no requirement: {str(error).splitlines()[0]}"
        raise ValueError(msg) from error
    name = parse_name(requirement.name)
    if requirement.url is not None:
        package = _direct(name, requirement.url, hashes, line, root)
    else:
        package = _from_index(name, requirement, hashes)
    return Pinned(package=package, marker=requirement.marker, via=line.via)


def _split(text: str) -> tuple[str, tuple[Digest, ...]]:
    """Separate a requirement from its options, of which hashes are the only ones."""
    words = text.split(" ")
    if words[0] in ("-e", "--editable"):
        words = words[1:]
    start = next((i for i, word in enumerate(words) if word.startswith("-")), len(words))
    hashes = []
    for name, value in split_options(" ".join(words[start:])):
        if name != "--hash":
            msg = f"option {name!r} is not supported"
            raise ValueError(msg)
        hashes.append(Digest.parse(value))
    requirement = " ".join(words[:start]).removeprefix("--editable=").strip()
    return requirement, tuple(sorted(set(hashes)))


def _from_index(
    name: NormalizedName, requirement: Requirement, hashes: tuple[Digest, ...]
) -> LockedPackage:
    pins = list(requirement.specifier)
    if len(pins) != 1 or pins[0].operator not in ("==", "===") or pins[0].version.endswith(".*"):
        msg = f"{str(requirement)!r} is not pinned: expected '{name}==…'"
        raise ValueError(msg)
    if not hashes:
        msg = f"'{name}=={pins[0].version}' has no hash"
        raise ValueError(msg)
    return LockedPackage(
        name=name,
        version=pins[0].version,
        source=PackageSource(kind=SourceKind.REGISTRY),
        hashes=hashes,
    )


def _direct(
    name: NormalizedName, url: str, hashes: tuple[Digest, ...], line: Line, root: Path
) -> LockedPackage:
    """Return a package from ``name @ URL``."""
    if url.startswith("git+"):
        return _git(name, url)
    if url.startswith("file:"):
        found = _local(url, hashes, line, root)
        if found is not None and found.package.name == name:
            return found.package
        msg = f"{url!r} is not the package {name!r}"
        raise ValueError(msg)
    plain, _, fragment = url.partition("#")
    digest = _one_hash(plain, hashes, fragment)
    filename = unquote(urlsplit(plain).path.rpartition("/")[2])
    return LockedPackage(
        name=name,
        version=_name_and_version(filename)[1],
        source=PackageSource(kind=SourceKind.URL, location=plain),
        artifacts=(Artifact(filename=filename, digest=digest, url=plain),),
        hashes=(digest,),
    )


def _git(name: NormalizedName, url: str) -> LockedPackage:
    repository, _, fragment = url.removeprefix("git+").partition("#")
    repository, _, commit = repository.rpartition("@")
    is_full = len(commit) in _COMMIT_LENGTHS and set(commit) <= set("0123456789abcdef")
    if not repository or not is_full:
        msg = f"{name!r} is not pinned: expected 'git+https://…@' and a full commit"
        raise ValueError(msg)
    subdirectory = fragment.removeprefix("subdirectory=") if "subdirectory=" in fragment else None
    source = PackageSource(
        kind=SourceKind.GIT, location=repository, revision=commit, subdirectory=subdirectory
    )
    return LockedPackage(name=name, version=None, source=source)


def _local(text: str, hashes: tuple[Digest, ...], line: Line, root: Path) -> Pinned | None:
    """Return a file or folder beside the lock; the project's own folder gives ``None``."""
    place, _, marker_text = text.partition(" ; ")
    marker = Marker(marker_text) if marker_text else None
    bare = unquote(urlsplit(place).path) if place.startswith("file:") else place
    path = Path(normpath(line.path.parent / bare.strip()))
    if path == root:
        return None
    location = relpath(path, root)
    if path.suffix == ".whl" or path.name.endswith((".tar.gz", ".zip")):
        package = _local_file(path, location, hashes)
    else:
        package = LockedPackage(
            name=project_name(path),
            version=None,
            source=PackageSource(kind=SourceKind.DIRECTORY, location=location),
        )
    return Pinned(package=package, marker=marker, via=line.via)


def _local_file(path: Path, location: str, hashes: tuple[Digest, ...]) -> LockedPackage:
    digest = _one_hash(location, hashes, "")
    name, version = _name_and_version(path.name)
    if name is None:
        msg = f"{path.name!r} is no file name of a wheel or sdist"
        raise ValueError(msg)
    return LockedPackage(
        name=name,
        version=version,
        source=PackageSource(kind=SourceKind.PATH, location=location),
        artifacts=(Artifact(filename=path.name, digest=digest, path=path),),
        hashes=(digest,),
    )


def _one_hash(place: str, hashes: tuple[Digest, ...], fragment: str) -> Digest:
    """Return the strongest hash of a single file: an option, or the URL's own fragment."""
    algorithm, _, value = fragment.partition("=")
    if not hashes and algorithm.startswith("sha"):
        return Digest(algorithm, value)
    if not hashes:
        msg = f"{place!r} has no hash"
        raise ValueError(msg)
    return min(hashes, key=lambda digest: digest.algorithm != "sha256")


def _name_and_version(filename: str) -> tuple[NormalizedName | None, str | None]:
    try:
        if filename.endswith(".whl"):
            name, version, _, _ = parse_wheel_filename(filename)
        else:
            name, version = parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None, None
    return parse_name(name), str(version)

"""Ask an index for the files that a lock has by hash only (PyPA: simple repository API).

The answers are remembered; a memory is used where one of its files is in the store already, so
that a build with a warm cache asks nobody, and a file that has moved is looked up again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, overload
from urllib.parse import quote

from longshore.errors import TransportError, WheelError
from longshore.locks import Artifact, LockedPackage, LockedSet, Selection, SourceKind
from longshore.net import Reply, Transport, map_parallel, redact_url
from longshore.net.credentials import index_urls
from longshore.oci.blobs import BlobStore
from longshore.oci.memos import MemoStore
from longshore.types import Digest, NormalizedName

if TYPE_CHECKING:
    from pypi_simple import DistributionPackage

_MEMO_FORMAT = 1
_NOT_FOUND = 404
_MAIN = ("LONGSHORE_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")
_EXTRA = ("UV_INDEX", "UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL")


class SimpleIndex:
    """One or several indexes, asked in order.

    Hashes decide what is taken, so the order is one of convenience: no index can put its own file
    in the place of another's.

    Args:
        transport: asks.
        urls: of the indexes, ``https://index.test/simple``; user information is taken as login.
        memos: remember answers.
        store: where the files go.
    """

    def __init__(
        self, transport: Transport, urls: Sequence[str], *, memos: MemoStore, store: BlobStore
    ) -> None:
        self._transport = transport
        self._indexes = urls
        for url in urls.named if isinstance(urls, Indexes) else urls:
            _remember(transport, url)  # at once: their files need the login too
        self._memos = memos
        self._store = store

    def find(
        self, name: NormalizedName, version: str, hashes: Sequence[Digest]
    ) -> tuple[Artifact, ...]:
        """Return the files of a package with one of the hashes, by file name.

        Raises:
            WheelError: if no index has such a file.
            TransportError: if an index can't be asked.
        """
        key = _key(name, version, hashes)
        known = _load(self._memos.get(key))
        if any(self._store.has(artifact.digest) for artifact in known):
            return known
        for url in self._urls:
            found = self._ask(url, name, frozenset(hashes))
            if found:
                self._memos.put(key, _dump(found))
                return found
        places = ", ".join(redact_url(url) for url in self._urls)
        msg = f"{name} {version}: {places} has no file with a locked hash"
        raise WheelError(
            msg,
            hint="lock again if the release was replaced, "
            "or name the index that has it in LONGSHORE_INDEX_URL",
        )

    def files(self, name: NormalizedName) -> tuple[Artifact, ...]:
        """Return all files of a package that nobody has yanked, on the first index that has any.

        Raises:
            TransportError: if an index can't be asked.
        """
        return next(filter(None, (self._ask(url, name, None) for url in self._urls)), ())

    @cached_property
    def _urls(self) -> tuple[str, ...]:
        return tuple(_remember(self._transport, url) for url in self._indexes)

    def _ask(
        self, url: str, name: NormalizedName, hashes: frozenset[Digest] | None
    ) -> tuple[Artifact, ...]:
        from pypi_simple import (  # noqa: PLC0415 - it brings an HTTP client and an HTML parser
            ACCEPT_JSON_PREFERRED,
        )

        page = f"{url.rstrip('/')}/{quote(name)}/"
        try:
            reply = self._transport.get(page, headers={"accept": ACCEPT_JSON_PREFERRED})
        except TransportError as error:
            if error.status == _NOT_FOUND:
                return ()
            raise
        found = (_artifact(item, hashes) for item in _parse_page(name, reply))
        return tuple(sorted((item for item in found if item), key=lambda item: item.filename))


class Indexes(Sequence[str]):
    """URLs of indexes, the main one first.

    PyPI's own address, where it is the main one, is looked up when it is asked for: the library
    that knows it takes longer to import than a warm build may last.
    """

    def __init__(self, main: str | None, extra: Sequence[str]) -> None:
        self.named = (*([main] if main else []), *(url for url in extra if url != main))
        self._is_complete = main is not None

    @cached_property
    def _urls(self) -> tuple[str, ...]:
        if self._is_complete:
            return self.named
        from pypi_simple import PYPI_SIMPLE_ENDPOINT  # noqa: PLC0415 - see the class

        return (PYPI_SIMPLE_ENDPOINT, *self.named)

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...

    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        return self._urls[index]

    def __len__(self) -> int:
        return len(self._urls)


def choose_indexes(environment: Mapping[str, str], lock: LockedSet | None = None) -> Indexes:
    """Return the URLs of the indexes to ask, the main one first.

    The environment goes before the lock (its reader may need a mirror that its writer did not),
    and PyPI is asked where neither names an index.
    """
    named = list(index_urls(environment))
    main = [url for name in _MAIN for variable, _, url in named if variable == name]
    extra = [url for variable, _, url in named if variable in _EXTRA]
    if lock is not None:
        main += [lock.index_url] if lock.index_url else []
        extra += lock.extra_index_urls
    return Indexes(next(iter(main), None), extra)


def locate_artifacts(selection: Selection, index: SimpleIndex) -> Selection:
    """Return the selection with the files of the packages that the lock has by hash only.

    Raises:
        WheelError: if no index has a file with a locked hash.
        TransportError: if an index can't be asked.
    """

    def locate(package: LockedPackage) -> LockedPackage:
        is_known = package.artifacts or package.source.kind is not SourceKind.REGISTRY
        if is_known or package.version is None:
            return package
        found = index.find(package.name, package.version, package.hashes)
        return replace(package, artifacts=found)

    located = map_parallel(locate, selection.packages)
    return replace(selection, packages=tuple(located))


def _remember(transport: Transport, url: str) -> str:
    try:
        return transport.credentials.remember(url, source="the URL of the index")
    except ValueError as error:
        msg = f"{redact_url(url)}: an index must be an http or https URL"
        raise WheelError(msg, hint="correct the address of the index") from error


def _parse_page(name: str, reply: Reply) -> "list[DistributionPackage]":
    from pypi_simple import (  # noqa: PLC0415 - see SimpleIndex._ask
        ProjectPage,
        UnsupportedRepoVersionError,
    )

    media_type = reply.headers.get("content-type", "").partition(";")[0].strip()
    try:
        if media_type.endswith("json"):
            page = ProjectPage.from_json_data(json.loads(reply.body), base_url=reply.url)
        else:
            page = ProjectPage.from_html(name, reply.body, base_url=reply.url)
    except (ValueError, UnsupportedRepoVersionError) as error:
        msg = f"{redact_url(reply.url)}: not a page of the simple repository API"
        raise WheelError(msg, hint="check the address of the index") from error
    return page.packages


def _artifact(file: "DistributionPackage", hashes: frozenset[Digest] | None) -> Artifact | None:
    """Return a file that has one of the hashes; without them, one that was not yanked."""
    if hashes is None and file.is_yanked:
        return None
    for algorithm, value in file.digests.items():
        try:
            digest = Digest(algorithm, value.lower())
        except ValueError:  # md5
            continue
        if hashes is None or digest in hashes:
            return Artifact(filename=file.filename, digest=digest, url=file.url, size=file.size)
    return None


def _key(name: str, version: str, hashes: Sequence[Digest]) -> Digest:
    parts = [name, version, *sorted(map(str, hashes))]
    return Digest.of(json.dumps(["wheels.index", _MEMO_FORMAT, *parts]).encode())


def _dump(artifacts: Sequence[Artifact]) -> bytes:
    rows = [[item.filename, str(item.digest), item.url, item.size] for item in artifacts]
    return json.dumps(rows).encode()


def _load(memo: bytes | None) -> tuple[Artifact, ...]:
    return tuple(
        Artifact(filename=filename, digest=Digest.parse(digest), url=url, size=size)
        for filename, digest, url, size in json.loads(memo or b"[]")
    )

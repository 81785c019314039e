"""A package index: the simple API in JSON and HTML (PEP 503, 691, 700, 658), and its files."""

import base64
import json
from collections.abc import Iterable
from html import escape

from longshore.testing.site import Answer, Request, serve_file
from longshore.testing.wheel import Archive
from longshore.types import NormalizedName, parse_name

JSON = "application/vnd.pypi.simple.v1+json"
"""The media type of a project page in JSON (PEP 691)."""

HTML = "application/vnd.pypi.simple.v1+html"
"""The media type of a project page in HTML (PEP 691)."""


class PackageIndex:
    """Serves ``/simple/NAME/`` and ``/files/FILENAME``.

    Args:
        archives: what it offers.
        login: user name and password that every request must carry.
        json: whether it speaks JSON, as PyPI does, or only HTML.
        hashes: whether its pages name the files' hashes.
    """

    def __init__(
        self,
        archives: Iterable[Archive] = (),
        *,
        login: tuple[str, str] | None = None,
        json: bool = True,
        hashes: bool = True,
    ) -> None:
        self._archives: dict[str, Archive] = {}
        self._login = login
        self._json = json
        self._hashes = hashes
        for archive in archives:
            self.add(archive)

    def add(self, archive: Archive) -> Archive:
        """Offer a file; return it."""
        self._archives[archive.filename] = archive
        return archive

    def remove(self, filename: str) -> None:
        """Offer a file no longer."""
        del self._archives[filename]

    def answer(self, request: Request) -> Answer:
        """Return a project page, a file, 401 or 404."""
        if not self._is_admitted(request):
            return Answer(status=401, headers={"www-authenticate": 'Basic realm="index"'})
        match request.path.partition("?")[0].strip("/").split("/"):
            case ["simple", name]:
                return self._page(parse_name(name), request)
            case ["files", filename] if filename in self._archives:
                return serve_file(self._archives[filename].content, request)
        return Answer(status=404, body=b"not found")

    def _is_admitted(self, request: Request) -> bool:
        if self._login is None:
            return True
        token = base64.b64encode(":".join(self._login).encode()).decode()
        return request.headers.get("authorization") == f"Basic {token}"

    def _page(self, name: NormalizedName, request: Request) -> Answer:
        found = [item for item in self._archives.values() if parse_name(item.name) == name]
        if not found:
            return Answer(status=404, body=b"not found")
        if self._json and JSON in request.headers.get("accept", ""):
            body = json.dumps(self._document(name, found)).encode()
            return Answer(headers={"content-type": JSON}, body=body)
        body = "".join(["<!DOCTYPE html>\n", *map(self._link, found)]).encode()
        return Answer(headers={"content-type": HTML}, body=body)

    def _document(self, name: NormalizedName, archives: list[Archive]) -> dict[str, object]:
        return {
            "meta": {"api-version": "1.1"},
            "name": name,
            "versions": sorted({item.version for item in archives}),
            "files": [self._file(item) for item in archives],
        }

    def _file(self, archive: Archive) -> dict[str, object]:
        document: dict[str, object] = {
            "filename": archive.filename,
            "url": f"/files/{archive.filename}",
            "hashes": {"sha256": archive.digest.hex} if self._hashes else {},
            "size": len(archive.content),
        }
        if archive.requires_python:
            document["requires-python"] = archive.requires_python
        return document

    def _link(self, archive: Archive) -> str:
        fragment = f"#sha256={archive.digest.hex}" if self._hashes else ""
        href = escape(f"/files/{archive.filename}{fragment}")
        python = escape(archive.requires_python)
        attribute = f' data-requires-python="{python}"' if python else ""
        return f'<a href="{href}"{attribute}>{escape(archive.filename)}</a><br>\n'

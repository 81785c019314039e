"""Sites: what one host of the test network answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it arrived; header names are in lower case, ``path`` includes the query."""

    method: str
    scheme: str
    host: str
    path: str
    headers: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status, headers and a body; with ``transfer-encoding: chunked`` it is sent in chunks."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    body: bytes = b""


class Site(Protocol):
    """A host."""

    def answer(self, request: Request) -> Answer:
        """Return the answer to one request; called from several threads."""


class StaticSite:
    """Serves files by path, with ETags and single ranges (RFC 9110 §14).

    Args:
        files: content by absolute path; may be changed while it is served.
    """

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        self.files: dict[str, bytes] = dict(files or {})

    def answer(self, request: Request) -> Answer:
        """Return the file, a part of it, or 404."""
        content = self.files.get(request.path.partition("?")[0])
        if content is None:
            return Answer(status=404, body=b"not found")
        return serve_file(content, request)


def serve_file(content: bytes, request: Request) -> Answer:
    """Return a file's bytes, or the range that the request asks for."""
    etag = f'"{sha256(content).hexdigest()[:16]}"'
    headers = {"etag": etag, "accept-ranges": "bytes", "content-type": "application/octet-stream"}
    wanted = request.headers.get("range", "")
    fresh = request.headers.get("if-range", etag) == etag
    if not wanted.startswith("bytes=") or not fresh:
        return Answer(headers=headers, body=content)
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    if first:
        start, stop = int(first), int(last) + 1 if last else len(content)
    else:  # the last so many bytes
        start, stop = max(0, len(content) - int(last)), len(content)
    if start >= len(content):
        return Answer(status=416, headers={"content-range": f"bytes */{len(content)}"})
    part = content[start:stop]
    span = f"bytes {start}-{start + len(part) - 1}/{len(content)}"
    return Answer(status=206, headers=headers | {"content-range": span}, body=part)

"""Refuse a request whose head never ends: 431 (RFC 6585, 5) instead of memory without bound.

The httptools protocol of uvicorn keeps every header until the head is complete. The guard counts
what arrives while it is not; h11 has a limit of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import asyncio

HEAD_LIMIT: Final = 64 * 1024
"""Bytes; the same as h11 allows, and more than proxies pass on."""

RESPONSE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)
CALLBACKS: Final = ("on_message_begin", "on_headers_complete", "on_message_complete")


def guard_head(protocol: type[asyncio.Protocol]) -> type[asyncio.Protocol]:
    """Return the protocol with a bounded head; one without httptools' callbacks is returned as is.

    Args:
        protocol: uvicorn's protocol class.
    """
    if not all(hasattr(protocol, name) for name in CALLBACKS):
        return protocol
    base: Any = protocol

    class GuardedProtocol(base):  # type: ignore[misc]
        """uvicorn's protocol, counting the bytes of an unfinished head."""

        in_head = True
        head_size = 0

        def data_received(self, data: bytes) -> None:
            """Feed the parser, then see whether the head is still open."""
            self.is_fresh = False
            super().data_received(data)
            if self.is_fresh or not self.in_head:
                # A message ended or a head was completed in here: nothing to count yet.
                self.head_size = 0
                return
            self.head_size += len(data)
            if self.head_size > HEAD_LIMIT and not self.transport.is_closing():
                self.transport.write(RESPONSE)
                self.transport.close()

        def on_headers_complete(self) -> None:
            """The head is whole."""
            self.in_head = False
            super().on_headers_complete()

        def on_message_complete(self) -> None:
            """The next head may begin."""
            self.in_head = self.is_fresh = True
            super().on_message_complete()

    return GuardedProtocol

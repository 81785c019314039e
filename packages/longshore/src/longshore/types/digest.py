"""Content digests (OCI image specification 1.1, descriptor.md §digests)."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

_HEX_LENGTH = {"sha256": 64, "sha384": 96, "sha512": 128}
_HEX = re.compile(r"[0-9a-f]+")


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """An algorithm and the lower-case hexadecimal of a hash: ``sha256:…``.

    Raises:
        ValueError: for an algorithm weaker than SHA-256 or a value of the wrong length.
    """

    algorithm: str
    hex: str

    def __post_init__(self) -> None:
        length = _HEX_LENGTH.get(self.algorithm)
        if length is None:
            known = ", ".join(sorted(_HEX_LENGTH))
            msg = f"unsupported digest algorithm {self.algorithm!r}; expected one of {known}"
            raise ValueError(msg)
        if len(self.hex) != length or not _HEX.fullmatch(self.hex):
            msg = f"expected {length} lower-case hexadecimal digits, got {self.hex!r}"
            raise ValueError(msg)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``algorithm:hex``."""
        algorithm, separator, value = text.partition(":")
        if not separator:
            msg = f"expected 'sha256:…', got {text!r}"
            raise ValueError(msg)
        return cls(algorithm, value)

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Return the SHA-256 of some bytes."""
        return cls("sha256", hashlib.sha256(data).hexdigest())

    @classmethod
    def of_chunks(cls, chunks: Iterable[bytes]) -> Self:
        """Return the SHA-256 of a stream, read once."""
        state = hashlib.sha256()
        for chunk in chunks:
            state.update(chunk)
        return cls("sha256", state.hexdigest())

    @property
    def short(self) -> str:
        """The first twelve digits, for people."""
        return self.hex[:12]

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"

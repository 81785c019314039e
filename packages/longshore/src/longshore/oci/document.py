"""JSON documents of the OCI image format: canonical bytes, and reading with the place in front."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from longshore.errors import SupplyChainError
from longshore.types import Digest, Platform


def canonical(document: Mapping[str, Any]) -> bytes:
    """Return the one serialisation of a document: sorted keys, no spaces, UTF-8."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8")


class Reader:
    """Reads fields of a JSON object; every error names the document and the path in it."""

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            msg = f"{where}: expected an object"
            raise SupplyChainError(msg)
        self._value = value
        self._where = where

    @classmethod
    def parse(cls, data: bytes, where: str) -> "Reader":
        """Parse bytes that should be a JSON object.

        Raises:
            SupplyChainError: if they are not.
        """
        try:
            return cls(json.loads(data), where)
        except ValueError as error:
            msg = f"{where}: not JSON: {error}"
            raise SupplyChainError(msg) from error

    def _field(self, key: str, kind: type, noun: str) -> Any:
        value = self._value.get(key)
        if value is None:
            return None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            msg = f"{self._where}: {key}: expected {noun}, got {value!r:.80}"
            raise SupplyChainError(msg)
        return value

    def text(self, key: str, default: str = "") -> str:
        """Return a string field, or the default where it is absent."""
        value: str | None = self._field(key, str, "a string")
        return default if value is None else value

    def integer(self, key: str) -> int:
        """Return a required number of bytes or a version."""
        value: int | None = self._field(key, int, "a number")
        if value is None or value < 0:
            msg = f"{self._where}: {key}: expected a number of at least 0, got {value!r}"
            raise SupplyChainError(msg)
        return value

    def strings(self, key: str) -> tuple[str, ...]:
        """Return a list of strings; empty where it is absent."""
        items = self._field(key, list, "a list") or []
        if not all(isinstance(item, str) for item in items):
            msg = f"{self._where}: {key}: expected strings"
            raise SupplyChainError(msg)
        return tuple(items)

    def mapping(self, key: str) -> Mapping[str, str]:
        """Return an object of strings, read-only; empty where it is absent."""
        items = self._field(key, dict, "an object") or {}
        if not all(isinstance(item, str) for item in items.values()):
            msg = f"{self._where}: {key}: expected strings"
            raise SupplyChainError(msg)
        return MappingProxyType(dict(sorted(items.items())))

    def keys(self, key: str) -> tuple[str, ...]:
        """Return the sorted keys of an object such as ``ExposedPorts``."""
        return tuple(sorted(self._field(key, dict, "an object") or {}))

    def child(self, key: str) -> "Reader | None":
        """Return an object, or ``None`` where it is absent."""
        value = self._field(key, dict, "an object")
        return None if value is None else Reader(value, f"{self._where}: {key}")

    def children(self, key: str) -> tuple["Reader", ...]:
        """Return a list of objects; empty where it is absent."""
        items = self._field(key, list, "a list") or []
        return tuple(
            Reader(item, f"{self._where}: {key}[{number}]") for number, item in enumerate(items)
        )

    def digest(self, key: str) -> Digest:
        """Return a required digest."""
        return parse_digest(self.text(key), f"{self._where}: {key}")

    def platform(self) -> Platform | None:
        """Return this object as a platform, or ``None`` where its architecture is not known."""
        architecture, system = self.text("architecture"), self.text("os")
        try:
            return Platform(system, architecture, self.text("variant"))
        except ValueError:
            return None


def parse_digest(text: str, where: str) -> Digest:
    """Parse a digest of a document.

    Raises:
        SupplyChainError: if it is none.
    """
    try:
        return Digest.parse(text)
    except ValueError as error:
        msg = f"{where}: {error}"
        raise SupplyChainError(msg) from error

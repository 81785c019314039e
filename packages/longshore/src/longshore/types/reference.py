"""Image references: ``registry/repository[:tag][@digest]`` (OCI distribution-spec 1.1, §pull)."""

import re
from dataclasses import dataclass, replace
from typing import Self

from longshore.types.digest import Digest

_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")
_REGISTRY = re.compile(r"(?:[a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(?::[0-9]+)?")
_MAX_REPOSITORY = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A name of an image; ``registry`` is empty for the local store."""

    registry: str = ""
    repository: str
    tag: str | None = None
    digest: Digest | None = None

    def __post_init__(self) -> None:
        if self.registry and not _REGISTRY.fullmatch(self.registry):
            msg = f"expected a registry host such as 'registry.example:5000', got {self.registry!r}"
            raise ValueError(msg)
        components = self.repository.split("/")
        if len(self.repository) > _MAX_REPOSITORY or not all(map(_COMPONENT.fullmatch, components)):
            msg = (
                "expected a repository of lower-case components such as 'team/service', "
                f"got {self.repository!r}"
            )
            raise ValueError(msg)
        if self.tag is not None and not _TAG.fullmatch(self.tag):
            msg = f"expected a tag of at most 128 letters, digits, '_', '.', '-', got {self.tag!r}"
            raise ValueError(msg)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a reference; the first component is a registry if it looks like a host.

        Raises:
            ValueError: if a part is not valid.
        """
        name, _, digest = text.partition("@")
        head, slash, rest = name.partition("/")
        is_registry = slash and (head == "localhost" or any(mark in head for mark in ".:["))
        registry, path = (head, rest) if is_registry else ("", name)
        repository, _, tag = path.partition(":")
        return cls(
            registry=registry,
            repository=repository,
            tag=tag if ":" in path else None,
            digest=Digest.parse(digest) if "@" in text else None,
        )

    def with_digest(self, digest: Digest) -> Self:
        """Return the same name pinned to a digest."""
        return replace(self, digest=digest)

    @property
    def name(self) -> str:
        """``registry/repository`` without tag and digest."""
        return f"{self.registry}/{self.repository}" if self.registry else self.repository

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.name}{tag}{digest}"

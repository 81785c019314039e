"""The options of a requirements file that concern a lock (pip: requirements file format)."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace

_LONG = {"-i": "--index-url", "-r": "--requirement", "-c": "--constraint", "-f": "--find-links"}
_WITHOUT_EFFECT = frozenset(
    {
        "--require-hashes",  # always so here
        "--prefer-binary",  # hashes decide
        "--only-binary",
        "--no-binary",
        "--pre",  # versions are pinned
        "--constraint",
        "--trusted-host",  # certificates are always verified
        "--use-feature",
    }
)
_FLAGS = frozenset({"--require-hashes", "--prefer-binary", "--pre"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """The indexes that a file names, as written."""

    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()


def read_options(text: str, known: FileOptions) -> tuple[FileOptions, list[str]]:
    """Return what is known after a line of options, and the files that it includes.

    Raises:
        ValueError: for an option that would change what is installed and is not understood.
    """
    included: list[str] = []
    for name, value in split_options(text):
        if name == "--index-url":
            known = replace(known, index_url=value)
        elif name == "--extra-index-url":
            known = replace(known, extra_index_urls=(*known.extra_index_urls, value))
        elif name == "--requirement":
            included.append(value)
        elif name not in _WITHOUT_EFFECT:
            msg = f"option {name!r} is not supported"
            raise ValueError(msg)
    return known, included


def split_options(text: str) -> Iterator[tuple[str, str]]:
    """Yield long option names with their values, or with an empty string for a flag.

    Raises:
        ValueError: if a value is missing.
    """
    words = iter(shlex.split(text))
    for word in words:
        name, equals, value = word.partition("=")
        if not name.startswith("--") and len(name) > len("-i"):
            name, equals, value = name[:2], "=", word[2:]  # -rother.txt
        name = _LONG.get(name, name)
        if name not in _FLAGS and not equals:
            value = next(words, "")
            if not value:
                msg = f"option {name!r} has no value"
                raise ValueError(msg)
        yield name, value

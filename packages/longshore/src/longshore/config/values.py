"""The values of the schema that have a notation of their own."""

import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import TypeVar

from longshore.config.invalid import InvalidValueError, Parser, invalid, show, text

T = TypeVar("T")

# At most fifteen digits: more are no number that anybody means, and floats lose count of them.
_NUMBER = r"[0-9]{1,15}(?:\.[0-9]{1,15})?"
_DURATION = re.compile(rf"({_NUMBER})(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
_SIZE = re.compile(rf"({_NUMBER})(|[kKMGT]|[KMGT]i)")
_BYTES = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BYTES |= {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40}
_CPU = re.compile(rf"([0-9]{{1,15}})m|({_NUMBER})")
_MILLI = 1000
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_SUITE = re.compile(r"debian:[a-z]+")
_OTHER_BASE = re.compile(r"(image|standalone):.+")


def parsed(parse: Callable[[str], T]) -> Parser[T]:
    """Turn the ``parse`` of one of our types into a parser."""

    def parser(value: object) -> T:
        try:
            return parse(text(value))
        except InvalidValueError:
            raise
        except ValueError as error:
            raise invalid(str(error)) from error

    return parser


def duration(value: object) -> float:
    """Accept ``"500ms"``, ``"30s"``, ``"2m"``, ``"1h"`` or seconds; return seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf"):
        return float(value)
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        msg = f"expected a duration such as '30s' or '2m', got {show(value)}"
        raise invalid(msg)
    return float(match[1]) * _SECONDS[match[2]]


def size(value: object) -> int:
    """Accept ``"256Mi"``, ``"1G"`` or bytes; return bytes (Kubernetes: resource quantities)."""
    written = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    match = _SIZE.fullmatch(written) if isinstance(written, str) else None
    count = int(float(match[1]) * _BYTES[match[2]]) if match else 0
    if count < 1:
        msg = f"expected a size such as '256Mi' or '1Gi', got {show(value)}"
        shorter = written.removesuffix("B").replace(" ", "") if isinstance(written, str) else ""
        hint = f"write '{shorter}'" if shorter != written and _SIZE.fullmatch(shorter) else None
        raise invalid(msg, hint=hint)
    return count


def cpu(value: object) -> int:
    """Accept ``"100m"``, ``"0.5"`` or cores; return millicores (Kubernetes: CPU units)."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    match = _CPU.fullmatch(str(value)) if number or isinstance(value, str) else None
    millicores = 0
    if match:
        millicores = int(match[1]) if match[1] else round(float(match[2]) * _MILLI)
    if millicores < 1:
        msg = f"expected cores such as '100m' or '0.5', got {show(value)}"
        raise invalid(msg)
    return millicores


def variable(value: object) -> str:
    """Accept the name of an environment variable (POSIX.1-2024, §8.1)."""
    name = text(value)
    if not _VARIABLE.fullmatch(name):
        msg = f"expected the name of an environment variable, got {name!r}"
        raise invalid(msg)
    return name


def debian_package(value: object) -> str:
    """Accept the name of a binary package (Debian policy §5.6.1)."""
    name = text(value)
    if not _PACKAGE.fullmatch(name):
        msg = f"expected the name of a Debian package such as 'libpq5', got {name!r}"
        hint = "versions are pinned by longshore.lock" if re.search(r"[=<>~ ]", name) else None
        raise invalid(msg, hint=hint)
    return name


def base_reference(value: object) -> str:
    """Accept ``debian:<suite>``."""
    reference = text(value)
    if _OTHER_BASE.fullmatch(reference):
        msg = f"bases of kind {reference.partition(':')[0]!r} are not supported by this version"
        raise invalid(msg, hint="use a Debian suite, for example 'debian:trixie'")
    if not _SUITE.fullmatch(reference):
        msg = f"expected a base such as 'debian:trixie', got {reference!r}"
        raise invalid(msg)
    return reference


def url(value: object) -> str:
    """Accept an http or https URL without credentials."""
    address = text(value)
    if not re.fullmatch(r"https?://[^\s/@]+(?:/\S*)?", address):
        if re.match(r"https?://[^\s/]*@", address):
            msg = "expected a URL without credentials"
            raise invalid(msg, hint="put the credentials into ~/.netrc")
        msg = f"expected an http or https URL, got {address!r}"
        raise invalid(msg)
    return address.rstrip("/")


def inside_path(value: object) -> str:
    """Accept a relative path that stays inside the project, in POSIX notation."""
    path = text(value)
    if "*" in path or "?" in path:
        msg = f"expected a file or a folder, got the pattern {path!r}"
        raise invalid(msg, hint="name the folder: everything tracked below it is included")
    return inside_pattern(path)


def inside_pattern(value: object) -> str:
    """Accept a path inside the project in which ``*``, ``?`` and ``**`` may stand for names."""
    path = text(value)
    if path.startswith("/") or ".." in PurePosixPath(path).parts or "\\" in path:
        msg = f"expected a path inside the project such as 'migrations/', got {path!r}"
        raise invalid(msg)
    return path


def absolute_folder(value: object) -> PurePosixPath:
    """Accept an absolute path in the image, but not its root."""
    path = PurePosixPath(text(value))
    if not path.is_absolute() or ".." in path.parts or len(path.parts) == 1:
        msg = f"expected an absolute folder such as '/data', got {str(path)!r}"
        raise invalid(msg)
    return path

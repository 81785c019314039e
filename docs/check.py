"""Check the documents: links, TOML examples, host names.

``python docs/check.py`` reads every Markdown file of the repository and prints what is wrong, one
problem a line, ``path:line: message``. It exits with 1 when there is any.

Three rules:

* a relative link leads to a file of the repository, and its fragment to a heading of that file
  (GitHub's anchors);
* a fenced ``toml`` block is TOML 1.0;
* no document names the host of a package registry: everybody reaches theirs by another name.
"""

import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parents[1]

_SKIPPED = frozenset({"node_modules", "build", "dist", "__pycache__"})
_FENCE = re.compile(r"^(?P<indent> *)(?P<mark>`{3,}|~{3,})(?P<language>[\w-]*)")
_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)(?:\s+\"[^\"]*\")?\)")
_CODE = re.compile(r"`[^`\n]*`")
_HEADING = re.compile(r"^#{1,6}\s+(?P<title>.+?)\s*#*$")
_ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)

# In parts, so that this file obeys its own rule.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("deb", "debian", "org"),
        ("ftp", "debian", "org"),
        ("security", "debian", "org"),
        ("snapshot", "debian", "org"),
        ("registry", "npmjs", "org"),
        ("proxy", "golang", "org"),
        ("crates", "io"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """Something wrong in a document; ``line`` counts from 1."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A Markdown file, split into prose and fenced blocks.

    Args:
        path: where it is.
        prose: the lines outside fences as ``(number, text)``, numbers from 1.
        blocks: the fenced blocks as ``(number of the opening line, language, content)``.
    """

    path: Path
    prose: tuple[tuple[int, str], ...]
    blocks: tuple[tuple[int, str, str], ...]

    @classmethod
    def parse(cls, path: Path, text: str) -> "Document":
        """Split a text; a fence that is never closed reaches to the end (CommonMark 0.31, §4.5)."""
        prose: list[tuple[int, str]] = []
        blocks: list[tuple[int, str, str]] = []
        opened: re.Match[str] | None = None
        start, content = 0, list[str]()
        for number, line in enumerate(text.splitlines(), start=1):
            fence = _FENCE.match(line)
            if opened is None and fence is None:
                prose.append((number, line))
            elif opened is None:
                opened, start, content = fence, number, []
            elif line.strip().startswith(opened["mark"]) and not line.strip("`~ "):
                blocks.append((start, opened["language"], "\n".join(content)))
                opened = None
            else:
                content.append(line.removeprefix(opened["indent"]))
        if opened is not None:
            blocks.append((start, opened["language"], "\n".join(content)))
        return cls(path=path, prose=tuple(prose), blocks=tuple(blocks))

    def anchors(self) -> frozenset[str]:
        """Return the fragments that its headings answer to, as GitHub forms them."""
        seen: Counter[str] = Counter()
        found: set[str] = set()
        for _, line in self.prose:
            if heading := _HEADING.match(line):
                slug = slugify(heading["title"])
                found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
                seen[slug] += 1
        return frozenset(found)


def slugify(title: str) -> str:
    """Return a heading's anchor: lower case, punctuation dropped, spaces as hyphens."""
    text = _LINK.sub(lambda link: link[0].partition("]")[0].lstrip("!["), title)
    kept = re.sub(r"[^\w\- ]", "", text.strip().lower())
    return kept.replace(" ", "-")


def find_documents(root: Path) -> tuple[Path, ...]:
    """Return every Markdown file below ``root``, hidden and generated folders left out."""
    return tuple(
        path
        for path in sorted(root.rglob("*.md"))
        if not any(
            part.startswith(".") or part in _SKIPPED for part in path.relative_to(root).parts[:-1]
        )
    )


def check_links(document: Document, root: Path) -> Iterator[tuple[int, str]]:
    """Yield line and message of each relative link that leads nowhere."""
    # A link's text may go over the end of a line, so the prose is searched as a whole.
    text = _CODE.sub("", "\n".join(line for _, line in document.prose))
    for link in _LINK.finditer(text):
        if not _ELSEWHERE.match(link["target"]):
            message = _resolve(document, unquote(link["target"]), root)
            if message is not None:
                yield document.prose[text.count("\n", 0, link.end())][0], message


def _resolve(document: Document, target: str, root: Path) -> str | None:
    """Follow one link; return what is wrong with it."""
    name, _, fragment = target.partition("#")
    path = (document.path.parent / name).resolve() if name else document.path
    if not path.is_relative_to(root):
        return f"link leaves the repository: {target!r}"
    if not path.exists():
        return f"link to a file that does not exist: {target!r}"
    if fragment and path.suffix == ".md":
        there = document if not name else Document.parse(path, path.read_text(encoding="utf-8"))
        if fragment not in there.anchors():
            return f"link to a heading that does not exist: {target!r}"
    return None


def check_toml(document: Document) -> Iterator[tuple[int, str]]:
    """Yield line and message of each ``toml`` block that does not parse."""
    for number, language, content in document.blocks:
        if language == "toml":
            try:
                tomllib.loads(content)
            except tomllib.TOMLDecodeError as error:
                yield number, f"not valid TOML: {error}"


def check_hosts(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and message of each package registry's host name."""
    for number, line in enumerate(text.splitlines(), start=1):
        for host in REGISTRIES:
            if host in line.lower():
                yield number, f"host name of a package registry: {host!r}"


def check_documents(root: Path) -> list[Problem]:
    """Check every document below ``root``; return the problems by path and line."""
    problems: list[Problem] = []
    for path in find_documents(root):
        text = path.read_text(encoding="utf-8")
        document = Document.parse(path, text)
        found = (*check_links(document, root), *check_toml(document), *check_hosts(text))
        name = path.relative_to(root).as_posix()
        problems += (Problem(path=name, line=line, message=message) for line, message in found)
    return sorted(problems)


def main(argv: Sequence[str] | None = None) -> int:
    """Check the repository, or the folder that is given; return the exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    root = Path(arguments[0]).resolve() if arguments else ROOT
    problems = check_documents(root)
    for problem in problems:
        sys.stdout.write(f"{problem}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

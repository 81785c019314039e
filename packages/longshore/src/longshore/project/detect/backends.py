"""Where a build backend finds the packages, as far as its configuration says so literally.

Covered: hatchling, setuptools (``pyproject.toml``, ``setup.cfg``, a literal ``setup.py``), Poetry,
uv's backend, PDM, Flit, maturin and scikit-build-core.
"""

import ast
import configparser
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from longshore.project.detect.files import ProjectFiles
from longshore.project.detect.syntax import calls, dotted, keyword, string


@dataclass(frozen=True, slots=True)
class Packages:
    """What a backend was told.

    ``roots`` are the folders that import names are relative to; ``shipped`` are the folders and
    files that become part of the wheel, empty where the backend finds them itself.
    """

    roots: tuple[str, ...] = ()
    shipped: tuple[str, ...] = ()


def table(document: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """Return a nested table, empty where a part is missing or no table."""
    current: Any = document
    for key in keys:
        current = current.get(key) if isinstance(current, Mapping) else None
    return current if isinstance(current, Mapping) else {}


def strings(value: object) -> tuple[str, ...]:
    """Return the strings of a string or a list; anything else has none."""
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def clean(path: str) -> str:
    """Normalise a relative folder: no ``./``, no trailing ``/``; the root is ``.``."""
    parts = [part for part in path.split("/") if part not in {"", "."}]
    return "/".join(parts) or "."


def parent(path: str) -> str:
    """Return the folder of a path; ``.`` at the top."""
    return path.rpartition("/")[0] or "."


def join(folder: str, path: str) -> str:
    """Join two relative paths; either may be ``.``."""
    return clean(f"{folder}/{path}")


def read_packages(document: Mapping[str, Any], files: ProjectFiles) -> Packages:
    """Collect what the configuration of every known backend says."""
    roots: list[str] = []
    shipped: list[str] = []
    tool = table(document, "tool")
    for reader in (_hatch, _setuptools, _poetry, _uv, _others):
        for root, package in reader(tool):
            if root is not None:
                roots.append(clean(root))
            if package is not None:
                shipped.append(clean(package))
    roots.extend(map(clean, _setup_cfg(files)))
    roots.extend(map(clean, _setup_py(files)))
    return Packages(tuple(dict.fromkeys(roots)), tuple(dict.fromkeys(shipped)))


_Found = Iterator[tuple[str | None, str | None]]


def _hatch(tool: Mapping[str, Any]) -> _Found:
    build = table(tool, "hatch", "build")
    wheel = table(build, "targets", "wheel")
    for package in strings(wheel.get("packages", build.get("packages"))):
        yield parent(clean(package)), package
    for package in strings(wheel.get("only-include", build.get("only-include"))):
        yield None, package
    sources = wheel.get("sources", build.get("sources"))
    for source in sources if isinstance(sources, Mapping) else strings(sources):
        yield source, None


def _setuptools(tool: Mapping[str, Any]) -> _Found:
    options = table(tool, "setuptools")
    folders = table(options, "package-dir")
    base = folders.get("") if isinstance(folders.get(""), str) else "."
    if base != ".":
        yield base, None
    where = strings(table(options, "packages", "find").get("where"))
    for folder in where:
        yield folder, None
    explicit = options.get("packages")
    for name in strings(explicit):
        path = folders.get(name, join(str(base), name.replace(".", "/")))
        if isinstance(path, str):
            yield parent(path) if "." not in name else None, path
    for name in strings(options.get("py-modules")):
        yield None, join(str(base), name.replace(".", "/") + ".py")


def _poetry(tool: Mapping[str, Any]) -> _Found:
    packages = table(tool, "poetry").get("packages")
    for item in packages if isinstance(packages, list) else ():
        if isinstance(item, Mapping) and isinstance(item.get("include"), str):
            source = item.get("from") if isinstance(item.get("from"), str) else "."
            name = str(item["include"]).partition("*")[0]
            yield str(source), join(str(source), name)


def _uv(tool: Mapping[str, Any]) -> _Found:
    options = table(tool, "uv", "build-backend")
    if not options:
        return
    root = options.get("module-root")
    root = (root or ".") if isinstance(root, str) else "src"
    names = strings(options.get("module-name"))
    yield root, None
    for name in names:
        yield None, join(root, name.replace(".", "/"))


def _others(tool: Mapping[str, Any]) -> _Found:
    folder = table(tool, "pdm", "build").get("package-dir")
    if isinstance(folder, str):
        yield folder, None
    source = table(tool, "maturin").get("python-source")
    if isinstance(source, str):
        yield source, None
    packages = table(tool, "scikit-build", "wheel").get("packages")
    for package in strings(packages):
        yield parent(clean(package)), package


def _setup_cfg(files: ProjectFiles) -> list[str]:
    options = read_ini(files.text("setup.cfg"))
    roots = [
        value.strip()
        for line in options.get("options", {}).get("package_dir", "").splitlines()
        for name, _, value in [line.partition("=")]
        if value.strip() and not name.strip()
    ]
    where = options.get("options.packages.find", {}).get("where", "")
    return [*roots, *(line.strip() for line in where.splitlines() if line.strip())]


def _setup_py(files: ProjectFiles) -> list[str]:
    call = setup_call(files.text("setup.py"))
    folders = keyword(call, "package_dir") if call else None
    if not isinstance(folders, ast.Dict):
        return []
    pairs = zip(folders.keys, folders.values, strict=True)
    return [path for key, value in pairs if string(key) == "" and (path := string(value))]


def setup_call(text: str | None) -> ast.Call | None:
    """Return the ``setup(…)`` call of a ``setup.py``, if there is one and it parses."""
    if text is None:
        return None
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    found = (call for call in calls([tree]) if (dotted(call.func) or "").endswith("setup"))
    return next(found, None)


def read_ini(text: str | None) -> dict[str, dict[str, str]]:
    """Read an INI file without interpolation; an unreadable one is empty."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text or "")
    except configparser.Error:
        return {}
    return {section: dict(parser.items(section)) for section in parser.sections()}

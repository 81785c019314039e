"""From a file to its import name and back."""

import keyword as python_keywords
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from longshore.project.detect.backends import join, parent, read_packages, table
from longshore.project.detect.files import ProjectFiles
from longshore.project.detect.setuptools import read_setup
from longshore.project.packaged import is_never_built


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where import names start and what a wheel ships.

    Args:
        roots: folders that import names are relative to, the most specific first; ``.`` is last.
        shipped: folders and files that the wheel has, or empty where everything is shipped.
        is_wheel: whether it is built: it has a ``[build-system]``, or setuptools' own files.
    """

    roots: tuple[str, ...]
    shipped: tuple[str, ...] = ()
    is_wheel: bool = False

    @property
    def python_path(self) -> str:
        """``PYTHONPATH`` of an image that has the sources in ``/app``; empty where none is needed.

        A wheel is installed; of sources, only the root itself is on the path.
        """
        below = () if self.is_wheel else (root for root in self.roots if root != ".")
        return ":".join(f"/app/{root}" for root in below)

    def root_of(self, path: str) -> str:
        """Return the root that a file's import name starts at."""
        return next(root for root in self.roots if root == "." or path.startswith(f"{root}/"))

    def name_of(self, path: str) -> str:
        """Return a Python file's import name: ``src/shop/api.py`` is ``shop.api``.

        Parts that are no identifiers are kept; ``is_importable`` tells.
        """
        root = self.root_of(path)
        relative = path if root == "." else path[len(root) + 1 :]
        parts = relative.removesuffix(".py").split("/")
        if parts[-1] == "__init__" and len(parts) > 1:
            parts.pop()
        return ".".join(parts)

    def path_of(self, module: str, files: ProjectFiles) -> str | None:
        """Return the file of a module of the project."""
        below = module.replace(".", "/")
        for root in self.roots:
            for candidate in (f"{below}/__init__.py", f"{below}.py"):
                path = join(root, candidate)
                if path in files:
                    return path
        return None

    def is_shipped(self, path: str) -> bool:
        """Tell whether a file is part of what the image gets."""
        return not self.shipped or any(
            path == item or path.startswith(f"{item}/") for item in self.shipped
        )


def is_importable(module: str) -> bool:
    """Tell whether each part of an import name can be written in an ``import`` statement."""
    parts = module.split(".")
    return all(part.isidentifier() and not python_keywords.iskeyword(part) for part in parts)


def bad_part(module: str) -> str | None:
    """Return the first part of an import name that no ``import`` statement can have."""
    return next((part for part in module.split(".") if not is_importable(part)), None)


def read_layout(document: Mapping[str, Any], files: ProjectFiles, *, name: str) -> Layout:
    """Find the import roots and what is shipped.

    Args:
        document: the parsed ``pyproject.toml``, or an empty mapping.
        files: the project's files.
        name: the project's name, which most backends look for by default.
    """
    packages = read_packages(document, files)
    is_built = bool(table(document, "build-system")) and not is_never_built(document)
    is_wheel = is_built or read_setup(document, files.text) is not None
    folders = {parent(path) for path in files.python}
    roots = [
        root
        for root in packages.roots
        if root == "." or any(f"{folder}/".startswith(f"{root}/") for folder in folders)
    ]
    if files.has_folder("src") and "src/__init__.py" not in files and not roots:
        roots.append("src")
    for path in files.paths:
        folder = parent(path)
        is_manage = path.rpartition("/")[2] == "manage.py" and folder not in roots
        is_django = is_manage and "django" in (files.text(path) or "")
        if is_django and folder != "." and join(folder, "__init__.py") not in files:
            roots.append(folder)
    shipped = packages.shipped if is_wheel else ()
    if is_wheel and not shipped:
        shipped = _default_packages(files, name=name, roots=roots)
    ordered = sorted({*roots, "."}, key=lambda root: (root == ".", -root.count("/"), root))
    return Layout(roots=tuple(ordered), shipped=shipped, is_wheel=is_wheel)


def _default_packages(files: ProjectFiles, *, name: str, roots: list[str]) -> tuple[str, ...]:
    """Return what a backend finds without configuration: the package called like the project.

    Where there is none of that name (setuptools' discovery, namespaces), nothing is excluded.
    """
    stem = name.replace("-", "_").replace(".", "_").lower()
    for root in [*roots, "."]:
        base = join(root, stem)
        if f"{base}/__init__.py" in files:
            others = any(
                path.startswith("" if root == "." else f"{root}/")
                and path.endswith("/__init__.py")
                and path.count("/") == base.count("/") + 1
                and parent(path) != base
                for path in files.paths
            )
            return () if others else (base,)
    return ()

"""The source tree: tracked files, revision, dirty; without git: files minus an ignore list."""

from longshore.source.read import read_source

__all__ = ["read_source"]

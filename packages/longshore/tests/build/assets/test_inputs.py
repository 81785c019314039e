"""Which tracked files a command gets."""

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.build.assets.inputs import choose_inputs, compile_pattern
from longshore.config import AssetConfig
from longshore.errors import ProjectError
from longshore.types import Digest, SourceFile, SourceTree

NAMES = st.text(st.sampled_from("ab.-+[]{}$^|é "), min_size=1, max_size=6).filter(
    lambda name: name not in (".", "..")
)
PATHS = st.lists(NAMES, min_size=1, max_size=5)


def tree(*paths: str) -> SourceTree:
    files = (
        SourceFile(path=PurePosixPath(path), mode=0o644, sha256=Digest.of(path.encode()))
        for path in sorted(paths, key=PurePosixPath)
    )
    return SourceTree(root=Path("/nowhere"), files=tuple(files), revision=None, dirty=False)


def chosen(found: SourceTree, *inputs: str, installed: frozenset[str] = frozenset()) -> list[str]:
    entry = AssetConfig(command=("x",), outputs=(PurePosixPath("y"),), inputs=inputs)
    files = choose_inputs(entry, found, installed=installed, location="l.toml: assets[0]")
    return [str(file.path) for file in files]


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("a.css", ["a.css"]),
        ("*.css", ["a.css", "b.css"]),
        ("?.css", ["a.css", "b.css"]),
        ("styles", ["styles/a.css", "styles/deep/er/b.css"]),
        ("styles/*.css", ["styles/a.css"]),
        ("styles/**/*.css", ["styles/a.css", "styles/deep/er/b.css"]),
        ("styles/**", ["styles/a.css", "styles/deep/er/b.css"]),
        ("**/*.css", ["a.css", "b.css", "styles/a.css", "styles/deep/er/b.css"]),
        ("st*/deep", ["styles/deep/er/b.css"]),
    ],
)
def test_a_pattern_names_files_and_folders(pattern: str, paths: list[str]) -> None:
    found = tree("a.css", "b.css", "aXcss", "styles/a.css", "styles/deep/er/b.css", "xstyles/c.cs")
    assert chosen(found, pattern) == paths


@given(PATHS)
def test_a_path_without_wildcards_matches_itself_and_what_is_below(parts: list[str]) -> None:
    path = "/".join(parts)
    pattern = compile_pattern(path)
    assert pattern.fullmatch(path)
    assert pattern.fullmatch(f"{path}/below")
    assert not pattern.fullmatch(f"{path}x")
    assert compile_pattern(f"**/{parts[-1]}").fullmatch(path)


@given(PATHS)
def test_a_star_stands_for_one_name(parts: list[str]) -> None:
    assert compile_pattern("/".join("*" for _ in parts)).fullmatch("/".join(parts))
    assert not compile_pattern("/".join("*" for _ in [*parts, "x"])).fullmatch("/".join(parts))


def test_every_pattern_that_matches_nothing_is_named() -> None:
    with pytest.raises(ProjectError) as caught:
        chosen(tree("a.css"), "b.css", "a.css", "c/**")
    assert str(caught.value) == "l.toml: assets[0].inputs: 'b.css': no tracked file matches"
    assert caught.value.context == ("l.toml: assets[0].inputs: 'c/**'",)


def test_modules_of_the_projects_own_wheel_do_not_hide_it() -> None:
    found = tree("manage.py", "shop/__init__.py", "shop/static/a.css", "shop/tool.py")
    installed = frozenset({"shop/__init__.py", "shop/static/a.css"})
    assert chosen(found, installed=installed) == ["manage.py", "shop/static/a.css", "shop/tool.py"]

"""``layers.collisions``: who wins, who is named, and what is refused."""

import pytest

from longshore.errors import WheelError
from longshore.layers.collisions import Collisions, find_collisions
from longshore.types import Digest, parse_name

SITE = "app/site"


def find(**wheels: dict[str, str]) -> Collisions:
    contents = {
        parse_name(name): {path: Digest.of(text.encode()) for path, text in files.items()}
        for name, files in wheels.items()
    }
    return find_collisions(contents, SITE)


def test_wheels_without_common_files_are_left_alone() -> None:
    found = find(a={"app/site/a.py": ""}, b={"app/site/b.py": ""})
    assert found == Collisions(omitted={}, together=(), findings=())


def test_equal_content_is_written_once_by_the_first_owner() -> None:
    files = {"app/site/nvidia/__init__.py": ""}
    found = find(b=files, a=files, c=files | {"app/site/nvidia/c.py": "c"})
    assert found.omitted == {
        "b": {"app/site/nvidia/__init__.py"},
        "c": {"app/site/nvidia/__init__.py"},
    }
    assert found.together == ()
    assert found.findings == ()


@pytest.mark.parametrize(
    "path",
    ["LICENSE", "tests/__init__.py", "tests/test_a.py", "docs/conf.py", "README.md", "data/x.json"],
)
def test_elsewhere_the_first_by_name_wins_with_a_warning(path: str) -> None:
    found = find(
        b={f"{SITE}/{path}": "b", f"{SITE}/b.py": ""}, a={f"{SITE}/{path}": "a", f"{SITE}/a.py": ""}
    )
    assert found.omitted == {"b": {f"{SITE}/{path}"}}
    assert found.together == (("a", "b"),)
    (finding,) = found.findings
    assert str(finding) == f"b: a brings '{SITE}/{path}' too; the one of a is in the image"


def test_files_outside_of_site_packages_only_warn() -> None:
    found = find(a={"app/bin/tool": "a", "app/x.py": "1"}, b={"app/bin/tool": "b", "app/x.py": "2"})
    (finding,) = found.findings
    assert finding.message == "a brings 'app/bin/tool' and 1 more too; the one of a is in the image"


@pytest.mark.parametrize("path", ["module.py", "_c.so", "pkg/mod.py", "pkg/sub/data.json"])
def test_importable_code_is_never_overwritten(path: str) -> None:
    package = {f"{SITE}/pkg/__init__.py": "same"}
    with pytest.raises(WheelError) as caught:
        find(one=package | {f"{SITE}/{path}": "1"}, two=package | {f"{SITE}/{path}": "2"})
    assert caught.value.message == (
        f"one and two both bring '{SITE}/{path}', with different content"
    )
    assert caught.value.hint == (
        "remove one of the two from the project's dependencies and lock again"
    )


def test_every_collision_is_told_at_once() -> None:
    with pytest.raises(WheelError) as caught:
        find(
            a={f"{SITE}/x.py": "1", f"{SITE}/y.py": "1", f"{SITE}/z": "1"},
            b={f"{SITE}/x.py": "2", f"{SITE}/y.py": "2", f"{SITE}/z/w.py": "2"},
        )
    assert caught.value.context == (
        f"a and b both bring '{SITE}/y.py', with different content",
        f"a brings the file '{SITE}/z', where b needs a folder",
    )


def test_wheels_that_disagree_through_others_form_one_group() -> None:
    found = find(
        a={f"{SITE}/L1": "a"},
        b={f"{SITE}/L1": "b", f"{SITE}/L2": "b"},
        c={f"{SITE}/L2": "c"},
        d={f"{SITE}/L3": "d"},
        e={f"{SITE}/L3": "e"},
    )
    assert found.together == (("a", "b", "c"), ("d", "e"))

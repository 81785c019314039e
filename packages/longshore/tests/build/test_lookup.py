"""Images are found by what people write."""

import json
from pathlib import Path

import pytest

from longshore.build import build_image
from longshore.build.found import records
from longshore.build.lookup import find_image, look_at
from longshore.errors import ProjectError, SupplyChainError
from longshore.oci.descriptor import Descriptor, MediaType
from longshore.oci.layout import ImageLayout
from longshore.testing.sample import Sample
from longshore.types import Digest, MaterialKind


@pytest.fixture
def layout(tmp_path: Path) -> ImageLayout:
    layout = ImageLayout.open(tmp_path / "images")
    for name, digit in (("one:latest", "a"), ("two:1.0", "b"), ("three:latest", "b")):
        last = "0" if name.startswith("two") else digit
        layout.tag(name, _descriptor(digit * 63 + last))
    return layout


def _descriptor(digits: str) -> Descriptor:
    return Descriptor(media_type=MediaType.MANIFEST, digest=Digest("sha256", digits), size=1)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("one", "one:latest"),
        ("one:latest", "one:latest"),
        ("two:1.0", "two:1.0"),
        ("aaaaaa", "one:latest"),
        ("sha256:aaaaaaaaaaaa", "one:latest"),
        ("sha256:" + "a" * 64, "one:latest"),
        ("two@sha256:" + "b" * 63 + "0", "two:1.0"),
    ],
)
def test_a_name_a_digest_or_its_beginning(layout: ImageLayout, text: str, name: str) -> None:
    assert find_image(layout, text)[0] == name


@pytest.mark.parametrize("text", ["two", "aaaaa", "sha256:cccccc", "one:", "", "one@sha256:zz"])
def test_what_is_not_there_is_said_with_what_is(layout: ImageLayout, text: str) -> None:
    with pytest.raises(ProjectError) as caught:
        find_image(layout, text)
    assert str(caught.value) == f"no image {text!r} here"
    assert caught.value.hint == (
        "build it first: longshore build; there are one:latest, three:latest, two:1.0"
    )


def test_an_empty_store_has_nothing_to_offer(tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as caught:
        find_image(ImageLayout.open(tmp_path), "one")
    assert caught.value.hint == "build it first: longshore build"


def test_digits_that_fit_several_images_are_refused(layout: ImageLayout) -> None:
    with pytest.raises(ProjectError, match="'bbbbbb' begins the digests of several") as caught:
        find_image(layout, "bbbbbb")
    assert caught.value.hint == "name one: three:latest, two:1.0"


def test_two_names_of_one_image_are_no_doubt(layout: ImageLayout) -> None:
    layout.tag("again:latest", _descriptor("a" * 64))
    assert find_image(layout, "aaaaaa")[1].digest == Digest("sha256", "a" * 64)


def test_the_last_build_is_the_default_and_older_ones_have_their_digest(sample: Sample) -> None:
    first = build_image(sample.workshop())
    sample.write("demo.py", "app = 1\n")
    second = build_image(sample.workshop())
    found = look_at(sample.workshop())
    assert (found.name, found.digest) == ("demo:latest", second.descriptor.digest)
    assert found.record == second.record
    (helper,) = found.of(MaterialKind.WHEEL)
    assert (helper.name, helper.path) == ("helper", ("helper",))
    assert helper.size is not None
    older = look_at(sample.workshop(), str(first.descriptor.digest))
    assert older.digest == first.descriptor.digest
    assert older.record == first.record


def test_sizes_are_known_as_long_as_the_cache_has_the_files(sample: Sample) -> None:
    build_image(sample.workshop())
    workshop = sample.workshop()
    (helper,) = look_at(workshop).of(MaterialKind.WHEEL)
    workshop.blobs.path(helper.sha256).unlink()
    assert look_at(workshop).of(MaterialKind.WHEEL)[0].size is None


def test_an_image_without_a_record_is_shown_as_far_as_it_tells(sample: Sample) -> None:
    result = build_image(sample.workshop())
    workshop = sample.workshop()
    recorded = look_at(workshop)
    records(workshop).path(result.descriptor.digest).unlink()
    found = look_at(workshop)
    assert found.record is None
    assert found.packages == ()
    assert found.layers == recorded.layers
    assert found.base == "debian:trixie"


def test_an_image_that_is_not_whole_is_said(sample: Sample) -> None:
    result = build_image(sample.workshop())
    workshop = sample.workshop()
    config = workshop.layout.manifest(result.descriptor).config
    path = workshop.layout.blobs.path(config.digest)
    document = json.loads(path.read_bytes())
    path.write_text(json.dumps(document))
    with pytest.raises(SupplyChainError, match="missing or damaged"):
        look_at(workshop)

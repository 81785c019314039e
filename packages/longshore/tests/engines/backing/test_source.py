"""What a service is run from: the image, or what stands in for it."""

from dataclasses import replace
from pathlib import Path

import pytest

from longshore.cli.context import Context
from longshore.config import ServiceConfig, ServiceKind
from longshore.engines.backing.source import WorkshopSource
from longshore.engines.interface import (
    EngineError,
    ForeignImages,
    LoadedImage,
    SilentRegistryError,
)
from longshore.errors import LockError, ProjectError
from longshore.oci.config import ImageConfig
from longshore.testing import RecordingReporter
from longshore.testing.engine import MemoryEngine
from longshore.types import Digest, Reference

CACHE = ServiceConfig(
    name="cache", image=Reference.parse("redis:8"), kind=ServiceKind.REDIS, port=6379
)
LOADED = LoadedImage(digest=Digest.of(b""), config=ImageConfig(), location="abc")


class Images:
    """What an engine has, and what its registry has."""

    def __init__(self, *, here: bool = False, there: bool = False) -> None:
        self.here = here
        self.there = there
        self.asked: list[str] = []

    def find(self, reference: str) -> LoadedImage | None:
        self.asked.append(reference)
        return LOADED if self.here else None

    def pull(self, reference: str) -> LoadedImage:
        self.asked.append(f"pull {reference}")
        if not self.there:
            msg = "podman can't pull it: no such host"
            raise EngineError(msg)
        return LOADED


class Engine(MemoryEngine):
    """An engine that runs images of others."""

    def __init__(self, images: Images | None) -> None:
        super().__init__()
        self._images = images

    @property
    def images(self) -> ForeignImages | None:  # type: ignore[override]
        return self._images


@pytest.fixture
def reporter() -> RecordingReporter:
    """Who hears about it."""
    return RecordingReporter()


@pytest.fixture
def source(tmp_path: Path, reporter: RecordingReporter) -> WorkshopSource:
    """A source of a project in CI, where no lock is written."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "a"\nversion = "1"\n')
    environment = {"CI": "true", "HOME": str(tmp_path)}
    context = Context(environment=environment, start=str(tmp_path))
    context.__dict__["reporter"] = reporter
    return WorkshopSource(context)


def _find(source: WorkshopSource, images: Images | None, *, pull: bool = True) -> LoadedImage:
    found = source.find(CACHE, Engine(images), project="shop", pull=pull)
    assert (found.stand_in, found.reason) == ("", "")
    return found.image


def test_an_image_that_is_here_is_used(source: WorkshopSource) -> None:
    images = Images(here=True)
    assert _find(source, images) == LOADED
    assert images.asked == ["docker.io/library/redis:8"]


def test_one_that_is_not_is_pulled_once_and_not_without_a_word(
    source: WorkshopSource, reporter: RecordingReporter
) -> None:
    images = Images(there=True)
    assert _find(source, images) == LOADED
    assert _find(source, images) == LOADED
    assert images.asked == ["docker.io/library/redis:8", "pull docker.io/library/redis:8"]
    assert [event.detail for event in reporter.events] == ["pulling docker.io/library/redis:8"]


def test_otherwise_something_stands_in_for_it_which_ci_wants_pinned(
    source: WorkshopSource,
) -> None:
    for images in (Images(), None):
        with pytest.raises(LockError, match=r"redis 8\.0 .* is not pinned"):
            _find(source, images)


def test_a_registry_that_does_not_answer_is_asked_once(source: WorkshopSource) -> None:
    class Silent(Images):
        def pull(self, reference: str) -> LoadedImage:
            self.asked.append(f"pull {reference}")
            msg = "its registry did not answer within 10 s"
            raise SilentRegistryError(msg)

    images = Silent()
    for name in ("mongo:8", "mysql:8"):
        other = replace(CACHE, image=Reference.parse(name))
        with pytest.raises(ProjectError, match="did not answer"):
            source.find(other, Engine(images), project="shop", pull=True)
    assert [each for each in images.asked if each.startswith("pull")] == [
        "pull docker.io/library/mongo:8"
    ]


def test_nothing_is_pulled_for_what_runs(source: WorkshopSource) -> None:
    images = Images(there=True)
    with pytest.raises(LockError):
        _find(source, images, pull=False)
    assert images.asked == ["docker.io/library/redis:8"]


def test_why_there_is_neither_is_said(source: WorkshopSource) -> None:
    other = replace(CACHE, image=Reference.parse("mongo:8"))
    with pytest.raises(ProjectError, match="can't be used: podman can't pull it: no such host"):
        source.find(other, Engine(Images()), project="shop", pull=True)
    with pytest.raises(ProjectError, match="the memory engine runs only what Longshore has made"):
        WorkshopSource(source._workshop).find(other, Engine(None), project="shop", pull=True)


def test_what_no_engine_could_run_is_refused_before_anything_is_built(
    source: WorkshopSource,
) -> None:
    other = replace(CACHE, image=Reference.parse("redis:6"))
    with pytest.raises(ProjectError, match="nothing stands in for redis:6"):
        source.check(other, [Engine(None)])
    source.check(CACHE, [Engine(None)])
    source.check(other, [Engine(Images()), Engine(None)])  # it may be pulled

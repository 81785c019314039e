"""What only podman has: a storage of its own, and memory limits."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.conftest import unusable
from tests.e2e.harness import SERVICE, Bench, give_up, output_of, run_of

from longshore.cli.context import Context
from longshore.engines.interface import LoadedImage, RunSpec
from longshore.engines.podman import PodmanEngine
from longshore.engines.readiness import wait_until_over


@pytest.fixture(scope="module")
def engine() -> str:
    """Only this one."""
    if reason := unusable("podman"):
        give_up(f"engine podman: {reason}")
    return "podman"


@pytest.fixture
def podman(bench: Bench) -> PodmanEngine:
    """The engine itself."""
    engine = PodmanEngine(environment=bench.environment)
    assert engine.available() is None
    return engine


@pytest.fixture
def loaded(bench: Bench, podman: PodmanEngine) -> LoadedImage:
    """The example's image, in podman's storage."""
    layout = Context(environment=bench.environment).layout
    return podman.load(layout, layout.resolve(f"{SERVICE}:latest"), service=SERVICE)


@pytest.fixture
def named(loaded: LoadedImage) -> Iterator[str]:
    """A further name of the image, given by somebody else."""
    name = "localhost/somebody/else:kept"
    output_of(["podman", "tag", loaded.location, name])
    yield name
    output_of(["podman", "untag", loaded.location, name])


def names_of(image: str) -> set[str]:
    shown = output_of(["podman", "image", "inspect", "--format", '{{join .RepoTags " "}}', image])
    return set(shown.split())


def test_image_keeps_its_digest_and_gets_one_name(loaded: LoadedImage) -> None:
    digests = output_of(["podman", "image", "inspect", "--format", "{{.Digest}}", loaded.location])
    assert digests.strip() == str(loaded.digest)
    assert names_of(loaded.location) == {f"localhost/longshore/{SERVICE}:latest"}


def test_path_of_the_temporary_folder_does_not_matter(
    bench: Bench,
    podman: PodmanEngine,
    loaded: LoadedImage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    odd = tmp_path / "No-_name of__an..Image"
    odd.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(odd))
    output_of(["podman", "rmi", "--force", loaded.location])
    layout = Context(environment=bench.environment).layout
    again = podman.load(layout, layout.resolve(f"{SERVICE}:latest"), service=SERVICE)
    assert again == loaded
    assert names_of(loaded.location) == {f"localhost/longshore/{SERVICE}:latest"}


def test_image_that_is_there_is_not_loaded_again(
    bench: Bench, podman: PodmanEngine, loaded: LoadedImage, named: str
) -> None:
    layout = Context(environment=bench.environment).layout
    again = podman.load(layout, layout.resolve(f"{SERVICE}:latest"), service=SERVICE)
    assert again == loaded
    assert names_of(loaded.location) == {f"localhost/longshore/{SERVICE}:latest", named}


def test_process_that_needs_too_much_memory_is_ended(
    podman: PodmanEngine, loaded: LoadedImage
) -> None:
    if not podman.limits_memory:
        give_up("podman can't limit memory here")
    spec = RunSpec(
        run_id="1",
        service=SERVICE,
        process="greedy",
        image=loaded,
        entrypoint=("python",),
        args=("-c", "x = bytearray(256 << 20)"),
        memory_bytes=48 << 20,
    )
    run = run_of(spec, engine="podman")
    podman.start(spec)
    try:
        state = wait_until_over(run, podman)
        # Whether podman also says why depends on the version of control groups.
        assert state.exit_code == 137
    finally:
        podman.remove(run)

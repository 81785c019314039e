"""What only podman has: a storage of its own, and memory limits."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.conftest import unusable
from tests.e2e.harness import SERVICE, Bench, eventually, give_up, output_of, run_of

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
def folder(tmp_path: Path) -> Path:
    """Where podman runs."""
    return tmp_path / "podman"


@pytest.fixture
def podman(bench: Bench, folder: Path) -> PodmanEngine:
    """The engine itself."""
    engine = PodmanEngine(environment=bench.environment, folder=folder, runs=folder / "runs")
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


def test_replaced_image_is_removed_once_nothing_uses_it(bench: Bench) -> None:
    bench.up()
    name = f"localhost/longshore/{SERVICE}"
    first = image_id(f"{name}:latest")
    source = bench.project / "src" / "taskapi" / "api.py"
    before = source.read_text()
    source.write_text(before + "\n# changed\n")
    try:
        bench.up()
        assert image_id(f"{name}:latest") != first
        assert subprocess.run(["podman", "image", "exists", first], check=False).returncode == 1
        listed = output_of(["podman", "images", "--format={{.Tag}}", f"--filter=reference={name}"])
        assert listed.split() == ["latest"]
    finally:
        source.write_text(before)


def image_id(name: str) -> str:
    return output_of(["podman", "image", "inspect", "--format", "{{.Id}}", name]).strip()


def test_process_that_needs_too_much_memory_is_ended(
    podman: PodmanEngine,
    loaded: LoadedImage,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
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
        # conmon leaves a file called "oom" where podman was run, and that is not the project.
        eventually(
            lambda: [path.name for path in folder.iterdir()] == ["oom"], what="conmon saw it"
        )
        assert list(project.iterdir()) == []
    finally:
        podman.remove(run)

"""Images of others, with a program that answers as podman does."""

import json
import os
import stat
import time
from pathlib import Path, PurePosixPath

import pytest

from longshore.engines.interface import EngineError, SilentRegistryError
from longshore.engines.podman_images import PodmanImages
from longshore.types import Digest

INSPECTED = [
    {
        "Id": "abc",
        "Digest": str(Digest.of(b"manifest")),
        "Config": {
            "Env": ["PGDATA=/var/lib/pg", "A=b=c"],
            "Entrypoint": ["docker-entrypoint.sh"],
            "Cmd": ["postgres"],
            "Volumes": {"/var/lib/pg": {}},
        },
    }
]


def _podman(folder: Path, script: str, *, answer_within: float = 20.0) -> PodmanImages:
    program = folder / "podman"
    document = folder / "inspected.json"
    document.write_text(json.dumps(INSPECTED))
    program.write_text(
        f'#!/bin/sh\nif [ "$1" = image ]; then cat {document} || exit 1; exit 0; fi\n{script}\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return PodmanImages(str(program), environment=os.environ, answer_within=answer_within)


def test_an_image_is_found_with_what_it_says_of_itself(tmp_path: Path) -> None:
    images = _podman(tmp_path, "exit 1")
    found = images.find("docker.io/library/postgres:17")
    assert found is not None
    assert (found.location, found.digest) == ("abc", Digest.of(b"manifest"))
    assert found.config.env == {"PGDATA": "/var/lib/pg", "A": "b=c"}
    assert found.config.volumes == ("/var/lib/pg",)
    assert PurePosixPath(found.config.volumes[0]).is_absolute()
    (tmp_path / "inspected.json").unlink()
    assert images.find("docker.io/library/postgres:17") is None


def test_what_a_registry_sends_is_waited_for(tmp_path: Path) -> None:
    script = "echo 'Getting image source signatures' >&2; sleep 0.5; exit 0"
    images = _podman(tmp_path, script, answer_within=0.3)
    assert images.pull("docker.io/library/postgres:17").location == "abc"


def test_a_registry_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    images = _podman(tmp_path, "echo 'Trying to pull' >&2; exec sleep 60", answer_within=0.2)
    begun = time.monotonic()
    with pytest.raises(SilentRegistryError, match=r"its registry did not answer within 0\.2 s"):
        images.pull("docker.io/library/postgres:17")
    assert time.monotonic() - begun < 20


def test_why_an_image_can_not_be_pulled_is_said_without_the_whole_chain(tmp_path: Path) -> None:
    chain = "Error: initializing source docker://x: reading manifest 99 in x: manifest unknown"
    images = _podman(tmp_path, f"echo '{chain}' >&2; exit 125")
    with pytest.raises(EngineError) as caught:
        images.pull("x:99")
    assert caught.value.message == (
        "podman can't pull it: reading manifest 99 in x: manifest unknown"
    )

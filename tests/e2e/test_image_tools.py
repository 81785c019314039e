"""Other people's tools on our images: what they say counts, not what we think."""

import json
import os
import shutil
from pathlib import Path

import pytest
from tests.e2e.harness import SERVICE, Bench, give_up, output_of

from longshore.oci.layout import ImageLayout
from longshore.oci.unpack import unpack_image
from longshore.oci.validate import validate_image

IMAGE = f"{SERVICE}:latest"


def _need(program: str) -> None:
    if shutil.which(program) is None:
        give_up(f"{program} is not installed")


@pytest.fixture
def layout(built: Bench) -> ImageLayout:
    return ImageLayout.open(Path(built.environment["LONGSHORE_DATA_DIR"]) / "images")


def test_skopeo_reads_and_converts_the_image(layout: ImageLayout, tmp_path: Path) -> None:
    _need("skopeo")
    source = f"oci:{layout.root}:{IMAGE}"
    config = json.loads(output_of(["skopeo", "inspect", "--config", source]))
    assert config["config"]["Entrypoint"] == ["/app/.venv/bin/python", "-m", "longshore_runtime"]
    assert len(config["rootfs"]["diff_ids"]) == len(config["history"])
    # Every layer is decompressed and its diffID compared on the way into Docker's own format.
    archive = tmp_path / "image.tar"
    output_of(["skopeo", "copy", "--quiet", source, f"docker-archive:{archive}:{IMAGE}"])
    assert archive.stat().st_size > 0


def test_umoci_unpacks_what_we_unpack(layout: ImageLayout, tmp_path: Path) -> None:
    _need("umoci")
    bundle = tmp_path / "bundle"
    rootless = [] if os.geteuid() == 0 else ["--rootless"]
    image = ["--image", f"{layout.root}:{IMAGE}"]
    output_of(["umoci", "unpack", *rootless, *image, str(bundle)])
    ours = tmp_path / "ours"
    unpack_image(layout, layout.resolve(IMAGE), ours)
    assert _listing(bundle / "rootfs") == _listing(ours)


def _listing(root: Path) -> dict[str, tuple[int, int, str]]:
    """Return kind and mode, time and content (or target) of everything below a folder."""
    found = {}
    for path in root.rglob("*"):
        status = path.lstat()
        content = ""
        if path.is_symlink():
            content = str(path.readlink())
        elif path.is_file():
            content = str(status.st_size)
        found[path.relative_to(root).as_posix()] = (
            status.st_mode,
            0 if path.is_dir() and not path.is_symlink() else int(status.st_mtime),
            content,
        )
    return found


def test_our_own_validator_finds_nothing(layout: ImageLayout) -> None:
    assert validate_image(layout, layout.resolve(IMAGE)) == ()


def test_podman_starts_the_image_without_us(layout: ImageLayout) -> None:
    _need("podman")
    name = f"localhost/{SERVICE}-plain:latest"
    output_of(
        ["skopeo", "copy", "--quiet", f"oci:{layout.root}:{IMAGE}", f"containers-storage:{name}"]
    )
    run = ["podman", "run", "--rm", "--read-only", "--cap-drop=ALL"]
    python = [*run, "--entrypoint=/app/.venv/bin/python", name, "-c"]
    try:
        assert output_of([*python, "import os; print(os.getuid())"]) == "65532\n"
        write = "open('/data/x', 'w').write('x'); print(open('/data/x').read())"
        assert output_of([*python, write]) == "x\n"
    finally:
        output_of(["podman", "rmi", "--force", name])

"""From a project and its locks to an image; the base has no layers here."""

import gzip
import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from longshore.build import BuildResult, build_image
from longshore.build.found import records
from longshore.cli.context import Context
from longshore.errors import LockError, ProjectError, UsageError, WheelError
from longshore.locks.pins import FILENAME
from longshore.testing import Corrupt, make_wheel
from longshore.testing.sample import CREATED, PYPROJECT, Sample, hashed
from longshore.types import Digest, MaterialKind


def _files(workshop: Context, result: BuildResult) -> dict[str, bytes]:
    manifest = workshop.layout.manifest(result.descriptor)
    found: dict[str, bytes] = {}
    for layer in manifest.layers:
        data = gzip.decompress(workshop.layout.blobs.path(layer.digest).read_bytes())
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isfile() else None
                found[member.name] = b"" if file is None else file.read()
    return found


def _config(workshop: Context, result: BuildResult) -> dict[str, Any]:
    manifest = workshop.layout.manifest(result.descriptor)
    data = workshop.layout.blobs.read(manifest.config.digest)
    assert data is not None
    document: dict[str, Any] = json.loads(data)
    return document


def test_an_image_holds_the_lock_the_source_and_what_is_added(sample: Sample) -> None:
    workshop = sample.workshop()
    result = build_image(workshop)
    files = _files(workshop, result)
    site = "app/.venv/lib/python3.13/site-packages"
    assert files["app/demo.py"] == b"app = None\n"
    assert files[f"{site}/helper/__init__.py"] == b"VALUE = 1\n"
    assert "app/.longshore/lib/longshore_runtime/__init__.py" in files
    assert "app/.longshore/lib/uvicorn/__init__.py" in files
    assert files[f"{site}/longshore.pth"] == b"/app/.longshore/lib\n"
    assert not [name for name in files if name.endswith(".pyc")]
    document = _config(workshop, result)
    assert document["created"] == "2026-01-02T03:04:05Z"
    assert document["config"]["Entrypoint"] == ["/app/.venv/bin/python", "-m", "longshore_runtime"]
    assert document["config"]["Cmd"] == ["--interface", "asgi", "demo:app"]
    assert document["config"]["User"] == "65532:65532"


def test_the_second_build_finds_the_image_and_asks_nobody(sample: Sample) -> None:
    first = build_image(sample.workshop())
    asked = len(sample.network.requests)
    second = build_image(sample.workshop())
    assert (second.cached, second.descriptor.digest) == (True, first.descriptor.digest)
    assert second.record == first.record
    assert len(sample.network.requests) == asked


def test_the_same_inputs_give_the_same_digest_in_another_folder(
    sample: Sample, tmp_path: Path
) -> None:
    first = build_image(sample.workshop())
    other = tmp_path / "elsewhere" / "demo"
    shutil.copytree(sample.root, other)
    environment = {**sample.environment, "LONGSHORE_CACHE_DIR": str(tmp_path / "cold")}
    environment["LONGSHORE_DATA_DIR"] = str(tmp_path / "cold-data")
    second = build_image(Context(environment=environment, start=str(other)))
    assert second.descriptor.digest == first.descriptor.digest
    assert not second.cached
    assert second.record.inputs_digest == first.record.inputs_digest


def test_a_changed_source_gives_another_image(sample: Sample) -> None:
    first = build_image(sample.workshop())
    sample.write("demo.py", "app = 1\n")
    second = build_image(sample.workshop())
    assert second.descriptor.digest != first.descriptor.digest
    assert not second.cached


def test_a_missing_blob_is_made_again(sample: Sample) -> None:
    workshop = sample.workshop()
    first = build_image(workshop)
    layer = workshop.layout.manifest(first.descriptor).layers[0]
    workshop.layout.blobs.path(layer.digest).unlink()
    second = build_image(sample.workshop())
    assert (second.cached, second.descriptor.digest) == (False, first.descriptor.digest)
    assert workshop.layout.blobs.verified(layer.digest)


def test_the_record_says_what_is_where_and_why(sample: Sample) -> None:
    workshop = sample.workshop()
    result = build_image(workshop)
    by_purl = {material.purl: material for material in result.record.materials}
    helper = by_purl["pkg:pypi/helper@2.0"]
    assert (helper.kind, helper.reason) == (MaterialKind.WHEEL, "locked: helper")
    assert helper.layer in {digest for digest, _, _ in result.record.platforms[0].layers}
    assert by_purl["pkg:pypi/uvicorn@0.1"].reason == "added by longshore: the lock has no server"
    runtime = next(purl for purl in by_purl if purl.startswith("pkg:pypi/longshore-runtime@"))
    assert by_purl[runtime].kind is MaterialKind.ADDED
    assert records(workshop).get(result.descriptor.digest) == result.record


def test_a_server_of_the_lock_wins(sample: Sample) -> None:
    own = make_wheel("uvicorn", "9.9", files={"uvicorn/__init__.py": b"OWN = 1\n"})
    sample.index.add(own)
    sample.write("requirements.txt", hashed([own]))
    workshop = sample.workshop()
    files = _files(workshop, build_image(workshop))
    assert files["app/.venv/lib/python3.13/site-packages/uvicorn/__init__.py"] == b"OWN = 1\n"
    assert "app/.longshore/lib/uvicorn/__init__.py" not in files


def test_what_include_names_is_shipped_and_dot_files_are_not(sample: Sample) -> None:
    sample.write(".editorconfig", "")
    sample.write("data/words.txt", "one\n")
    workshop = sample.workshop()
    files = _files(workshop, build_image(workshop))
    assert files["app/data/words.txt"] == b"one\n"
    assert "app/.editorconfig" not in files


def test_an_include_that_matches_nothing_is_refused(sample: Sample) -> None:
    table = PYPROJECT.replace("bytecode = false", 'bytecode = false\ninclude = ["mirgations/"]')
    sample.write("pyproject.toml", table)
    with pytest.raises(ProjectError) as caught:
        build_image(sample.workshop())
    assert str(caught.value) == (
        "pyproject.toml: tool.longshore.include: 'mirgations': no tracked file matches"
    )


def test_a_library_has_nothing_to_run(sample: Sample) -> None:
    sample.write("pyproject.toml", '[project]\nname = "demo"\nversion = "1"\n')
    with pytest.raises(ProjectError, match="nothing to run was found in 1 Python file"):
        build_image(sample.workshop())


@pytest.mark.parametrize("environment", [{}, {"CI": "true"}])
def test_a_missing_lock_is_an_error_where_none_may_be_written(
    sample: Sample, environment: dict[str, str]
) -> None:
    (sample.root / FILENAME).unlink()
    with pytest.raises(LockError) as caught:
        build_image(sample.workshop(**environment), locked=not environment)
    assert str(caught.value) == "longshore.lock: there is none"
    assert caught.value.context[0].startswith("base debian:trixie on linux/")
    assert caught.value.hint == "run `longshore lock` and commit the file"
    assert not (sample.root / FILENAME).exists()


def test_a_wheel_that_was_replaced_stops_the_build(sample: Sample) -> None:
    sample.network.fail("helper", Corrupt())
    with pytest.raises(WheelError):
        build_image(sample.workshop())
    assert sample.workshop().layout.names() == {}


def test_the_date_can_be_given(sample: Sample) -> None:
    workshop = sample.workshop(SOURCE_DATE_EPOCH="0")
    assert _config(workshop, build_image(workshop))["created"] == "1970-01-01T00:00:00Z"
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH: expected seconds since 1970"):
        build_image(sample.workshop(SOURCE_DATE_EPOCH="yesterday"))


def test_the_annotations_do_not_change_with_a_commit(sample: Sample) -> None:
    workshop = sample.workshop()
    result = build_image(workshop)
    assert dict(workshop.layout.manifest(result.descriptor).annotations) == {
        "dev.longshore.image-format": "2.1.1",
        "org.opencontainers.image.base.name": "debian:trixie",
        "org.opencontainers.image.description": "A demonstration",
        "org.opencontainers.image.title": "demo",
        "org.opencontainers.image.version": "1.2",
    }
    assert Digest.parse(str(result.descriptor.digest)) == result.descriptor.digest
    assert CREATED.year > 0


def test_writable_folders_belong_to_the_user(sample: Sample) -> None:
    table = PYPROJECT + 'writable = ["/data", "/app/media"]\n'
    sample.write("pyproject.toml", table.replace("bytecode", 'include = ["media/"]\nbytecode'))
    sample.write("media/logo.svg", "<svg/>")
    workshop = sample.workshop()
    manifest = workshop.layout.manifest(build_image(workshop).descriptor)
    data = gzip.decompress(workshop.layout.blobs.path(manifest.layers[-1].digest).read_bytes())
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        owners = [(member.name, member.uid) for member in archive if member.isdir()]
    assert owners == [("app", 0), ("app/media", 65532), ("data", 65532)]


def test_a_file_that_nobody_added_is_named(sample: Sample) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=sample.root, check=True, capture_output=True)

    git("init", "--quiet")
    git("add", ".")
    assert build_image(sample.workshop()).findings == ()
    sample.write("fresh.py", "")
    sample.write("notes.txt", "")
    (finding,) = build_image(sample.workshop()).findings
    assert finding.message == (
        "not in the image, because git does not track them: 1 file: fresh.py"
    )
    git("add", "fresh.py")
    assert build_image(sample.workshop()).findings == ()


@pytest.mark.parametrize(
    ("entry", "message", "hint"),
    [
        ("demo:apx", "'demo:apx': 'demo' has no 'apx'", "did you mean 'demo:app'?"),
        ("dmeo:app", "'dmeo:app': there is no module 'dmeo'", "did you mean 'demo:app'?"),
    ],
)
def test_a_mistyped_entry_point_is_noticed(
    sample: Sample, entry: str, message: str, hint: str
) -> None:
    sample.write("pyproject.toml", PYPROJECT.replace("demo:app", entry))
    (finding,) = build_image(sample.workshop()).findings
    assert str(finding) == f"pyproject.toml: tool.longshore.processes.web.asgi: {message}"
    assert finding.hint == hint


def test_a_module_of_a_locked_package_is_not_judged(sample: Sample) -> None:
    sample.write("pyproject.toml", PYPROJECT.replace("demo:app", "helper.web:app"))
    assert build_image(sample.workshop()).findings == ()

"""``longshore inspect``."""

import json
import re

import pytest

from longshore.build import build_image
from longshore.build.found import records
from longshore.build.inspection import InspectedPackage
from longshore.cli.inspection import describe_reason, describe_size
from longshore.cli.main import main
from longshore.testing.sample import Sample
from longshore.types import Digest, MaterialKind


@pytest.fixture
def built(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> Sample:
    """A project whose image is in the store, and the working directory in it."""
    for name, value in sample.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(sample.root)
    build_image(sample.workshop())
    return sample


def test_the_overview_says_what_is_in_it_and_why(
    built: Sample, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("demo:latest\ndigest      sha256:")
    assert re.search(r"^size        \S+ kB in \d layers$", out, re.MULTILINE)
    assert "\nbase        debian:trixie\n" in out
    assert "\nserver      uvicorn 0.1, added: the lock has none that fits\n" in out
    assert "\nuser        65532:65532\nin          /app\nports       8000/tcp\n" in out
    assert "\n            PYTHONUNBUFFERED=1\n" in out
    assert re.search(r"^SIZE +LAYER +HOLDS$", out, re.MULTILINE)
    assert re.search(r"^PACKAGE +VERSION +SIZE +WHY$", out, re.MULTILINE)
    assert re.search(r"^helper +2\.0 +\d+ B +the project depends on it$", out, re.MULTILINE)
    assert re.search(r"^uvicorn +0\.1 +\d+ B +the lock has no server$", out, re.MULTILINE)
    assert str(built.root) not in out


def test_layers_and_packages_can_be_asked_for_alone(
    built: Sample, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", "demo", "--layers"]) == 0
    layers = capsys.readouterr().out
    assert layers.startswith("SIZE ")
    assert re.search(r"^ +  helper 2\.0$", layers, re.MULTILINE)
    assert main(["inspect", "demo", "--packages"]) == 0
    packages = capsys.readouterr().out
    assert packages.startswith("PACKAGE ")
    assert "ADDED BY LONGSHORE" not in packages
    assert main(["inspect", "--layers", "--packages"]) == 0
    assert capsys.readouterr().out == layers + packages
    assert built.root.is_dir()


def test_json_has_everything_whatever_is_asked_for(
    built: Sample, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["name"] == "demo:latest"
    assert document["config"]["user"] == "65532:65532"
    assert {package["name"] for package in document["packages"]} >= {"helper", "uvicorn"}
    assert sum(layer["size"] for layer in document["layers"]) == document["size"]
    assert main(["inspect", "--layers", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == document
    assert built.root.is_dir()


def test_an_image_without_a_record_says_so(
    built: Sample, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in records(built.workshop()).root.iterdir():
        path.unlink()
    assert main(["inspect"]) == 0
    out = capsys.readouterr().out
    assert "built by    unknown: there is no record of the build, only what the image itself" in out
    assert "PACKAGE" not in out
    assert main(["inspect", "--packages"]) == 0
    out, err = capsys.readouterr()
    assert (out, err) == ("", "no record of the build is here, so its packages are not known\n")


def test_an_unknown_image_is_an_error_of_the_project(
    built: Sample, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", "other"]) == 3
    assert capsys.readouterr().err == (
        "error: no image 'other' here\n"
        "hint: build it first: longshore build; there are demo:latest\n"
    )
    assert built.root.is_dir()


def test_on_a_terminal_nothing_is_wider_than_it(
    built: Sample, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")  # not a patched shutil: pytest asks it, too
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["inspect"]) == 0
    out = capsys.readouterr().out
    tables = out[out.index("SIZE ") :]
    assert max(map(len, tables.splitlines())) <= 60
    assert "…" in tables
    assert built.root.is_dir()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("a",), "the project depends on it"),
        (("a", "b"), "a"),
        (("a", "b", "c"), "a -> b"),
        ((), "the runtime"),
    ],
)
def test_the_reason_is_the_way_to_a_package(path: tuple[str, ...], text: str) -> None:
    package = InspectedPackage(
        name="c",
        version="1",
        kind=MaterialKind.WHEEL,
        path=path,
        reason="the runtime",
        purl="pkg:pypi/c@1",
        sha256=Digest.of(b""),
        layer=None,
        size=None,
        url="",
    )
    assert describe_reason(package) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (12_345, "12.3 kB"),
        (999_900, "1000 kB"),
        (5_163_586, "5.16 MB"),
        (2_000_000_000, "2.00 GB"),
    ],
)
def test_sizes_have_three_digits(size: int, text: str) -> None:
    assert describe_size(size) == text

"""What is said about files that are not in the image."""

from dataclasses import replace
from pathlib import PurePosixPath

from longshore.build.untracked import source_findings
from longshore.testing.sample import Sample


def test_what_is_left_out_is_said(sample: Sample) -> None:
    workshop = sample.workshop()
    assert source_findings(workshop) == ()
    paths = tuple(PurePosixPath(f"{name}.py") for name in "abcdef")
    settings = (PurePosixPath(".env"),)
    workshop.__dict__["source"] = replace(workshop.source, untracked=paths, left_out=settings)
    missed, kept = source_findings(workshop)
    assert missed.message == (
        "not in the image, because git does not track them: 6 files: a.py, b.py, c.py, d.py, e.py …"
    )
    assert kept.message == "git tracks settings, which are left out of the image: 1 file: .env"

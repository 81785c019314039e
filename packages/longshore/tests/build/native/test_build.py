"""A build tells what its wheels lack."""

from collections.abc import Callable

from longshore.build import build_image
from longshore.testing import make_wheel
from longshore.testing.sample import Sample, hashed
from longshore.types import Platform

MACHINE = {"amd64": 62, "arm64": 183}[Platform.host().architecture]

MakeElf = Callable[..., bytes]


def test_a_build_warns_and_goes_on(sample: Sample, elf: MakeElf) -> None:
    native = make_wheel("native", "1.0", files={"native.so": elf("libpq.so.5", machine=MACHINE)})
    sample.index.add(native)
    sample.write("requirements.txt", hashed([native]))
    result = build_image(sample.workshop())
    (finding,) = result.findings
    assert str(finding) == (
        "native-1.0-py3-none-any.whl: needs what is neither in a wheel nor in the base: "
        "libpq.so.5 (native.so)"
    )
    assert finding.hint == 'add to [tool.longshore]: packages = ["libpq5"]'
    assert result.record.platforms[0].layers

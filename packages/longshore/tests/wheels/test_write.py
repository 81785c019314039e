"""``wheels.write``: normalised wheels."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from longshore.wheels.read import WheelFile
from longshore.wheels.write import write_wheel

FILES = [("b/run.py", b"pass\n", 0o775), ("a.py", b"x = 1\n", 0o600)]


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    first = write_wheel(tmp_path / "1.whl", name="long-shore", version="1", files=FILES)
    os.utime(tmp_path / "1.whl", (0, 0))
    second = write_wheel(tmp_path / "2.whl", name="long-shore", version="1", files=FILES[::-1])
    assert first == second
    assert str(first) == ("sha256:28284684464e5f2a7ce9a7055b20700e2d96031b24475cbf900cacc5c87e95ba")


def test_it_is_a_sound_wheel(tmp_path: Path) -> None:
    path = tmp_path / "long_shore-1-py3-none-any.whl"
    digest = write_wheel(path, name="long-shore", version="1", files=FILES, requires=["h11>=0.16"])
    with WheelFile.open(path, sha256=digest) as wheel:
        assert wheel.check(strict=True).findings == ()
        assert (wheel.name, wheel.version, wheel.requires) == ("long-shore", "1", ("h11>=0.16",))
        modes = {entry.zip.name: entry.zip.mode for entry in wheel.entries}
    assert modes["b/run.py"] == 0o755
    assert modes["a.py"] == 0o644
    assert zipfile.ZipFile(path).testzip() is None


def test_python_imports_from_it(tmp_path: Path) -> None:
    path = tmp_path / "w.whl"
    write_wheel(path, name="w", version="1", files=FILES)
    code = f"import sys; sys.path.insert(0, {str(path)!r}); import a; print(a.x)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "1\n"


@pytest.mark.parametrize("path", ["../a.py", "a.py", "w-1.dist-info/METADATA"])
def test_a_bad_path_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(ValueError, match=r"expected a relative path|appears twice"):
        write_wheel(tmp_path / "w.whl", name="w", version="1", files=[*FILES, (path, b"", 0o644)])

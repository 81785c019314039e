"""The package index, asked by uv, which knows nothing of Longshore."""

import subprocess
import sys
from pathlib import Path

import pytest

from longshore.testing import Network, PackageIndex, make_wheel


@pytest.mark.parametrize("json", [True, False])
@pytest.mark.parametrize("login", [None, ("me", "pw")])
def test_uv_installs_from_it(
    network: Network, tmp_path: Path, json: bool, login: tuple[str, str] | None
) -> None:
    files = [make_wheel("alpha", requires=["beta>=1"]), make_wheel("beta", "2.0")]
    network.host("index.test", PackageIndex(files, json=json, login=login))
    user = f"{':'.join(login)}@" if login else ""
    subprocess.run(
        [
            *(Path(sys.executable).with_name("uv"), "pip", "install", "--quiet", "--no-cache"),
            *("--no-config", "--python", sys.executable, "--target", tmp_path / "to", "alpha"),
            *("--default-index", f"https://{user}index.test/simple"),
        ],
        env={"HOME": str(tmp_path), **network.environment},
        check=True,
    )
    assert (tmp_path / "to/alpha/__init__.py").read_text() == '__version__ = "1.0"\n'
    assert (tmp_path / "to/beta/__init__.py").read_text() == '__version__ = "2.0"\n'

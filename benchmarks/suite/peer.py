"""The peer: ``buildah bud --layers`` with the Dockerfile that uv's documentation recommends.

Its base is made once by debootstrap and kept, with buildah's storage, in a cache folder of its own;
no image of the user is touched.
"""

import os
import shutil
import ssl
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from suite.project import UV, run_checked
from suite.sampling import Sample, UnavailableError, run_timed

FILES = Path(__file__).resolve().parents[1] / "peer"
BASE = "localhost/longshore-bench/base"
BUILDER = "localhost/longshore-bench/builder"
SUITE = "trixie"
_PACKAGES = "python3,ca-certificates"
_LEFT_OUT = ("dev/", "proc/", "sys/", "var/cache/apt/", "var/lib/apt/lists/")
_INDEX_VARIABLES = ("LONGSHORE_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")


def cache_folder() -> Path:
    """Return where the base and buildah's storage are kept between runs."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "longshore-bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """buildah on a project.

    Args:
        project: the context.
        cache: where everything of this peer is kept.
    """

    project: Path
    cache: Path

    @property
    def env(self) -> dict[str, str]:
        """The environment of a call; buildah keeps cache mounts below TMPDIR."""
        return {**os.environ, "TMPDIR": str(self.cache / "tmp")}

    @property
    def storage(self) -> tuple[str, ...]:
        """The options of buildah and podman that name the storage."""
        return ("--root", str(self.cache / "storage"), "--runroot", str(self.cache / "run"))

    def prepare(self) -> None:
        """Make the base and the builder's base, unless they are there.

        Raises:
            UnavailableError: if the tools are not there and can't be installed.
        """
        (self.cache / "tmp").mkdir(parents=True, exist_ok=True)
        install("buildah", "debootstrap")
        if not self._has(BASE):
            self._make_base()
        with tempfile.TemporaryDirectory(prefix="longshore-bench-") as name:
            folder = Path(name)
            shutil.copyfile(UV, folder / "uv")
            (folder / "uv").chmod(0o755)
            shutil.copyfile(_ca_bundle(), folder / "ca-certificates.crt")
            (folder / "uv.toml").write_text(_uv_settings(os.environ))
            self._bud("--tag", BUILDER, "--build-arg", f"BASE={BASE}", file="builder", at=folder)

    def build(self, tag: str, *, cached: bool = True, bytecode: bool = True) -> Sample:
        """Build the project's image; without ``cached`` no layer is taken from an earlier build."""
        argv = [*self._start, "--tag", f"localhost/longshore-bench/{tag}"]
        for word in (f"BUILDER={BUILDER}", f"BASE={BASE}", f"COMPILE={int(bytecode)}"):
            argv += ["--build-arg", word]
        argv += [] if cached else ["--no-cache"]
        argv += ["--file", str(FILES / "Dockerfile"), str(self.project)]
        return run_timed(argv, env=self.env)

    def forget_downloads(self) -> None:
        """Remove uv's cache."""
        shutil.rmtree(self.cache / "tmp", ignore_errors=True)
        (self.cache / "tmp").mkdir()

    def clean(self) -> None:
        """Remove the images that no name has any more."""
        argv = ["buildah", *self.storage, "rmi", "--prune", "--force"]
        subprocess.run(argv, env=self.env, capture_output=True, check=False)

    @property
    def _start(self) -> list[str]:
        options = ("--isolation", "chroot", "--layers", "--network=host")
        return ["buildah", *self.storage, "bud", *options]

    def _has(self, image: str) -> bool:
        argv = ["buildah", *self.storage, "inspect", "--type", "image", image]
        return subprocess.run(argv, env=self.env, capture_output=True, check=False).returncode == 0

    def _bud(self, *options: str, file: str, at: Path) -> None:
        dockerfile = str(FILES / f"Dockerfile.{file}")
        run_checked(*self._start, *options, "--file", dockerfile, str(at), env=self.env)

    def _make_base(self) -> None:
        print(f"  making the peer's base by debootstrap in {self.cache}", flush=True)
        with tempfile.TemporaryDirectory(prefix="base-", dir=self.cache) as name:
            folder = Path(name)
            root = folder / "root"
            argv = ("debootstrap", "--variant=minbase", f"--include={_PACKAGES}", SUITE)
            run_checked(*argv, str(root), *_debian_mirror())
            with tarfile.open(folder / "base.tar", "w") as archive:
                archive.add(root, arcname=".", filter=_shipped)
            shutil.rmtree(root)
            self._bud("--tag", BASE, file="base", at=folder)


def install(*programs: str) -> None:
    """Install Debian packages that are named like the program that they bring.

    Raises:
        UnavailableError: if one is missing and we are not root on a Debian.
    """
    missing = [name for name in programs if shutil.which(name) is None]
    if not missing:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        msg = f"{', '.join(missing)}: not installed"
        raise UnavailableError(msg)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run_checked("apt-get", "update", "-qq", env=env)
    run_checked("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing, env=env)


def _shipped(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    inside = entry.name.removeprefix("./")
    return None if inside.startswith(_LEFT_OUT) else entry


def _debian_mirror() -> tuple[str, ...]:
    """Return the mirror that the environment or the host's apt names; else debootstrap's own."""
    if mirror := os.environ.get("LONGSHORE_DEBIAN_MIRROR"):
        return (mirror,)
    for path in sorted(Path("/etc/apt/sources.list.d").glob("*.sources")):
        if "debian" not in path.name:
            continue
        for line in path.read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip().lower() == "uris" and value.strip():
                return (value.split()[0],)
    return ()


def _ca_bundle() -> Path:
    """Return the host's certificates, as its tools find them."""
    candidates = (os.environ.get("SSL_CERT_FILE"), ssl.get_default_verify_paths().cafile)
    for name in (*candidates, "/etc/ssl/certs/ca-certificates.crt"):
        if name and Path(name).is_file():
            return Path(name)
    msg = "no bundle of certificates found; set SSL_CERT_FILE"
    raise UnavailableError(msg)


def _uv_settings(environment: Mapping[str, str]) -> str:
    """Return a ``uv.toml`` with the host's package index; empty where nothing is set."""
    for name in _INDEX_VARIABLES:
        if url := environment.get(name):
            return f'index-url = "{url}"\n'
    folder = Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    for path in (folder / "uv" / "uv.toml", Path("/etc/uv/uv.toml")):
        if path.is_file():
            return path.read_text()
    argv = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    found = subprocess.run(argv, capture_output=True, text=True, check=False)
    url = found.stdout.strip()
    return f'index-url = "{url}"\n' if found.returncode == 0 and url else ""

"""Applications of a workspace: which members are in an image and in its key.

The sandbox is this machine's interpreter; uv resolves and locks against the index in here.
"""

import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from longshore.build import BuildResult, build_image
from longshore.build.locking import missing_locks
from longshore.build.project_lock import write_missing_lock
from longshore.cli.context import Context
from longshore.cli.main import main
from longshore.errors import ProjectError
from longshore.locks.pins import FILENAME, BuildPins, Pins, render_pins
from longshore.testing import make_wheel
from longshore.testing.sample import Sample, base_pins
from longshore.testing.sandbox import HostSandbox

UV = Path(sys.executable).with_name("uv")
SITE = "app/.venv/lib/python3.13/site-packages"
BACKEND = """\
import os, zipfile
def build_wheel(folder, settings, metadata=None):
    name = [each for each in os.listdir() if each.endswith("_code.py")][0]
    dist = name[:-len("_code.py")]
    wheel = f"{dist}-1-py3-none-any.whl"
    info = f"{dist}-1.dist-info"
    about = {
        "METADATA": f"Metadata-Version: 2.1\\nName: {dist}\\nVersion: 1\\n",
        "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        "RECORD": "",
    }
    with zipfile.ZipFile(os.path.join(folder, wheel), "w") as archive:
        archive.writestr(name, open(name).read())
        for path, text in about.items():
            archive.writestr(f"{info}/{path}", text)
    return wheel
"""
TABLES = {
    "uv": '[tool.uv.workspace]\nmembers = ["apps/*", "packages/*"]\n',
    "hatch": '[tool.hatch.envs.default]\nworkspace.members = ["apps/*", "packages/*"]\n',
}


class Repository:
    """Two applications and three libraries."""

    def __init__(self, sample: Sample, kind: str) -> None:
        self.sample = sample
        self.kind = kind
        self.root = sample.root
        for path in list(sample.root.iterdir()):
            path.unlink()
        sample.write("pyproject.toml", TABLES[kind] + "[tool.longshore]\nbytecode = false\n")
        self.member("packages/lib", "lib", ["helper", "core"])
        self.member("packages/core", "core", [])
        self.member("packages/unused", "unused", [])
        self.application("apps/api", "api", ["lib"])
        self.application("apps/web", "web", ["core"])

    def member(self, folder: str, name: str, needs: list[str], more: str = "") -> None:
        sources = "".join(
            f"{each} = {{ workspace = true }}\n" for each in needs if each != "helper"
        )
        self.sample.write(
            f"{folder}/pyproject.toml",
            f'[project]\nname = "{name}"\nversion = "1"\nrequires-python = ">=3.11"\n'
            f"dependencies = {json.dumps(needs)}\n"
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
            + (f"[tool.uv.sources]\n{sources}" if self.kind == "uv" else "")
            + more,
        )
        self.sample.write(f"{folder}/backend.py", BACKEND)
        self.sample.write(f"{folder}/{name}_code.py", f"NAME = {name!r}\n")

    def application(self, folder: str, name: str, needs: list[str]) -> None:
        process = f'[tool.longshore.processes.web]\nasgi = "{name}_code:app"\n'
        self.member(folder, name, needs, process)
        build = BuildPins(requires=(), python="3.13", packages=())
        pins = Pins(bases=base_pins().bases, builds=(build,))
        self.sample.write(f"{folder}/{FILENAME}", render_pins(pins))

    def lock(self) -> None:
        """Lock as the workspace's own tool would; Hatch has no lock."""
        if self.kind == "uv":
            environment = {**self.sample.environment, "PATH": os.environ["PATH"]}
            environment |= {"UV_DEFAULT_INDEX": "https://index.test/simple", "UV_NO_CONFIG": "1"}
            environment |= {"UV_PYTHON_DOWNLOADS": "never", "UV_CACHE_DIR": str(self.root / ".uv")}
            done = subprocess.run(
                [UV, "lock", "--quiet"],
                cwd=self.root,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr

    def workshop(self, folder: str) -> Context:
        context = Context(environment=self.sample.environment, start=str(self.root / folder))
        context.__dict__["sandbox"] = HostSandbox()
        return context

    def build(self, folder: str) -> tuple[BuildResult, dict[str, bytes]]:
        workshop = self.workshop(folder)
        result = build_image(workshop)
        return result, _files(workshop, result)


def _files(workshop: Context, result: BuildResult) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for layer in workshop.layout.manifest(result.descriptor).layers:
        data = gzip.decompress(workshop.layout.blobs.path(layer.digest).read_bytes())
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for entry in archive:
                file = archive.extractfile(entry) if entry.isfile() else None
                found[entry.name] = b"" if file is None else file.read()
    return found


@pytest.fixture(params=sorted(TABLES))
def repository(sample: Sample, request: pytest.FixtureRequest) -> Repository:
    """A locked workspace."""
    repository = Repository(sample, request.param)
    repository.lock()
    return repository


def test_an_image_has_the_members_that_its_application_needs(repository: Repository) -> None:
    result, files = repository.build("apps/api")
    assert files[f"{SITE}/api_code.py"] == b"NAME = 'api'\n"
    assert files[f"{SITE}/lib_code.py"] == b"NAME = 'lib'\n"
    assert files[f"{SITE}/core_code.py"] == b"NAME = 'core'\n"
    assert f"{SITE}/helper/__init__.py" in files
    assert not [name for name in files if "unused" in name or "web_code" in name]
    reasons = {each.purl: each.reason for each in result.record.materials}
    assert reasons["pkg:pypi/lib@1"] == "first-party: built from the source tree"
    _, web = repository.build("apps/web")
    assert f"{SITE}/core_code.py" in web
    assert not [name for name in web if "lib_code" in name or "helper" in name]


def test_only_the_closure_is_in_the_key(repository: Repository) -> None:
    api, _ = repository.build("apps/api")
    web, _ = repository.build("apps/web")
    repository.sample.write("packages/unused/unused_code.py", "NAME = 'changed'\n")
    assert repository.build("apps/api")[0].cached
    repository.sample.write("packages/lib/lib_code.py", "NAME = 'changed'\n")
    again, files = repository.build("apps/api")
    assert again.descriptor.digest != api.descriptor.digest
    assert files[f"{SITE}/lib_code.py"] == b"NAME = 'changed'\n"
    unchanged, _ = repository.build("apps/web")
    assert (unchanged.cached, unchanged.descriptor.digest) == (True, web.descriptor.digest)


def test_the_root_is_an_application_without_the_files_of_its_members(
    repository: Repository,
) -> None:
    table = (repository.root / "pyproject.toml").read_text()
    repository.application(".", "top", ["core"])
    with (repository.root / "pyproject.toml").open("a") as file:
        file.write(table.replace("[tool.longshore]\nbytecode = false\n", ""))
        file.write("[tool.longshore]\nbytecode = false\n")
    repository.lock()
    _, files = repository.build(".")
    assert {f"{SITE}/top_code.py", f"{SITE}/core_code.py"} <= set(files)
    assert [
        str(each.path) for each in repository.workshop(".").source.files if "/" in str(each.path)
    ] == []


def test_a_member_without_metadata_is_named(sample: Sample) -> None:
    repository = Repository(sample, "uv")
    repository.lock()
    (repository.root / "packages/core/pyproject.toml").write_text("[tool.ruff]\n")
    with pytest.raises(ProjectError) as caught:
        repository.build("apps/api")
    assert str(caught.value) == (
        f"{repository.root}/packages/core: the lock has a member here, "
        "but there is no [project] table"
    )


def test_every_application_is_built_by_one_command(
    repository: Repository, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in repository.sample.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Context, "sandbox", HostSandbox())
    project = ["--project", str(repository.root), "--quiet"]
    assert main(["build", "--all", *project]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition("@")[0] for line in lines] == ["api", "web"]
    assert main(["build", "--package", "web", *project]) == 0
    assert capsys.readouterr().out.splitlines() == lines[1:]
    assert main(["build", "--package", "api", "--all", *project]) == 2
    assert "--all does not go with --package" in capsys.readouterr().err
    assert main(["build", *project]) == 3
    assert "hint: choose a member with --package: api, core, lib, unused, web" in (
        capsys.readouterr().err
    )


def test_hatch_members_are_locked_at_the_workspaces_root(sample: Sample) -> None:
    repository = Repository(sample, "hatch")
    changed = write_missing_lock(repository.workshop("apps/api"), upgrade=False)
    assert changed == ("pylock.api.toml: 3 packages",)
    assert missing_locks(repository.workshop("apps/api")) == ()
    text = (repository.root / "pylock.api.toml").read_text()
    assert 'path = "packages/core"' in text
    sample.index.add(make_wheel("helper", "3.0"))
    repository.member("packages/core", "core", ["helper<3"])
    assert missing_locks(repository.workshop("apps/api")) == ("pylock.api.toml is out of date",)

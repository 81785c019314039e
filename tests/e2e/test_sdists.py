"""Packages of PyPI that have no wheel, built in the real sandbox: plain, with cffi, with libpq."""

import json
import os
import shutil
from pathlib import Path
from textwrap import dedent

import pytest
from tests.e2e.harness import Bench

from longshore.testing import make_sdist

pytestmark = pytest.mark.timeout(600)

PURE = """\
docopt==0.6.2 \
    --hash=sha256:49b3a825280bd66b3aa83585ef59c4a8c82f2c8a522dbe754a8bc8d08c85c491
"""
COMPILED = """\
cffi==2.0.0 \
    --hash=sha256:c8d3b5532fc71b7a77c09192b4a5a200ea992702734a2e9279a37f2478236f26
misaka==2.1.1 \
    --hash=sha256:62f35254550095d899fc2ab8b33e156fc5e674176f074959cbca43cf7912ecd7
pycparser==2.23 \
    --hash=sha256:e5c6e8d3fbad53479cab09ac03729e0a9faf2bee3db8208a550daf5af81a5934
"""
LINKED = """\
psycopg2==2.9.11 \
    --hash=sha256:964d31caf728e217c697ff77ea69c2ba0865fa41ec20bb00f0977e62fdcc52e3
"""
TABLE = """
    [processes.job]
    command = ["python", "app.py"]
    kind = "job"
    """


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The folders of somebody who has built nothing yet."""
    folder = tmp_path_factory.mktemp("sdists")
    environment = {key: value for key, value in os.environ.items() if key != "CI"}
    for name in ("CACHE", "DATA", "STATE"):
        path = folder / name.lower()
        path.mkdir(mode=0o700)
        environment[f"LONGSHORE_{name}_DIR"] = str(path)
    return environment


@pytest.fixture
def bench(tmp_path: Path, folders: dict[str, str]) -> Bench:
    """An empty project."""
    (tmp_path / "project").mkdir()
    return Bench(project=tmp_path / "project", environment=folders, engine="builtin")


def _write(bench: Bench, **files: str) -> None:
    for name, text in files.items():
        suffix = {"longshore": ".toml", "requirements": ".txt", "app": ".py"}[name]
        (bench.project / f"{name}{suffix}").write_text(dedent(text))


def _build(bench: Bench, *argv: str) -> str:
    completed = bench.run("build", *argv)
    assert completed.returncode == 0, completed.stderr
    return completed.stdout.strip()


def _failure(bench: Bench) -> str:
    completed = bench.run("build")
    assert completed.returncode == 4, completed.stderr
    return completed.stderr


def _materials(bench: Bench) -> dict[str, str]:
    """Return what kind each package of the image is of."""
    document = json.loads(bench.run("inspect", "--format", "json").stdout)
    return {package["name"]: package["kind"] for package in document["packages"]}


def test_a_package_without_a_wheel_is_in_the_image(bench: Bench) -> None:
    app = "import docopt; print(docopt.__version__)\n"
    _write(bench, longshore=TABLE, requirements=PURE, app=app)
    locked = bench.run("lock")
    assert "docopt 0.6.2 has no wheel: pinned what builds one" in locked.stdout
    assert "toolchain" not in (bench.project / "longshore.lock").read_text()
    _build(bench, "--locked")
    assert bench.run("run", "--", "python", "app.py").stdout == "0.6.2\n"
    assert _materials(bench)["docopt"] == "sdist"


def test_code_for_a_compiler_is_built_twice_to_the_same_image(bench: Bench) -> None:
    app = "import misaka; print(misaka.html('*made here*'))\n"
    _write(bench, longshore=TABLE, requirements=COMPILED, app=app)
    assert "pinned compiler for debian:trixie" in bench.run("lock").stdout
    first = _build(bench)
    assert bench.run("run", "--", "python", "app.py").stdout == "<p><em>made here</em></p>\n\n"
    assert _materials(bench)["gcc"] == "build-requirement"
    cache, data = (Path(bench.environment[f"LONGSHORE_{name}_DIR"]) for name in ("CACHE", "DATA"))
    shutil.rmtree(cache / "memos")  # what the sources came to is forgotten; downloads are kept
    for entry in data.iterdir():
        shutil.rmtree(entry)
    assert _build(bench) == first


def test_a_library_is_named_when_it_is_missing_and_found_when_it_is_there(bench: Bench) -> None:
    app = "import psycopg2; print(psycopg2.__version__.split()[0])\n"
    _write(bench, longshore=TABLE, requirements=LINKED, app=app)
    assert 'hint: add to the top of longshore.toml: build-packages = ["libpq-dev"]' in _failure(
        bench
    )
    _write(bench, longshore='build-packages = ["libpq-dev"]\n' + dedent(TABLE))
    warned = bench.run("build")
    assert 'hint: add to the top of longshore.toml: packages = ["libpq5"]' in warned.stderr
    table = 'build-packages = ["libpq-dev"]\npackages = ["libpq5"]\n' + dedent(TABLE)
    _write(bench, longshore=table)
    _build(bench)
    assert bench.run("run", "--", "python", "app.py").stdout == "2.9.11\n"


def test_a_build_has_no_network_and_no_file_of_this_machine(bench: Bench) -> None:
    backend = """
        import os, pathlib, urllib.request
        def build_wheel(folder, settings, metadata):
            assert not pathlib.Path({here!r}).exists(), "sees this machine"
            assert "SECRET_OF_THE_SHELL" not in os.environ, "sees the shell"
            urllib.request.urlopen("http://198.51.100.1/more.tar.gz", timeout=20)
        """
    here = str(Path(__file__))
    sdist = make_sdist("wants-more", "1", files={"backend.py": dedent(backend).format(here=here)})
    path = bench.project / sdist.filename
    path.write_bytes(sdist.content)
    line = f"wants-more @ file://{path} --hash={sdist.digest}\n"
    _write(bench, longshore=TABLE, requirements=line, app="")
    bench = Bench(
        project=bench.project, environment={**bench.environment, "SECRET_OF_THE_SHELL": "x"}
    )
    said = _failure(bench)
    assert "error: wants-more 1: the build backend 'backend' failed" in said
    assert "Network is unreachable" in said
    assert "it is built without network" in said


def test_own_code_gets_a_compiler_too(bench: Bench) -> None:
    setup = """
        from setuptools import Extension, setup
        setup(ext_modules=[Extension("answer", ["answer.c"])])
        """
    code = """
        #include <Python.h>
        static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "answer"};
        PyMODINIT_FUNC PyInit_answer(void) {
            PyObject *self = PyModule_Create(&module);
            if (self) PyModule_AddIntConstant(self, "ANSWER", 42);
            return self;
        }
        """
    pyproject = """
        [build-system]
        requires = ["setuptools"]
        build-backend = "setuptools.build_meta"
        [project]
        name = "answer"
        version = "1"
        [tool.setuptools]
        py-modules = []
        [tool.longshore]
        # more
        [tool.longshore.processes.job]
        command = ["python", "-c", "import answer; print(answer.ANSWER)"]
        kind = "job"
        """
    for name, text in {"setup.py": setup, "answer.c": code, "pyproject.toml": pyproject}.items():
        (bench.project / name).write_text(dedent(text))
    (bench.project / "requirements.txt").write_text("")
    assert "give it a compiler: add to [tool.longshore]: build-packages = []" in _failure(bench)
    table = dedent(pyproject).replace("# more", "build-packages = []")
    (bench.project / "pyproject.toml").write_text(table)
    _build(bench)
    said = bench.run("run", "--", "python", "-c", "import answer; print(answer.ANSWER)")
    assert said.stdout == "42\n"

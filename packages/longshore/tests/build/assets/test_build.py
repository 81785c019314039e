"""Commands of a project whose outputs go into its image.

The sandbox here is the host's interpreter with the inside paths mapped back; the real one runs a
real Django project in the e2e tests.
"""

import subprocess
import sys
import tarfile
from collections.abc import Callable
from io import BytesIO

import pytest

from longshore.build import BuildResult, build_image
from longshore.cli.context import Context
from longshore.errors import ProjectError
from longshore.oci.gzip import inflate
from longshore.sandbox.interface import Command, Completed
from longshore.testing import make_wheel
from longshore.testing.sample import PYPROJECT, Sample, hashed

MAKE = "import pathlib; pathlib.Path('made').mkdir(); "
WRITE = MAKE + "pathlib.Path('made/b.txt').write_text('b'); pathlib.Path('made/a.txt').touch()"


class HostSandbox:
    """Runs Python on the host, each inside path replaced by the mounted host path."""

    name = "host"

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def run(self, command: Command, *, stdin: bytes = b"") -> Completed:
        self.commands.append(command)
        mounts = {str(m.target): str(m.source) for m in command.mounts if m.source is not None}
        done = subprocess.run(
            [sys.executable, *command.argv[1:]],
            input=stdin,
            env=dict(command.env),
            cwd=mounts[str(command.cwd)],
            capture_output=True,
            check=False,
        )
        return Completed(returncode=done.returncode, stdout=done.stdout, stderr=done.stderr)


@pytest.fixture
def sandbox() -> HostSandbox:
    return HostSandbox()


Build = Callable[..., BuildResult]


@pytest.fixture
def workshop(sample: Sample, sandbox: HostSandbox) -> Callable[[], Context]:
    def make() -> Context:
        workshop = sample.workshop()
        workshop.__dict__["sandbox"] = sandbox
        return workshop

    return make


@pytest.fixture
def build(sample: Sample, workshop: Callable[[], Context]) -> Build:
    """Build with the given steps: the program of each, and further lines."""

    def run(*steps: tuple[str, str]) -> BuildResult:
        text = PYPROJECT
        for code, lines in steps:
            text += f'\n[[tool.longshore.assets]]\ncommand = [\'python\', \'-c\', """{code}"""]\n'
            text += lines + "\n"
        sample.write("pyproject.toml", text)
        return build_image(workshop())

    return run


def layers(sample: Sample, result: BuildResult) -> dict[str, dict[str, bytes]]:
    """Return the files of each layer, by the layer's title."""
    layout = sample.workshop().layout
    found = {}
    for digest, _, title in result.record.platforms[0].layers:
        data = b"".join(inflate(layout.blobs.chunks(digest)))
        with tarfile.open(fileobj=BytesIO(data)) as archive:
            files = [info for info in archive if info.isfile()]
            found[title] = {
                info.name: handle.read() for info in files if (handle := archive.extractfile(info))
            }
    return found


def problem(build: Build, *steps: tuple[str, str]) -> ProjectError:
    with pytest.raises(ProjectError) as caught:
        build(*steps)
    return caught.value


def test_outputs_are_a_layer_below_that_of_the_application(sample: Sample, build: Build) -> None:
    found = layers(sample, build((WRITE, 'outputs = ["made/"]')))
    assert list(found)[-2:] == ["assets", "application source"]
    assert found["assets"] == {"app/made/a.txt": b"", "app/made/b.txt": b"b"}
    assert not any("made" in name for name in found["application source"])


def test_a_command_runs_once_for_the_same_inputs(
    sample: Sample, build: Build, sandbox: HostSandbox
) -> None:
    narrow = 'outputs = ["made/"]\ninputs = ["words/*.txt"]'
    sample.write("words/one.txt", "1")
    first = build((WRITE, narrow))
    sample.write("demo.py", "app = 1\n")
    second = build((WRITE, narrow))
    assert len(sandbox.commands) == 1
    assert layers(sample, first)["assets"] == layers(sample, second)["assets"]
    assert second.descriptor != first.descriptor
    sample.write("words/one.txt", "2")
    build((WRITE, narrow))
    assert len(sandbox.commands) == 2


def _lock_another(sample: Sample) -> None:
    wheel = make_wheel("helper", "3.0", files={"helper/__init__.py": b""})
    sample.index.add(wheel)
    sample.write("requirements.txt", hashed([wheel]))


@pytest.mark.parametrize(
    "change",
    [
        lambda sample: sample.write("notes.txt", "a tracked file"),
        _lock_another,
    ],
)
def test_a_command_runs_again_when_what_it_sees_has_changed(
    sample: Sample, build: Build, sandbox: HostSandbox, change: Callable[[Sample], None]
) -> None:
    build((WRITE, 'outputs = ["made/"]'))
    change(sample)
    build((WRITE, 'outputs = ["made/"]'))
    build((WRITE, 'outputs = ["made/"]\nenv = { A = "1" }'))
    assert len(sandbox.commands) == 3


def test_outputs_are_made_again_where_the_cache_lost_one(
    sample: Sample, build: Build, sandbox: HostSandbox
) -> None:
    first = build((WRITE, 'outputs = ["made/"]'))
    sample.write("demo.py", "app = 1\n")
    store = sample.workshop().blobs
    for path in (store.root / "sha256").iterdir():
        if path.read_bytes() == b"b":
            path.unlink()
    narrow = 'outputs = ["made/"]'
    assert layers(sample, build((WRITE, narrow)))["assets"] == layers(sample, first)["assets"]
    assert len(sandbox.commands) == 2


def test_the_command_gets_its_settings_and_nothing_of_the_host(
    build: Build, sandbox: HostSandbox
) -> None:
    build((WRITE, 'outputs = ["made/"]\nenv = { SECRET_KEY = "only-for-the-build" }'))
    [command] = sandbox.commands
    assert dict(command.env) == {
        "HOME": "/tmp",
        "PATH": "/app/.venv/bin:/usr/local/bin:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        "SECRET_KEY": "only-for-the-build",
        "SOURCE_DATE_EPOCH": "315532800",
        "TZ": "UTC",
    }
    assert command.network.value == "none"
    assert command.limits.seconds == 900
    mounts = {str(mount.target): mount for mount in command.mounts}
    assert {path: mount.writable for path, mount in mounts.items()} == {
        "/app": True,
        "/app/.venv": False,
        "/app/.longshore": False,
    }
    source = mounts["/app/.venv"].source
    assert source is not None
    helper = source / "lib" / "python3.13" / "site-packages" / "helper" / "__init__.py"
    assert helper.read_bytes() == b"VALUE = 1\n"


def test_a_command_sees_the_tracked_files_that_inputs_names(sample: Sample, build: Build) -> None:
    sample.write("a.txt", "")
    code = MAKE + "pathlib.Path('made/seen').write_text(' '.join(sorted(p.name for p in {})))"
    every = code.format("pathlib.Path().iterdir() if p.is_file()")
    found = layers(sample, build((every, 'outputs = ["made/seen"]')))
    assert found["assets"]["app/made/seen"].split() == (
        b"a.txt demo.py longshore.lock pyproject.toml requirements.txt".split()
    )
    found = layers(sample, build((every, 'outputs = ["made/seen"]\ninputs = ["*.txt"]')))
    assert found["assets"]["app/made/seen"].split() == [b"a.txt", b"requirements.txt"]


def test_a_later_command_sees_what_an_earlier_one_made(sample: Sample, build: Build) -> None:
    join = "import pathlib; p = pathlib.Path; p('all').write_text(p('made/b.txt').read_text() * 2)"
    steps = [(WRITE, 'outputs = ["made/b.txt"]'), (join, 'outputs = ["all"]\ninputs = ["demo.py"]')]
    assert layers(sample, build(*steps))["assets"] == {"app/made/b.txt": b"b", "app/all": b"bb"}


def test_an_input_that_matches_nothing_is_refused(build: Build) -> None:
    error = problem(build, (WRITE, 'outputs = ["made"]\ninputs = ["demo.py", "styles/*.css"]'))
    assert str(error) == (
        "pyproject.toml: tool.longshore.assets[0].inputs: 'styles/*.css': no tracked file matches"
    )


def test_a_command_that_fails_shows_its_last_lines(build: Build) -> None:
    code = "import sys; [print(n) for n in range(30)]; sys.exit('SECRET_KEY is not set')"
    error = problem(build, (code, 'outputs = ["made"]'))
    assert 'assets[0]: the command "python -c import sys; [print(n)' in str(error)
    assert str(error).endswith("exited with status 1")
    assert error.context == (*map(str, range(11, 30)), "SECRET_KEY is not set")
    assert error.hint == (
        'give it one that opens nothing: env = { SECRET_KEY = "only-for-the-build" }'
    )


def test_an_output_that_is_missing_is_named_with_what_is_there_instead(build: Build) -> None:
    error = problem(build, (WRITE, 'outputs = ["made", "static/css"]'))
    assert str(error).endswith(" made no 'static/css'")
    assert error.hint == "it made 'made': name what the image should have in outputs"
    error = problem(build, ("pass", 'outputs = ["static"]'))
    assert error.hint == "outputs are relative to the project's root, where the command runs"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os; os.mkdir('out')", "made no 'out'"),
        ("import os; os.symlink('/etc', 'out')", "the link to '/etc' leaves the project"),
        ("import os; os.mkfifo('out')", "the output 'out' is no file, folder or link"),
        (
            "import os; os.mkdir('out'); open('out/.env', 'w').close()",
            "the output 'out/.env' looks like settings with secrets",
        ),
    ],
)
def test_what_can_not_be_shipped_is_refused(build: Build, code: str, words: str) -> None:
    assert words in str(problem(build, (code, 'outputs = ["out"]')))


def test_nothing_is_taken_from_behind_a_link(build: Build) -> None:
    code = "import os; os.symlink('/etc', 'out')"
    assert "made no 'out/hostname'" in str(problem(build, (code, 'outputs = ["out/hostname"]')))


def test_an_output_with_the_path_of_a_source_file_must_be_the_same(
    sample: Sample, build: Build
) -> None:
    sample.write("made/b.txt", "b")
    sample.write("made/c.txt", "c")
    code = WRITE.replace("mkdir()", "mkdir(exist_ok=True)")
    found = layers(sample, build((code, 'outputs = ["made"]')))
    assert found["assets"] == {"app/made/a.txt": b""}
    sample.write("made/b.txt", "another")
    error = problem(build, (code, 'outputs = ["made"]'))
    assert "the output 'made/b.txt' is also a file of the project, and differs" in str(error)


def test_programs_that_are_not_there_are_said_to_be(sample: Sample) -> None:
    error = _missing(sample, "npm")
    assert str(error) == (
        "pyproject.toml: tool.longshore.assets[0]: "
        "there is no program 'npm' in the base or the locked packages"
    )
    assert error.hint == (
        "build the front end before `longshore build`, and `git add --force` what it makes; "
        'or use a bundler that Debian has: build-packages = ["esbuild"]'
    )
    hint = "lock a package that brings it, or add Debian's package of it to build-packages"
    assert _missing(sample, "msgfmt").hint == hint
    assert (_missing(sample, "./make.sh").hint or "").startswith("check the path")


def _missing(sample: Sample, program: str) -> ProjectError:
    table = f'\n[[tool.longshore.assets]]\ncommand = ["{program}"]\noutputs = ["made"]\n'
    sample.write("pyproject.toml", PYPROJECT + table)
    with pytest.raises(ProjectError) as caught:
        build_image(sample.workshop())
    return caught.value


def test_modes_and_links_are_normalised(sample: Sample, build: Build) -> None:
    code = (
        MAKE + "p = pathlib.Path('made/run'); p.write_text('x'); p.chmod(0o4711); "
        "pathlib.Path('made/same').symlink_to('run')"
    )
    result = build((code, 'outputs = ["made"]'))
    layout = sample.workshop().layout
    [digest] = [one for one, _, title in result.record.platforms[0].layers if title == "assets"]
    data = b"".join(inflate(layout.blobs.chunks(digest)))
    with tarfile.open(fileobj=BytesIO(data)) as archive:
        found = {info.name: (oct(info.mode), info.mtime, info.linkname) for info in archive}
    epoch = 315532800
    assert found == {
        "app": ("0o755", epoch, ""),
        "app/made": ("0o755", epoch, ""),
        "app/made/run": ("0o755", epoch, ""),
        "app/made/same": ("0o777", epoch, "run"),
    }


@pytest.mark.parametrize("locked", [("django",), ("django", "whitenoise")])
def test_static_files_that_nobody_serves_are_said(
    sample: Sample, capsys: pytest.CaptureFixture[str], locked: tuple[str, ...]
) -> None:
    wheels = [make_wheel(name, "1.0") for name in locked]
    for wheel in wheels:
        sample.index.add(wheel)
    sample.write("requirements.txt", hashed(wheels))
    sample.write(
        "manage.py",
        "import os, django\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n",
    )
    sample.write(
        "settings.py",
        "INSTALLED_APPS = ['django.contrib.staticfiles']\nSTATIC_ROOT = BASE_DIR / 'static'\n",
    )
    rules = [finding.rule for finding in build_image(sample.workshop()).findings]
    told = "settings.py:2: Django's static files are not in the image, and the runtime serves none"
    if "whitenoise" in locked:
        assert rules == ["assets.static-files-not-collected"]
    else:
        assert told in capsys.readouterr().err

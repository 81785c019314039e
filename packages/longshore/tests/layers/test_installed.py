"""``layers.installed``: what installing a wheel means."""

from collections.abc import Callable

from longshore.layers.inputs import WheelInput
from longshore.layers.installed import InstalledWheel, install_wheel, launcher
from longshore.layers.location import venv_location
from longshore.testing.wheel import Archive, make_wheel
from longshore.types import PythonVersion
from longshore.wheels.read import Script, WheelFile
from longshore.wheels.record import parse_record

SITE = "app/.venv/lib/python3.13/site-packages"
Put = Callable[[Archive], WheelInput]


def install(put: Put, **kwargs: object) -> InstalledWheel:
    item = put(make_wheel(**kwargs))  # type: ignore[arg-type] # the wheel maker's own arguments
    wheel = WheelFile.open(item.path, sha256=item.sha256, filename=item.filename)
    return install_wheel(wheel, wheel.check(), venv_location(PythonVersion(3, 13)))


def written(wheel: InstalledWheel, bytecode: tuple[str, ...] = ()) -> dict[str, bytes]:
    return {entry.path: content for entry, content in wheel.written(bytecode)}


def test_every_scheme_has_its_folder(put: Put) -> None:
    wheel = install(
        put,
        name="My.Pkg",
        files={
            "pkg/__init__.py": "",
            "My_Pkg-1.0.data/platlib/c.so": "",
            "My_Pkg-1.0.data/data/share/x": "",
            "My_Pkg-1.0.data/headers/a.h": "",
            "My_Pkg-1.0.data/scripts/binary": b"\x7fELF",
        },
    )
    assert [file.path for file in wheel.files] == [
        "app/.venv/bin/binary",
        "app/.venv/include/site/python3.13/my-pkg/a.h",
        f"{SITE}/My_Pkg-1.0.dist-info/METADATA",
        f"{SITE}/My_Pkg-1.0.dist-info/WHEEL",
        f"{SITE}/c.so",
        f"{SITE}/pkg/__init__.py",
        "app/.venv/share/x",
    ]
    wheel.wheel.close()


def test_bytecode_and_installers_files_of_a_wheel_are_left_out(put: Put) -> None:
    info = "sample-1.0.dist-info"
    wheel = install(
        put,
        files={
            "sample/__init__.py": "",
            "sample/__pycache__/__init__.cpython-313.pyc": "evil",
            "__pycache__/six.cpython-313.pyc": "evil",
            "sample/legacy.pyc": "sourceless",
            f"{info}/INSTALLER": "pip",
            f"{info}/REQUESTED": "",
            f"{info}/direct_url.json": "{}",
        },
    )
    names = {file.path.removeprefix(f"{SITE}/") for file in wheel.files}
    assert names == {
        "sample/__init__.py",
        "sample/legacy.pyc",
        f"{info}/METADATA",
        f"{info}/WHEEL",
    }
    wheel.wheel.close()


def test_scripts_start_without_a_shell(put: Put) -> None:
    wheel = install(
        put,
        files={
            "sample-1.0.data/scripts/old": "#!python -u\nprint(1)\n",
            "sample-1.0.data/scripts/gui": "#!pythonw\r\nprint(1)\n",
            "sample-1.0.data/scripts/shell": "#!/bin/sh\n",
            "sample-1.0.data/scripts/other": "#!python3\n",
        },
        console_scripts={"tool": "sample.cli:App.run"},
    )
    scripts = dict(wheel.scripts)
    assert scripts == {
        "app/.venv/bin/old": b"#!/app/.venv/bin/python -u\nprint(1)\n",
        "app/.venv/bin/gui": b"#!/app/.venv/bin/python\r\nprint(1)\n",
        "app/.venv/bin/tool": launcher(
            Script(name="tool", module="sample.cli", attribute="App.run")
        ),
    }
    assert scripts["app/.venv/bin/tool"].decode() == (
        "#!/app/.venv/bin/python\n"
        "import sys\n"
        "from sample.cli import App\n"
        'if __name__ == "__main__":\n'
        "    sys.exit(App.run())\n"
    )
    assert {"app/.venv/bin/shell", "app/.venv/bin/other"} < {file.path for file in wheel.files}
    wheel.wheel.close()


def test_the_record_lists_what_is_installed_and_nothing_else(put: Put) -> None:
    wheel = install(
        put,
        files={
            "sample.py": "x = 1\n",
            "sample-1.0.data/scripts/old": "#!python\n",
            "__pycache__/sample.cpython-313.pyc": "evil",
        },
        console_scripts={"tool": "sample:x"},
    )
    made = written(wheel, (f"{SITE}/__pycache__/sample.cpython-313.pyc",))
    text = made[f"{SITE}/sample-1.0.dist-info/RECORD"].decode()
    rows = parse_record(text)
    assert list(rows) == sorted(rows)
    assert set(rows) == {
        "../../../bin/old",
        "../../../bin/tool",
        "__pycache__/sample.cpython-313.pyc",
        "sample-1.0.dist-info/INSTALLER",
        "sample-1.0.dist-info/METADATA",
        "sample-1.0.dist-info/RECORD",
        "sample-1.0.dist-info/WHEEL",
        "sample-1.0.dist-info/entry_points.txt",
        "sample.py",
    }
    assert {path for path, row in rows.items() if not row.hash} == {
        "__pycache__/sample.cpython-313.pyc",
        "sample-1.0.dist-info/RECORD",
    }
    assert rows["sample.py"].size == 6
    assert made[f"{SITE}/sample-1.0.dist-info/INSTALLER"] == b"longshore\n"
    wheel.wheel.close()


def test_what_another_wheel_brings_is_recorded_and_not_written(put: Put) -> None:
    whole = install(put, files={"a.py": "", "b.py": ""}, console_scripts={"tool": "a:b"})
    wheel = whole.without(frozenset({f"{SITE}/a.py", "app/.venv/bin/tool"}))
    assert f"{SITE}/a.py" not in {file.path for file in wheel.files}
    assert f"{SITE}/a.py" in wheel.contents() or f"{SITE}/a.py" in wheel.omitted
    made = written(wheel)
    assert "app/.venv/bin/tool" not in made
    rows = parse_record(made[f"{SITE}/sample-1.0.dist-info/RECORD"].decode())
    assert {"a.py", "b.py", "../../../bin/tool"} < set(rows)
    wheel.wheel.close()

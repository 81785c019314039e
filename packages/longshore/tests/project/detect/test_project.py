"""Detection in a folder, and how it meets the configuration."""

from pathlib import Path, PurePosixPath

from longshore.config import Config, ProcessConfig
from longshore.project.detect import (
    detect_project,
    report_detection,
)
from longshore.project.processes import needs_detection
from longshore.types import Asgi, EntryPoint, Event, Phase, Process, ProcessKind

APP = "from fastapi import FastAPI\napp = FastAPI()\n"


class Listener:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def report(self, event: Event) -> None:
        self.events.append(event)


def write(root: Path, files: dict[str, str]) -> list[PurePosixPath]:
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return [PurePosixPath(path) for path in files]


def test_a_folder_is_read(tmp_path: Path) -> None:
    paths = write(tmp_path, {"pyproject.toml": '[project]\nname = "Shop"\n', "shop/main.py": APP})

    found = detect_project(tmp_path, paths=paths, locked={"fastapi", "uvicorn"})

    (web,) = found.processes
    assert web.process == Process(
        name="web", kind=ProcessKind.WEB, serve=Asgi(EntryPoint("shop.main", "app")), port=8000
    )
    assert found.file == "pyproject.toml"


def test_what_is_not_tracked_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, {"shop/main.py": APP})

    assert detect_project(tmp_path, paths=[]).processes == ()


def test_poetrys_name_counts(tmp_path: Path) -> None:
    text = (
        '[tool.poetry]\nname = "shop"\n[tool.poetry.scripts]\nshop = "x:main"\nother = "x:main"\n'
    )
    paths = write(tmp_path, {"pyproject.toml": text, "x.py": "def main():\n    pass\n"})

    (job,) = detect_project(tmp_path, paths=paths).processes

    assert job.reason == 'pyproject.toml: tool.poetry.scripts.shop: shop = "x:main"'


def test_only_a_complete_table_needs_no_detection() -> None:
    serve = Asgi(EntryPoint("a", "b"))

    assert needs_detection(Config())
    assert needs_detection(Config(processes=(ProcessConfig(name="web"),)))
    assert not needs_detection(Config(processes=(ProcessConfig(name="web", serve=serve),)))


def test_the_choice_is_said_with_its_reason(tmp_path: Path) -> None:
    text = APP + "if __name__ == '__main__':\n    import uvicorn\n    uvicorn.run('a:b')\n"
    paths = write(tmp_path, {"main.py": text, "core.py": APP})
    listener = Listener()

    report_detection(detect_project(tmp_path, paths=paths), listener)

    assert [(event.phase, event.subject, event.detail) for event in listener.events] == [
        (
            Phase.NOTE,
            "web",
            "asgi main:app  (main.py:2: app = FastAPI()); 1 other ranked lower",
        ),
        (Phase.NOTE, "main.py:5: 'a:b' was not found: there is no module 'a'", ""),
    ]


def test_a_project_with_a_bad_name_is_called_like_its_folder(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    paths = write(
        root,
        {
            "pyproject.toml": '[project]\nname = "?"\n[project.scripts]\nshop = "x:main"\n'
            'other = "x:main"\n',
            "x.py": "def main(): ...\n",
        },
    )
    listener = Listener()

    report_detection(detect_project(root, paths=paths), listener)

    assert [event.detail for event in listener.events] == [
        'shop  (pyproject.toml: project.scripts.shop: shop = "x:main")'
    ]

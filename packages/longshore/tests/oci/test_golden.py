"""The image format's golden bytes; ``regenerate_golden.py`` writes them."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parent


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "regenerate_golden", FOLDER / "regenerate_golden.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_byte_of_the_format_is_what_it_was(script: ModuleType) -> None:
    expected = json.loads((FOLDER / "golden.json").read_text(encoding="utf-8"))
    assert script.digests() == expected

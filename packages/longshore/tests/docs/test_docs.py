"""The documents are checked like code; skipped where only the distribution is there."""

import ast
import importlib.util
import re
import sys
import tomllib
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest

from longshore.config import Config, ProcessConfig, load_config
from longshore.errors import ConfigError, ExitCode
from longshore.locks.pins import read_pins, render_pins

ROOT = Path(__file__).resolve().parents[4]
DOCS = ROOT / "docs"

pytestmark = pytest.mark.skipif(
    not (DOCS / "check.py").is_file(), reason="the documents are not part of the distribution"
)


def load(name: str) -> ModuleType:
    """Import a program that lives beside the documents, under a name of its own."""
    qualified = f"longshore_docs_{name}"
    if qualified not in sys.modules:
        spec = importlib.util.spec_from_file_location(qualified, DOCS / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[qualified] = module
        spec.loader.exec_module(module)
    return sys.modules[qualified]


def problems_of(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "page.md").write_text(text, encoding="utf-8")
    return [str(problem) for problem in load("check").check_documents(tmp_path)]


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_the_documents_of_the_repository_have_no_problem() -> None:
    assert [str(problem) for problem in load("check").check_documents(ROOT)] == []


def test_the_checker_prints_one_problem_a_line_and_exits_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "page.md").write_text("text\n[a](gone.md)\n", encoding="utf-8")
    assert load("check").main([str(tmp_path)]) == 1
    assert capsys.readouterr().out == "page.md:2: link to a file that does not exist: 'gone.md'\n"


def test_every_document_is_found_and_hidden_folders_are_not(tmp_path: Path) -> None:
    for name in ("a.md", "docs/b.md", ".venv/c.md", "build/d.md", "x/.hidden/e.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = load("check").find_documents(tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["a.md", "docs/b.md"]


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ("[a](page.md#first-step)", None),
        ("[a](#first-step-1)", None),
        ("[a](#the-lock-file)", None),
        ("[a](#gone)", "link to a heading that does not exist: '#gone'"),
        ("[a](page.md#first-step-2)", "link to a heading that does not exist"),
        ("![a](picture.svg)", "link to a file that does not exist: 'picture.svg'"),
        ("[a](../x.md)", "link leaves the repository: '../x.md'"),
        ("[a](https://example.test/x)", None),
        ("[a](mailto:a@example.test)", None),
        ("`[a](gone.md)`", None),
    ],
)
def test_relative_links_lead_somewhere(tmp_path: Path, link: str, message: str | None) -> None:
    text = f"# First step!\n## First step\n## The `lock` file\n{link}\n"
    found = problems_of(tmp_path, text)
    assert len(found) == (message is not None)
    assert message is None or f"page.md:4: {message}" in found[0]


def test_a_link_over_two_lines_is_followed(tmp_path: Path) -> None:
    text = "text\n```text\ncode\n```\n[two\nlines](gone.md) [here](page.md)\n"
    assert problems_of(tmp_path, text) == [
        "page.md:6: link to a file that does not exist: 'gone.md'"
    ]


def test_a_link_in_a_fenced_block_is_no_link(tmp_path: Path) -> None:
    assert problems_of(tmp_path, "```text\n[a](gone.md)\n# no heading\n```\n") == []


@pytest.mark.parametrize("fence", ["```", "````", "~~~"])
def test_toml_blocks_parse(tmp_path: Path, fence: str) -> None:
    assert problems_of(tmp_path, f"{fence}toml\na = 1\n{fence}\n") == []
    found = problems_of(tmp_path, f"text\n{fence}toml\na = \n{fence}\n")
    assert found[0].startswith("page.md:2: not valid TOML: ")


def test_an_indented_toml_block_is_read_without_its_indentation(tmp_path: Path) -> None:
    text = '- item\n  ```toml\n  a = """\n  b"""\n  ```\n'
    assert problems_of(tmp_path, text) == []
    blocks = load("check").Document.parse(tmp_path, text).blocks
    assert blocks == ((2, "toml", 'a = """\nb"""'),)


def test_a_toml_block_that_is_never_closed_is_read_to_the_end(tmp_path: Path) -> None:
    assert "not valid TOML" in problems_of(tmp_path, "```toml\na =")[0]


@pytest.mark.parametrize("text", ["see {}", "```\ncurl https://{}/simple\n```"])
def test_no_document_names_a_package_registry(tmp_path: Path, text: str) -> None:
    host: str = load("check").REGISTRIES[0]
    (found,) = problems_of(tmp_path, text.format(host.upper()))
    assert found.endswith(f": host name of a package registry: '{host}'")


def test_the_architecture_page_is_drawn_from_the_contract() -> None:
    assert load("architecture").main(["--check"]) == 0


def test_the_reference_of_the_commands_is_their_help() -> None:
    assert load("cli_reference").main(["--check"]) == 0


def test_rooms_on_one_line_of_the_contract_stand_side_by_side() -> None:
    architecture = load("architecture")
    contract = {
        "name": "rooms",
        "type": "layers",
        "layers": ["longshore.cli", "longshore.a | (longshore.b)", "longshore.errors"],
    }
    layers = architecture.read_layers({"tool": {"importlinter": {"contracts": [contract]}}})
    assert layers == (("cli",), ("a", "b"), ("errors",))
    rooms = [[architecture.Room(name=name, summary="") for name in names] for names in layers]
    drawn = architecture.render(rooms)
    assert "    cli --> a & b\n    a & b --> errors\n" in drawn


def test_a_missing_contract_or_marker_is_said() -> None:
    architecture = load("architecture")
    with pytest.raises(architecture.PageError, match="named 'rooms'"):
        architecture.read_layers({"tool": {}})
    with pytest.raises(architecture.PageError, match="expected the lines"):
        architecture.replace_between(f"text {architecture.BEGIN} text", "")


def examples() -> list[tuple[str, str]]:
    """Return place and content of every TOML block that configures Longshore."""
    found = []
    for path in load("check").find_documents(ROOT):
        document = load("check").Document.parse(path, path.read_text(encoding="utf-8"))
        for line, language, content in document.blocks:
            if language == "toml" and "longshore" in tomllib.loads(content).get("tool", {}):
                found.append((f"{path.relative_to(ROOT)}:{line}", content))
    return found


def test_every_example_of_the_configuration_is_valid(tmp_path: Path) -> None:
    assert len(examples()) > 5
    for place, content in examples():
        (tmp_path / "pyproject.toml").write_text(content, encoding="utf-8")
        try:
            load_config(tmp_path, environment={})
        except ConfigError as error:
            pytest.fail(f"{place}: {error}: {[str(finding) for finding in error.findings]}")


def test_the_example_of_the_lock_is_one(tmp_path: Path) -> None:
    path = tmp_path / "longshore.lock"
    (block,) = (
        content
        for _, language, content in load("check")
        .Document.parse(path, page("reference/lock-file.md"))
        .blocks
        if language == "toml"
    )
    path.write_text(block, encoding="utf-8")
    pins = read_pins(path)
    assert pins is not None
    assert tomllib.loads(render_pins(pins)) == tomllib.loads(block)


@pytest.mark.parametrize("schema", [Config, ProcessConfig])
def test_every_key_of_the_schema_is_documented(schema: type[Config | ProcessConfig]) -> None:
    names = {field.name for field in fields(schema)} - {
        *("name", "serve", "file", "prefix", "sources")
    }
    keys = {name.replace("_", "-") for name in names}
    documented = set(
        re.findall(r"^\| `([\w-]+)` \|", page("reference/configuration.md"), re.MULTILINE)
    )
    assert keys - documented == set()


def test_every_variable_of_the_program_is_documented() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in DOCS.glob("reference/*.md"))
    names = {
        node.value
        for path in (ROOT / "packages/longshore/src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"LONGSHORE_[A-Z_]+", node.value)
    }
    assert {name for name in names if not re.search(rf"\b{name}\b", text)} == set()


def test_every_exit_code_is_documented() -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", page("reference/exit-codes.md"), re.MULTILINE)
    assert {name: int(number) for number, name in rows} == dict(ExitCode.__members__)


def test_every_page_that_an_error_names_is_there() -> None:
    named = {
        node.value.value.partition("#")[0]
        for path in (ROOT / "packages/longshore/src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.keyword)
        and node.arg == "docs"
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }
    assert {name for name in named if not (DOCS / name).is_file()} == set()


def test_every_page_is_in_the_index() -> None:
    linked = set(re.findall(r"\]\(([^)#]+)\)", page("index.md")))
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.glob("*/**/*.md")}
    assert pages - linked == set()


def test_every_dependency_has_its_reason() -> None:
    names: set[str] = set()
    for path, keys in (
        ("packages/longshore/pyproject.toml", ("project", "dependencies")),
        ("pyproject.toml", ("dependency-groups", "dev")),
    ):
        table = tomllib.loads((ROOT / path).read_text(encoding="utf-8"))
        for requirement in table[keys[0]][keys[1]]:
            match = re.match(r"[\w.-]+", requirement)
            assert match is not None
            names.add(match[0])
    names -= {"longshore", "longshore-runtime"}
    text = page("explanation/dependencies.md")
    assert {name for name in names if f"`{name}`" not in text} == set()

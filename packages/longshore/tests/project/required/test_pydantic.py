"""pydantic-settings: fields without a default, and the names of their variables."""

import os
from collections.abc import Callable

import pytest
from pydantic import ValidationError

from longshore.project.required import Requirement
from longshore.types import Asgi, EntryPoint, Process, ProcessKind
from longshore_runtime.settings import explain_settings_error

Names = Callable[..., list[str]]

HEAD = (
    "from typing import Annotated, ClassVar, Optional\n"
    "from pydantic import AliasChoices, AliasPath, BaseModel, Field, SecretStr\n"
    "from pydantic_settings import BaseSettings, SettingsConfigDict\n"
)
FIELDS = {
    "plain": ("x: str", ["X"]),
    "with a default": ("x: str = ''", []),
    "ellipsis": ("x: str = ...", ["X"]),
    "Field": ("x: str = Field(min_length=1)", ["X"]),
    "Field, ellipsis": ("x: str = Field(..., min_length=1)", ["X"]),
    "Field, default": ("x: str = Field('a')", []),
    "Field, default by name": ("x: str = Field(default='')", []),
    "Field, factory": ("x: list[str] = Field(default_factory=list)", []),
    "Optional": ("x: Optional[str]", ["X"]),
    "Annotated": ("x: Annotated[str, Field(min_length=1)]", ["X"]),
    "Annotated, alias": ("x: Annotated[str, Field(alias='Y')]", ["Y"]),
    "alias": ("x: str = Field(alias='Y')", ["Y"]),
    "validation alias": ("x: str = Field(validation_alias='Y', alias='Z')", ["Y"]),
    "choices": ("x: str = Field(validation_alias=AliasChoices('Y', 'Z'))", ["Y"]),
    "path": ("x: str = Field(validation_alias=AliasPath('y', 0))", []),
    "computed alias": ("x: str = Field(alias=name())", []),
    "class variable": ("x: ClassVar[str]", []),
    "private": ("_x: str", []),
    "secret": ("x: SecretStr", ["X"]),
    "several": ("b: str\n    a: int\n    c: int = 1", ["A", "B"]),
}


@pytest.mark.parametrize(("body", "expected"), FIELDS.values(), ids=FIELDS)
def test_fields(body: str, expected: list[str], names: Names) -> None:
    assert names(f"{HEAD}class S(BaseSettings):\n    {body}\ns = S()\n") == expected


def fails(source: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Run a source without any setting and return the names that the library itself misses."""
    for name in [*os.environ]:
        monkeypatch.delenv(name)
    try:
        exec(compile(source, "shop.py", "exec"), {"__name__": "shop"})
    except ValidationError as error:
        explained = explain_settings_error(error, [])
        assert explained is not None
        return sorted(problem.name for problem in explained.problems)
    return []


@pytest.mark.parametrize(("body", "expected"), FIELDS.values(), ids=FIELDS)
def test_fields_as_the_library_has_them(
    body: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if "AliasPath" in body or "name()" in body:
        assert expected == []  # not read: nothing is said
        return
    source = f"{HEAD}class S(BaseSettings):\n    {body}\ns = S()\n"
    assert fails(source, monkeypatch) == expected


CONFIGS = {
    "prefix": ("model_config = SettingsConfigDict(env_prefix='APP_')", ["APP_X"]),
    "prefix, dict": ("model_config = {'env_prefix': 'app_'}", ["APP_X"]),
    "prefix, annotated": (
        "model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(env_prefix='A_')",
        ["A_X"],
    ),
    "prefix, class": ("class Config:\n        env_prefix = 'APP_'", ["APP_X"]),
    "prefix, constant": ("model_config = SettingsConfigDict(env_prefix=PREFIX)", ["C_X"]),
    "case": ("model_config = SettingsConfigDict(case_sensitive=True)", ["x"]),
    "computed": ("model_config = SettingsConfigDict(**base)", []),
    "computed prefix": ("model_config = SettingsConfigDict(env_prefix=name())", []),
    "secrets": ("model_config = SettingsConfigDict(secrets_dir='/run/secrets')", []),
    "command line": ("model_config = SettingsConfigDict(cli_parse_args=True)", []),
    "sources": ("@classmethod\n    def settings_customise_sources(cls): ...", []),
    "own constructor": ("def __init__(self): ...", []),
    "validator before": ("@model_validator(mode='before')\n    def fill(cls, data): ...", []),
    "validator after": ("@model_validator(mode='after')\n    def check(self): ...", ["X"]),
}


@pytest.mark.parametrize(("body", "expected"), CONFIGS.values(), ids=CONFIGS)
def test_configuration(body: str, expected: list[str], names: Names) -> None:
    source = f"{HEAD}PREFIX = 'C_'\nclass S(BaseSettings):\n    {body}\n    x: str\ns = S()\n"
    assert names(source) == expected


MADE = {
    "at import": ("s = S()", ["X"]),
    "by keyword of the class": ("class T(S, env_prefix='T_'): ...\ns = T()", ["T_X"]),
    "by a cached function": ("@cache\ndef get():\n    return S()\ns = get()", ["X"]),
    "by a method": (
        "class T(S):\n    @classmethod\n    def load(cls):\n        return S()\ns = T.load()",
        ["X"],
    ),
    "as a dependency": ("def get():\n    return S()\ndef r(s: S = Depends(get)): ...", ["X"]),
    "as the dependency itself": ("def r(s: Annotated[S, Depends(S)]): ...", ["X"]),
    "with the value": ("s = S(x='1')", []),
    "with computed values": ("s = S(**values)", []),
    "with a prefix": ("s = S(_env_prefix='A_')", []),
    "never": ("", []),
    "in a function that nobody calls": ("def get():\n    return S()", []),
    "on a condition": ("if a:\n    s = S()", []),
    "one of two classes": ("if a:\n    class S: ...\ns = S()", []),
    "caught": ("try:\n    s = S()\nexcept ValidationError:\n    s = None", []),
    "a default in a subclass": ("class T(S):\n    x: str = ''\ns = T()", []),
    "a default without a type": ("class T(S):\n    x = ''\ns = T()", []),
    "one more in a subclass": ("class T(S):\n    y: str\ns = T()", ["X", "Y"]),
}


@pytest.mark.parametrize(("body", "expected"), MADE.values(), ids=MADE)
def test_where_it_is_made(body: str, expected: list[str], names: Names) -> None:
    assert names(f"{HEAD}class S(BaseSettings):\n    x: str\n{body}\n") == expected


def test_a_model_is_no_settings(names: Names) -> None:
    assert names(f"{HEAD}class S(BaseModel):\n    x: str\ns = S()\n") == []


def test_version_one(names: Names) -> None:
    source = (
        "from typing import Optional\nfrom pydantic import BaseSettings, Field\n"
        "class S(BaseSettings):\n    a: str\n    b: Optional[str]\n"
        "    c: str = Field(..., env='SEA')\n    d: str = Field(..., env=['DEE', 'D'])\n"
        "    e: Optional[str] = Field(...)\ns = S()\n"
    )
    assert names(source) == ["A", "DEE", "E", "SEA"]


def test_nested_models_by_their_delimiter(names: Names) -> None:
    config = "    model_config = SettingsConfigDict(env_nested_delimiter='__')\n"
    source = (
        f"{HEAD}class D(BaseModel):\n    url: str\n    size: int = 5\n"
        f"class S(BaseSettings):\n{{}}    db: D\ns = S()\n"
    )
    assert names(source.format(config)) == ["DB__URL"]
    assert names(source.format("")) == ["DB"]


def test_settings_that_are_made_by_a_field(names: Names) -> None:
    source = (
        f"{HEAD}class D(BaseSettings):\n    model_config = {{'env_prefix': 'DB_'}}\n    url: str\n"
        "class S(BaseSettings):\n    db: D = Field(default_factory=D)\n    x: str\ns = S()\n"
    )
    assert names(source) == ["DB_URL", "X"]


def test_settings_that_make_themselves(names: Names) -> None:
    source = f"{HEAD}class S(BaseSettings):\n    s: 'S' = Field(default_factory=S)\ns = S()\n"
    assert names(source) == []


def test_settings_of_another_module(
    required: Callable[..., tuple[Requirement, ...]],
) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/main.py": "from shop.config import get\napp = make(get().url)\n",
        "shop/config.py": (
            f"{HEAD}class Base(BaseSettings):\n"
            "    model_config = SettingsConfigDict(env_prefix='S_')\n"
            "class Settings(Base):\n    url: str\n\ndef get():\n    return Settings()\n"
        ),
    }
    process = Process(
        name="web", kind=ProcessKind.WEB, serve=Asgi(EntryPoint.parse("shop.main:app"))
    )
    (one,) = required(files, process)
    assert (one.name, one.location, one.text) == ("S_URL", "shop/config.py:7", "Settings.url")
    assert one.is_given({"s_url"})


def test_any_of_the_choices_will_do(
    required: Callable[..., tuple[Requirement, ...]],
) -> None:
    field = "x: str = Field(validation_alias=AliasChoices('Y', 'Z'))"
    (one,) = required(f"{HEAD}class S(BaseSettings):\n    {field}\ns = S()\n")
    assert one.is_given({"Z"})
    assert not one.is_given({"X"})


def test_a_file_of_the_project_gives_it(names: Names) -> None:
    config = "    model_config = SettingsConfigDict(env_file='conf/app.env')\n"
    source = f"{HEAD}class S(BaseSettings):\n{config}    x: str\n    y: str\ns = S()\n"
    assert names({"shop.py": source, "conf/app.env": "x=1\n"}) == ["Y"]

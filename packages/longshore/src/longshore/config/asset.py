"""Reads the ``[[assets]]`` tables."""

from pathlib import PurePosixPath

from longshore.config.invalid import Table, invalid, list_of, mapping_of
from longshore.config.leak import credential_kind
from longshore.config.process import command_line, setting_text
from longshore.config.schema import AssetConfig
from longshore.config.values import inside_path, inside_pattern, variable

_RESERVED = (".venv", ".longshore")


def assets(value: object) -> tuple[AssetConfig, ...]:
    """Read the ``assets`` array, in its order."""
    if isinstance(value, dict):
        msg = "expected an array of tables, got a table"
        raise invalid(msg, hint="write its name in two pairs of brackets: [[...]]")
    return list_of(_asset)(value)


def _asset(value: object) -> AssetConfig:
    table = Table(value)
    command = table.get("command", command_line)
    outputs = table.get("outputs", list_of(_output))
    inputs = table.get("inputs", list_of(_pattern)) or ()
    env = table.get("env", mapping_of(variable, _setting)) or {}
    if not table.has("command"):
        table.reject("no command", hint='add command = ["python", "manage.py", "collectstatic"]')
    if not outputs and (outputs is not None or not table.has("outputs")):
        table.reject(
            "no outputs: nothing of it would be in the image",
            hint='name what the command makes, below the project: outputs = ["staticfiles/"]',
        )
    table.close()
    return AssetConfig(
        command=() if command is None else command.argv,
        outputs=tuple(dict.fromkeys(outputs or ())),
        inputs=tuple(dict.fromkeys(inputs)),
        env=env,
    )


def _output(value: object) -> PurePosixPath:
    path = PurePosixPath(inside_path(value))
    if not path.parts:
        msg = "expected a file or a folder below the project, got the project itself"
        raise invalid(msg)
    if path.parts[0] in _RESERVED:
        msg = f"expected a path outside {path.parts[0]!r}, which Longshore writes, got {value!r}"
        hint = "have the command write to a folder below the project, such as 'staticfiles/'"
        raise invalid(msg, hint=hint)
    return path


def _pattern(value: object) -> str:
    return str(PurePosixPath(inside_pattern(value)))


def _setting(name: str, value: object) -> str:
    value = setting_text(value)
    # By its shape only: SECRET_KEY = "only-for-the-build" is what such a step is meant to get.
    kind = credential_kind("", value)
    if kind is not None:
        msg = f"looks like {kind}"
        hint = f"nothing is in reach of the command: give it a {name} that opens nothing"
        raise invalid(msg, hint=hint)
    return value

"""TOML files, and what is wrong with them as an editor shows it: line and column."""

import re
import tomllib
from pathlib import Path
from typing import Any

from longshore.errors import ConfigError

_PLACE = re.compile(r"(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|.*)\)")


def read_toml(path: Path) -> dict[str, Any] | None:
    """Return the file's content, or ``None`` where there is no such file.

    Raises:
        ConfigError: if it can't be read or is no TOML; the message starts with
            ``name:line:column``.
    """
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        msg = f"{path}: can't be read: {(error.strerror or str(error)).lower()}"
        raise ConfigError(msg, hint="check the file's owner and permissions") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        msg = f"{path.name}:{line}: invalid TOML: not encoded as UTF-8"
        raise ConfigError(msg, hint="save the file as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_describe(path.name, str(error))) from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, deep nesting
        msg = f"{path.name}: invalid TOML: a number too long or arrays too deep"
        raise ConfigError(msg) from error


def _describe(name: str, message: str) -> str:
    match = _PLACE.fullmatch(message)
    what = match["what"] if match else message
    what = what[:1].lower() + what[1:]
    if match and match["line"]:
        return f"{name}:{match['line']}:{match['column']}: invalid TOML: {what}"
    return f"{name}: invalid TOML: {what} at the end of the file"

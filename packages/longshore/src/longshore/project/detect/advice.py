"""The messages: what stops, with the list and the table to write."""

from collections.abc import Sequence

from longshore.project.detect.applications import Unusable
from longshore.project.detect.model import Candidate, Problem
from longshore.project.detect.reading import Reading
from longshore.project.detect.said import Wrong
from longshore.project.detect.tables import application_table, candidate_table, command_table

LOOKED_FOR = (
    "an ASGI application: FastAPI, Starlette, Litestar, Quart, Sanic, Falcon, Django, or plain",
    "a WSGI application: Flask, Falcon, Bottle, Pyramid, Django, or plain",
    "a server that is started: uvicorn.run, aiohttp's run_app, a console script that listens",
    "a worker: Celery, RQ, Dramatiq, arq, Huey, taskiq, APScheduler",
    "a program: one console script, python -m package, a script with if __name__ == '__main__'",
    "a Procfile",
)
"""What a project without anything to run is told."""


def several(
    what: str, process: str, candidates: Sequence[Candidate], reading: Reading, *, name: str
) -> Problem:
    """Say that several candidates are equally good.

    Args:
        what: what they are, in the plural: ``applications``.
        process: what they fit: ``web process``.
        candidates: all of them; the table shows the first.
        reading: says where tables go.
        name: the process's name in the table.
    """
    return Problem(
        rule="detect.several",
        message=f"{len(candidates)} {what} fit the {process} equally well",
        table=candidate_table(name, candidates[0], reading.file),
        file=reading.file,
        listing=tuple(one.listing for one in candidates),
        hint="choose one",
    )


def several_django(paths: Sequence[str], reading: Reading) -> Problem:
    """Say that there is more than one ``manage.py``."""
    return Problem(
        rule="detect.several-django",
        message=f"{len(paths)} Django projects were found",
        table=application_table(reading.file, "PROJECT.wsgi:application", interface="wsgi"),
        file=reading.file,
        listing=tuple(paths),
        hint="choose one",
    )


def wrong_problem(wrong: Wrong, reading: Reading) -> Problem:
    """Say that the project names what is not there."""
    target = wrong.missing.suggestion or "PACKAGE.MODULE:app"
    table = application_table(reading.file, target) if ":" in target else ""
    return Problem(
        rule="detect.not-found",
        message=wrong.message,
        table="" if wrong.missing.suggestion else table,
        file=reading.file,
        hint=wrong.hint,
    )


def unusable(one: Unusable, reading: Reading) -> Problem:
    """Say why no server can import an application that exists."""
    if one.needs:
        message = (
            f"{one.location}: {one.function}() needs an argument {one.needs!r}, "
            "so a server can't call it"
        )
        hint = f"call it in a module of its own, app = {one.function}(…), and name that"
    else:
        where = (
            "under 'if __name__ == \"__main__\"'"
            if one.made_in == "main"
            else (f"in {one.made_in}")
        )
        message = f"{one.location}: the application is made {where}, where no server can import it"
        hint = "make it at the top level of a module: app = …, or return it from a function"
    return Problem(
        rule="detect.not-importable",
        message=message,
        table=application_table(reading.file),
        file=reading.file,
        hint=hint,
    )


def celery_inside(found: tuple[str, str], reading: Reading) -> Problem:
    """Say that a Celery application is made in a function."""
    location, function = found
    argv = ("celery", "-A", "PACKAGE.MODULE", "worker")
    return Problem(
        rule="detect.not-importable",
        message=f"{location}: the Celery application is made in {function}(), "
        "where its command can't find it",
        table=command_table("worker", argv, reading.file),
        file=reading.file,
        hint=f"assign it in a module, celery = {function}(…), and name that module",
    )


def not_shipped(path: str, line: int, text: str, reading: Reading, *, name: str = "web") -> Problem:
    """Say that something lies outside of what the wheel ships."""
    shipped = ", ".join(reading.layout.shipped)
    location = f"{path}:{line}" if line else path
    table = command_table(name, ("python", "-m", "PACKAGE.MODULE"), reading.file)
    return Problem(
        rule="detect.not-shipped",
        message=f"{location}: {text} is not part of the wheel, which ships {shipped}",
        table=application_table(reading.file) if name == "web" else table,
        file=reading.file,
        hint=f"move it into {reading.layout.shipped[0]}, or add it to the build backend's packages",
    )


def bad_name(location: str, part: str, reading: Reading) -> Problem:
    """Say that a folder's or file's name can't be imported."""
    better = "".join(one if one.isalnum() else "_" for one in part)
    return Problem(
        rule="detect.bad-name",
        message=f"{location}: {part!r} is no importable name",
        table=application_table(reading.file),
        file=reading.file,
        hint=f"rename it, for example to {better!r}",
    )


def hidden_library(path: str, library: str, reading: Reading) -> Problem:
    """Say that a file of the project hides the library that it needs."""
    return Problem(
        rule="detect.hides-library",
        message=f"{path}: hides the library {library!r} from every import",
        table="",
        file=reading.file,
        hint="rename it, for example to app.py",
    )


def no_settings(manage: str, reading: Reading) -> Problem:
    """Say that ``manage.py`` does not tell which settings."""
    return Problem(
        rule="detect.no-settings",
        message=f"{manage}: no literal DJANGO_SETTINGS_MODULE",
        table=application_table(reading.file, "PROJECT.wsgi:application", interface="wsgi"),
        file=reading.file,
        hint="write os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'PROJECT.settings') there, "
        "or the table",
    )


def does_not_parse(path: str, error: SyntaxError, reading: Reading) -> Problem:
    """Say that a file is no valid Python."""
    return Problem(
        rule="detect.syntax-error",
        message=f"{path}:{error.lineno or 1}: {error.msg}",
        table="",
        file=reading.file,
        hint="repair it; nothing else in the project is an application",
    )


def shell_problem(name: str, message: str, reading: Reading) -> Problem:
    """Say that a line of the ``Procfile`` can't run without a shell."""
    argv = ("PROGRAM", "ARGUMENT")
    table = (
        application_table(reading.file)
        if name == "web"
        else command_table(name, argv, reading.file)
    )
    return Problem(
        rule="detect.procfile",
        message=message,
        table=table,
        file=reading.file,
        hint="write what runs, without a shell",
    )


def line_problem(message: str, reading: Reading) -> Problem:
    """Say that a line of the ``Procfile`` is none."""
    return Problem(rule="detect.procfile", message=message, table="", file=reading.file)


def nothing(reading: Reading, unlocked: Sequence[str] = ()) -> Problem:
    """Say that there is nothing to run, what lacks its framework, and what was looked for."""
    count = len(reading.files.python)
    message = f"nothing to run was found in {count} Python file{'s' if count != 1 else ''}"
    if not count:
        message = "nothing to run was found: the project has no Python file"
    return Problem(
        rule="detect.nothing",
        message=message,
        table=application_table(reading.file),
        file=reading.file,
        listing=(*unlocked, *LOOKED_FOR),
        hint="a library needs nothing of this: it can be built and published",
    )

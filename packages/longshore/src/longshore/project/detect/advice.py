"""The messages: what stops, with the list and the table to write."""

from collections.abc import Sequence

from longshore.project.detect.applications import Unusable
from longshore.project.detect.backends import join, parent
from longshore.project.detect.frameworks import Interface
from longshore.project.detect.layout import is_importable
from longshore.project.detect.model import Candidate, Problem
from longshore.project.detect.reading import Reading
from longshore.project.detect.said import Wrong
from longshore.project.detect.tables import (
    application_table,
    candidate_table,
    command_table,
)
from longshore.types import CommandLine, ProcessKind, Wsgi

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


def several_django(paths: Sequence[str], reading: Reading, *, web: Candidate | None) -> Problem:
    """Say that there is more than one ``manage.py``; ``web`` is what the first would serve."""
    unknown = application_table(reading.file, "PROJECT.wsgi:application", interface="wsgi")
    return Problem(
        rule="detect.several-django",
        message=f"{len(paths)} Django projects were found",
        table=candidate_table("web", web, reading.file) if web else unknown,
        file=reading.file,
        listing=tuple(paths),
        hint="choose one",
    )


def wrong_problem(wrong: Wrong, reading: Reading, *, instead: Candidate | None = None) -> Problem:
    """Say that the project names what is not there.

    Args:
        wrong: the statement.
        reading: says where tables go.
        instead: the application that the code has; the table names it.
    """
    table, hint = "", wrong.hint
    if hint is None:
        hint = "correct it there"
        if wrong.interface is not None:
            hint = "correct it there, or write the table"
            unknown = application_table(reading.file, interface=wrong.interface.value)
            table = candidate_table("web", instead, reading.file) if instead else unknown
    return Problem(
        rule="detect.not-found", message=wrong.message, table=table, file=reading.file, hint=hint
    )


def unusable(one: Unusable, reading: Reading) -> Problem:
    """Say why no server can import an application that exists."""
    interface = one.framework.interface.value
    path = one.location.rpartition(":")[0]
    module = reading.layout.name_of(path)
    if one.needs:
        message = (
            f"{one.location}: {one.function}() needs an argument {one.needs!r}, "
            "so a server can't call it"
        )
        path = join(parent(path), f"{interface}.py")
        hint = f"call it in a module of its own, such as {path}: app = {one.function}(…)"
        module = reading.layout.name_of(path)
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
        table=application_table(reading.file, f"{module}:app", interface=interface),
        file=reading.file,
        hint=hint,
    )


def celery_inside(found: tuple[str, str], reading: Reading) -> Problem:
    """Say that a Celery application is made in a function."""
    location, function = found
    module = reading.layout.name_of(location.rpartition(":")[0])
    argv = ("celery", "-A", module, "worker")
    return Problem(
        rule="detect.not-importable",
        message=f"{location}: the Celery application is made in {function}(), "
        "where its command can't find it",
        table=command_table("worker", argv, reading.file),
        file=reading.file,
        hint=f"assign it at the top level of a module, celery = {function}(…), and name that",
    )


def not_shipped(
    path: str,
    line: int,
    text: str,
    reading: Reading,
    *,
    web: Candidate | None = None,
    process: str = "job",
    kind: ProcessKind = ProcessKind.JOB,
) -> Problem:
    """Say that something lies outside of what the wheel ships.

    Args:
        path: the file.
        line: where in it.
        text: what lies there.
        reading: says what is shipped, and where tables go.
        web: the application, if it is one.
        process: the name of the process otherwise.
        kind: of that process.
    """
    shipped = reading.layout.shipped
    folder = next((one for one in shipped if not one.endswith(".py")), None)
    moved = join(folder, path.rpartition("/")[2]) if folder else ""
    module = reading.layout.name_of(moved) if moved else "PACKAGE.MODULE"
    move = f"move it to {moved}, or " if moved else ""
    table = command_table(process, ("python", "-m", module), reading.file, kind=kind)
    return Problem(
        rule="detect.not-shipped",
        message=f"{path}:{line}: {text} is not part of the wheel, which ships {', '.join(shipped)}",
        table=_elsewhere(web, module, reading) if web else table,
        file=reading.file,
        hint=f"{move}add it to the build backend's packages",
    )


def _elsewhere(web: Candidate, module: str, reading: Reading) -> str:
    """Return the table of an application that is to be in another module."""
    if isinstance(web.serve, CommandLine) or not is_importable(module):
        return application_table(reading.file)
    interface = Interface.WSGI if isinstance(web.serve, Wsgi) else Interface.ASGI
    attribute = str(web.serve.app).partition(":")[2]
    return application_table(reading.file, f"{module}:{attribute}", interface=interface.value)


def bad_name(web: Candidate, part: str, reading: Reading) -> Problem:
    """Say that the name of a folder or file on the way to an application can't be imported."""
    better = "".join(one if one.isalnum() else "_" for one in part)
    module = reading.layout.name_of(web.location.rpartition(":")[0])
    renamed = ".".join(better if one == part else one for one in module.split("."))
    return Problem(
        rule="detect.bad-name",
        message=f"{web.location}: {part!r} is no importable name",
        table=_elsewhere(web, renamed, reading),
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


def shell_problem(
    name: str,
    message: str,
    reading: Reading,
    *,
    web: Candidate | None,
    kind: ProcessKind = ProcessKind.WEB,
    hint: str = "name it",
) -> Problem:
    """Say that a line of the ``Procfile`` can't run as it is.

    Args:
        name: of the process.
        message: why.
        reading: says where tables go.
        web: the application that the code has; the table of a web process names it.
        kind: of the process.
        hint: what to write in the ``Procfile``; the table is the other way.
    """
    table = command_table(name, ("PROGRAM", "ARGUMENT"), reading.file, kind=kind)
    if name == "web":
        unknown = application_table(reading.file)
        table = candidate_table(name, web, reading.file) if web else unknown
    return Problem(
        rule="detect.procfile", message=message, table=table, file=reading.file, hint=hint
    )


def line_problem(message: str, reading: Reading, *, program: str = "PROGRAM") -> Problem:
    """Say that a line of the ``Procfile`` is none."""
    hint = f"write 'web: {program} …', or begin the line with '#'"
    return Problem(rule="detect.procfile", message=message, table="", file=reading.file, hint=hint)


def nothing(reading: Reading, unlocked: Sequence[str] = ()) -> Problem:
    """Say that there is nothing to run, what lacks its framework, and what was looked for."""
    if unlocked:
        return Problem(
            rule="detect.nothing",
            message=f"nothing to run was found: {unlocked[0]}",
            table="",
            file=reading.file,
            listing=tuple(unlocked[1:]),
            hint="add it to what the project needs, and lock again",
        )
    count = len(reading.files.python)
    message = f"nothing to run was found in {count} Python file{'s' if count != 1 else ''}"
    if not count:
        message = "nothing to run was found: the project has no Python file"
    return Problem(
        rule="detect.nothing",
        message=message,
        table=application_table(reading.file),
        file=reading.file,
        listing=LOOKED_FOR,
        hint="a library needs nothing of this: it can be built and published",
    )

"""What the project itself says about its web process, besides a ``Procfile``.

``[tool.fastapi] entrypoint``, ``wsgi_app`` in ``gunicorn.conf.py``, ``FLASK_APP`` in ``.flaskenv``,
and servers that are called with an application.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from longshore.project.detect.backends import table
from longshore.project.detect.entries import Located, Missing, find_entry, served
from longshore.project.detect.frameworks import Interface
from longshore.project.detect.model import Candidate, Evidence
from longshore.project.detect.reading import Reading, text_of
from longshore.project.detect.servercalls import ServerCall
from longshore.types import Finding, Severity


@dataclass(frozen=True, slots=True)
class Wrong:
    """A statement that names what is not there.

    ``strict`` ones are the project's configuration and stop; the others are a script's. What is
    named would be served as ``interface``; ``None`` where it is no application.
    """

    location: str
    target: str
    missing: Missing
    strict: bool
    interface: Interface | None = None

    @property
    def message(self) -> str:
        """``.flaskenv: 'shop.wsgi:app' was not found: there is no module 'shop.wsgi'``."""
        return f"{self.location}: {self.target!r} was not found: {self.missing.reason}"

    @property
    def hint(self) -> str | None:
        """What was probably meant."""
        return f"did you mean {self.missing.suggestion!r}?" if self.missing.suggestion else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statement:
    location: str
    text: str
    target: str
    interface: Interface
    order: int
    strict: bool = True
    factory: bool = False
    port: int | None = None


def find_said(
    reading: Reading, server_calls: tuple[ServerCall, ...]
) -> Iterator[Candidate | Wrong]:
    """Yield what the project names, found or not."""
    for one in (
        *_fastapi(reading),
        *_gunicorn(reading),
        *_flask(reading),
        *_called(server_calls),
    ):
        located = find_entry(one.target, reading, factory=one.factory)
        if isinstance(located, Missing):
            yield Wrong(one.location, one.target, located, one.strict, one.interface)
        elif not located.path or reading.layout.is_shipped(located.path):
            yield _candidate(one, located)


def _candidate(one: _Statement, located: Located) -> Candidate:
    return Candidate(
        evidence=Evidence.SAID,
        order=one.order,
        serve=served(located, default=one.interface),
        framework=located.framework.title if located.framework else one.interface.upper(),
        location=one.location,
        text=one.text,
        origin=located.origin,
        port=one.port,
    )


def _fastapi(reading: Reading) -> Iterator[_Statement]:
    target = table(reading.document, "tool", "fastapi").get("entrypoint")
    if isinstance(target, str):
        yield _Statement(
            location="pyproject.toml: tool.fastapi.entrypoint",
            text=repr(target),
            target=target,
            interface=Interface.ASGI,
            order=0,
        )


def _gunicorn(reading: Reading) -> Iterator[_Statement]:
    module = reading.resolver.module_at("gunicorn.conf.py")
    bindings = module.scope.names.get("wsgi_app") if module else None
    target = text_of(getattr(bindings[-1], "value", None)) if bindings else None
    if target is not None and bindings:
        yield _Statement(
            location=f"gunicorn.conf.py:{bindings[-1].line}",
            text=f"wsgi_app = {target!r}",
            target=target if ":" in target else f"{target}:application",
            interface=Interface.WSGI,
            order=1,
        )


def _flask(reading: Reading) -> Iterator[_Statement]:
    for number, line in enumerate((reading.files.text(".flaskenv") or "").splitlines(), start=1):
        name, separator, value = line.removeprefix("export ").partition("=")
        if separator and name.strip() == "FLASK_APP":
            target = flask_target(value.strip().strip("\"'"), reading)
            yield _Statement(
                location=f".flaskenv:{number}",
                text=line.strip(),
                target=target,
                interface=Interface.WSGI,
                order=2,
            )


def flask_target(text: str, reading: Reading) -> str:
    """Return Flask's ``--app`` as ``module:attribute``.

    A file or a module alone means its ``app``, ``application``, ``create_app`` or ``make_app``
    (Flask's documentation, application discovery).
    """
    module, _, attribute = text.partition(":")
    if module.endswith(".py") or "/" in module:
        module = reading.layout.name_of(module.removeprefix("./"))
    if not attribute:
        found = reading.resolver.module(module)
        names = ("app", "application", "create_app", "make_app")
        known = found.scope.names if found else {}
        attribute = next((name for name in names if name in known), "app")
    called = attribute.partition("(")[0]
    return f"{module}:{called}"


def _called(server_calls: tuple[ServerCall, ...]) -> Iterator[_Statement]:
    for call in server_calls:
        if call.target is not None:
            yield _Statement(
                location=call.location,
                text=call.text.replace("(…)", f"({call.target!r}, …)"),
                target=call.target,
                interface=Interface.ASGI,
                order=3,
                strict=False,
                factory=call.factory,
                port=call.port,
            )


def development_note(location: str, server: str, target: str) -> Finding:
    """Say that a development server is replaced."""
    return Finding(
        rule="detect.development-server",
        severity=Severity.NOTE,
        location=location,
        message=f"{server} is not shipped; the runtime serves {target}",
    )

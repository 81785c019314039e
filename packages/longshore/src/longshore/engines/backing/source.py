"""What a backing service is run from: its image, or what stands in for it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from longshore.build.standin.catalogue import require_stand_in
from longshore.config import ServiceConfig
from longshore.config.known import full_reference
from longshore.engines.backing.plan import FoundImage
from longshore.engines.interface import Engine, EngineError, LoadedImage, SilentRegistryError
from longshore.types import Event, Phase

if TYPE_CHECKING:
    from longshore.build.interface import Workshop
    from longshore.build.standin.image import AssembledService

_FALSE = frozenset({"", "0", "false", "no", "off"})
_OTHERS = "runs only what Longshore has made"


class ImageSource(Protocol):
    """Finds what services are run from."""

    def check(self, service: ServiceConfig, engines: Sequence[Engine]) -> None:
        """Refuse what none of the engines could run, as far as that is known without a network.

        Raises:
            ProjectError: if there is neither an image nor anything that stands in for it.
        """

    def find(
        self, service: ServiceConfig, engine: Engine, *, project: str, pull: bool
    ) -> FoundImage:
        """Return what a service is run from.

        Args:
            service: which one.
            engine: who will run it.
            project: the name of the service that uses it.
            pull: whether an image that the engine lacks is fetched.

        Raises:
            ProjectError: if there is nothing, with the reason.
        """


class WorkshopSource:
    """Images where the engine has or can fetch them, else what is assembled here.

    What was found stays found while this object lives: a service is not asked for again with each
    version of what uses it.
    """

    def __init__(self, workshop: "Workshop") -> None:
        self._workshop = workshop
        self._found: dict[tuple[str, str], FoundImage] = {}
        self._silent: dict[str, str] = {}
        """Registries that do not answer, and how that was found out."""

    def check(self, service: ServiceConfig, engines: Sequence[Engine]) -> None:
        """Refuse what has no stand-in where none of the engines runs images of others.

        Raises:
            ProjectError: with what there is.
        """
        names = [engine.name for engine in engines if engine.images is None]
        if len(names) == len(engines):
            require_stand_in(service, reason=f"the {names[0]} engine {_OTHERS}")

    def find(
        self, service: ServiceConfig, engine: Engine, *, project: str, pull: bool
    ) -> FoundImage:
        """Return the image, or what stands in for it.

        Raises:
            ProjectError: if the engine has no such image, can't fetch it, and nothing stands in.
            LongshoreError: as assembling a base does.
        """
        key = (str(service.image), engine.name)
        if key not in self._found:
            self._found[key] = self._find(service, engine, project=project, pull=pull)
        return self._found[key]

    def _find(
        self, service: ServiceConfig, engine: Engine, *, project: str, pull: bool
    ) -> FoundImage:
        image, reason = self._image(service, engine, pull=pull)
        if image is not None:
            return FoundImage(image=image)
        from longshore.build.standin.image import AssembledService  # noqa: PLC0415 - not for images
        from longshore.build.standin.pins import require_pins  # noqa: PLC0415 - as above

        stand_in = require_stand_in(service, reason=reason)
        locked = self._workshop.environment.get("CI", "").lower() not in _FALSE
        pins = require_pins(self._workshop, stand_in, locked=locked)
        assembled = AssembledService(workshop=self._workshop, stand_in=stand_in, pins=pins)
        loaded = self._load(assembled, engine, name=f"{project}/{service.name}")
        return FoundImage(image=loaded, stand_in=assembled.title, reason=reason)

    def _image(
        self, service: ServiceConfig, engine: Engine, *, pull: bool
    ) -> tuple[LoadedImage | None, str]:
        """Return the image, or why there is none."""
        if engine.images is None:
            return None, f"the {engine.name} engine {_OTHERS}"
        reference = full_reference(service.image)
        found = engine.images.find(reference)
        if found is not None or not pull:
            return found, f"{engine.name} does not have it"
        registry = service.image.registry
        if registry in self._silent:
            return None, self._silent[registry]
        self._report(service.name, f"pulling {reference}")
        try:
            return engine.images.pull(reference), ""
        except SilentRegistryError as error:
            self._silent[registry] = error.message
            return None, error.message
        except EngineError as error:
            return None, error.message

    def _load(self, assembled: "AssembledService", engine: Engine, *, name: str) -> LoadedImage:
        if engine.images is None:
            config = assembled.config
            return LoadedImage(
                digest=assembled.key, config=config, location=str(assembled.unpack())
            )
        layout = self._workshop.layout
        return engine.load(layout, assembled.write_image(), service=name)

    def _report(self, name: str, detail: str) -> None:
        event = Event(kind="service.note", subject=name, phase=Phase.NOTE, detail=detail)
        self._workshop.reporter.report(event)

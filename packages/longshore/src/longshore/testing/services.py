"""A user's services on one machine, for tests of what starts and stops them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from longshore.config import ServiceConfig
from longshore.engines.backing.lending import Lending
from longshore.engines.backing.passwords import Passwords
from longshore.engines.backing.plan import FoundImage
from longshore.engines.backing.start import BackingServices
from longshore.engines.choose import Engines
from longshore.engines.interface import Engine, LoadedImage, Run
from longshore.engines.launch import Launch, Launcher
from longshore.engines.ports import find_free_port
from longshore.engines.records import RunRecords
from longshore.engines.service import Services
from longshore.engines.settings import Settings
from longshore.oci.config import ImageConfig
from longshore.oci.descriptor import Descriptor, MediaType
from longshore.oci.layout import ImageLayout
from longshore.testing.engine import MemoryEngine
from longshore.testing.reporter import RecordingReporter
from longshore.types import Digest, Phase, Process, Project, ProjectKind, parse_name

SERVICE = "taskapi"
IMAGE = Descriptor(media_type=MediaType.MANIFEST, digest=Digest.of(b"image"), size=1)


class MemorySource:
    """Gives every backing service the same image, which is nothing."""

    def __init__(self) -> None:
        self.found = FoundImage(
            image=LoadedImage(digest=Digest.of(b"backing"), config=ImageConfig(), location="here"),
            stand_in="a stand-in",
            reason="there is no other",
        )
        self.pulls: list[bool] = []

    def check(self, service: ServiceConfig, engines: Sequence[Engine]) -> None:
        """Find nothing wrong."""

    def find(
        self, service: ServiceConfig, engine: Engine, *, project: str, pull: bool
    ) -> FoundImage:
        """Return that image."""
        del service, engine, project
        self.pulls.append(pull)
        return self.found


class ServiceBench:
    """One project, ``taskapi`` in ``/project``; every method is one run of the command line.

    Args:
        folder: the user's, empty.
        processes: of the project, where ``launch`` names none.
        engines: of the machine.
    """

    def __init__(
        self, folder: Path, *processes: Process, engines: tuple[MemoryEngine, ...]
    ) -> None:
        self.engines = engines
        self.processes = processes
        self.records = RunRecords(folder / "runs")
        self.passwords = Passwords(folder / "passwords")
        self.source = MemorySource()
        self.layout = ImageLayout.open(folder / "images")
        self.port = find_free_port()
        self.reporter = RecordingReporter()

    def services(self) -> Services:
        """Return the services of this user."""
        engines = Engines(self.engines, reporter=self.reporter)
        return Services(
            engines=engines,
            records=self.records,
            passwords=self.passwords,
            reporter=self.reporter,
        )

    def launcher(self) -> Launcher:
        """Return what starts them."""
        services = self.services()
        return Launcher(services, BackingServices(services, self.source, self.passwords))

    def lending(self, *wanted: ServiceConfig) -> Lending:
        """Return what gives ``run`` its databases and caches."""
        services = self.services()
        backing = BackingServices(services, self.source, self.passwords)
        return Lending(services=services, backing=backing, wanted=wanted)

    def launch(self, *processes: Process, **changes: Any) -> Launch:
        """Return what ``up`` is asked for."""
        project = Project(
            name=parse_name(SERVICE),
            version="1",
            kind=ProjectKind.APPLICATION,
            root=Path("/project"),
            members=(),
            processes=processes or self.processes,
            python="",
        )
        settings = Settings(given={})
        launch = Launch(project=project, settings=settings, port=self.port, engine="auto")
        return replace(launch, **changes)

    def up(self, *processes: Process, **changes: Any) -> tuple[Run, ...]:
        """Bring the service up."""
        launch = self.launch(*processes, **changes)
        return self.launcher().bring_up(launch, self.layout, IMAGE)

    def down(self, **options: Any) -> tuple[Run, ...]:
        """Take it down."""
        return self.services().take_down(SERVICE, **options)

    def notes(self) -> list[str]:
        """Return what was noted."""
        events = [event for event in self.reporter.events if event.phase is Phase.NOTE]
        return [f"{event.subject}: {event.detail}" for event in events]

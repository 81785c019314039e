"""A reporter that keeps what it hears."""

from threading import Lock

from longshore.types import Event, Phase


class RecordingReporter:
    """Keeps every event, in order."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.events: list[Event] = []

    def report(self, event: Event) -> None:
        """Keep the event."""
        with self._lock:
            self.events.append(event)

    def phases(self, subject: str) -> list[Phase]:
        """Return the phases of one subject in order; a run of progress counts once."""
        found: list[Phase] = []
        for event in self.events:
            repeated = event.phase is Phase.PROGRESS and found[-1:] == [Phase.PROGRESS]
            if event.subject == subject and not repeated:
                found.append(event.phase)
        return found

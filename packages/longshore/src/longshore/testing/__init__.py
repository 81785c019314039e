"""The test kit: wheels made in memory and a network in this process, for real clients to talk to.

``Network`` is an HTTP proxy on a loopback port that answers for every ``*.test`` host itself, with
or without TLS; ``PackageIndex`` and ``StaticSite`` are what it serves; faults are injected per
request. Nothing in Longshore imports this package.
"""

from longshore.testing.clock import ManualClock
from longshore.testing.faults import Corrupt, Cut, Fault, Stall, Status
from longshore.testing.index import PackageIndex
from longshore.testing.network import Network
from longshore.testing.reporter import RecordingReporter
from longshore.testing.sdist import make_sdist
from longshore.testing.site import Answer, Request, Site, StaticSite
from longshore.testing.wheel import Archive, make_wheel

__all__ = [
    "Answer",
    "Archive",
    "Corrupt",
    "Cut",
    "Fault",
    "ManualClock",
    "Network",
    "PackageIndex",
    "RecordingReporter",
    "Request",
    "Site",
    "Stall",
    "StaticSite",
    "Status",
    "make_sdist",
    "make_wheel",
]

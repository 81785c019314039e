"""The values that the rooms share: frozen, validated once, standard library only."""

from longshore.types.digest import Digest
from longshore.types.event import Event, NullReporter, Phase, Reporter
from longshore.types.finding import Finding, Severity
from longshore.types.name import NormalizedName, parse_name
from longshore.types.platform import Glibc, Musl, Platform, PythonVersion, Target
from longshore.types.process import (
    Asgi,
    CommandLine,
    EntryPoint,
    Process,
    ProcessKind,
    Resources,
    Restart,
    Scale,
    Wsgi,
)
from longshore.types.project import BuildMode, Member, Project, ProjectKind
from longshore.types.record import (
    RECORD_FORMAT,
    BuildRecord,
    Material,
    MaterialKind,
    PlatformRecord,
)
from longshore.types.reference import Reference
from longshore.types.secret import Secret
from longshore.types.server import SERVERS, choose_server
from longshore.types.source import SourceFile, SourceTree

__all__ = [
    "RECORD_FORMAT",
    "SERVERS",
    "Asgi",
    "BuildMode",
    "BuildRecord",
    "CommandLine",
    "Digest",
    "EntryPoint",
    "Event",
    "Finding",
    "Glibc",
    "Material",
    "MaterialKind",
    "Member",
    "Musl",
    "NormalizedName",
    "NullReporter",
    "Phase",
    "Platform",
    "PlatformRecord",
    "Process",
    "ProcessKind",
    "Project",
    "ProjectKind",
    "PythonVersion",
    "Reference",
    "Reporter",
    "Resources",
    "Restart",
    "Scale",
    "Secret",
    "Severity",
    "SourceFile",
    "SourceTree",
    "Target",
    "Wsgi",
    "choose_server",
    "parse_name",
]

"""Say what machine figures come from."""

import os
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

_PROGRAMS = (("buildah", "--version"), ("podman", "--version"), ("git", "--version"))
_KIB_PER_GIB = 1 << 20


def describe_machine() -> dict[str, str]:
    """Return what decides figures, by name: processor, memory, system, programs, load, date."""
    facts = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": f"{os.cpu_count()} cores, {_field('/proc/cpuinfo', 'model name')}",
        "memory": f"{int(_field('/proc/meminfo', 'MemTotal').split()[0]) / _KIB_PER_GIB:.0f} GiB",
        "system": f"{_system()}, Linux {platform.release()}",
        "Python": platform.python_version(),
        "load at start": f"{os.getloadavg()[0]:.1f}",
    }
    for program, flag in _PROGRAMS:
        if shutil.which(program):
            said = subprocess.run([program, flag], capture_output=True, text=True, check=False)
            facts[program] = said.stdout.removeprefix(f"{program} version ").strip()
    return facts


def _field(path: str, name: str) -> str:
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "0"


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()

"""Build the example, run it, show that it answers, and stop it: ``make demo``."""

import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "task-api"
TOKEN = "demo-token"
STALE_LOCK = 3
"""The exit code that says so; mirrors drop packages that a point release supersedes."""


def start(*argv: str) -> tuple[int, str]:
    """Run one command of ours, show it, and return its exit code and standard output."""
    print(f"\n$ {' '.join(argv)}", flush=True)
    completed = subprocess.run(argv, cwd=EXAMPLE, stdout=subprocess.PIPE, text=True, check=False)
    print(completed.stdout, end="", flush=True)
    return completed.returncode, completed.stdout


def run(*argv: str) -> str:
    """Run a command that must succeed, and return its standard output."""
    code, output = start(*argv)
    if code != 0:
        sys.exit(code)
    return output


def ask(method: str, url: str, body: dict[str, str] | None = None) -> None:
    """Send one request to the service and show the answer."""
    request = urllib.request.Request(url, method=method)
    request.add_header("Authorization", f"Bearer {TOKEN}")
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, data, timeout=10) as response:
        text = response.read().decode().strip()
        print(f"{method} {url} -> {response.status} {text}", flush=True)


def main() -> int:
    """Do what a new user does."""
    started = time.monotonic()
    up = ("longshore", "up", "--detach", "-e", f"TASKAPI_API_TOKEN={TOKEN}")
    code, output = start(*up)
    if code == STALE_LOCK:
        run("longshore", "lock", "--upgrade", "base")
        code, output = start(*up)
    if code != 0:
        return code
    url = output.split()[-1]
    try:
        ask("GET", f"{url}/livez")
        ask("POST", f"{url}/tasks", {"text": "ship it"})
        ask("GET", f"{url}/tasks")
        run("longshore", "ps")
    finally:
        run("longshore", "down", "--volumes")
    print(f"\nbuilt, answered and stopped in {time.monotonic() - started:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())

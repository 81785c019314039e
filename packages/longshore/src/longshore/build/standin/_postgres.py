"""Start PostgreSQL as its official image does; runs in the stand-in, on the base's Python.

    python -c … [postgres] [OPTION]...

The first start makes the database cluster in ``PGDATA``, from ``POSTGRES_USER``,
``POSTGRES_PASSWORD``, ``POSTGRES_DB``, ``POSTGRES_INITDB_ARGS``, ``POSTGRES_INITDB_WALDIR`` and
``POSTGRES_HOST_AUTH_METHOD``. A first start that was cut short is made again. Unlike in the image,
a password that has changed since is set at the next start.

``LONGSHORE_HOST`` and ``PORT`` say where to listen. SIGTERM is passed on as SIGINT, the fast
shutdown: the slow one waits until every client has gone.
"""

import hashlib
import os
import secrets
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

DATA = Path(os.environ.get("PGDATA") or "/var/lib/postgresql/data")
MARK = DATA / ".longshore"
"""There once the cluster is complete, with a salted hash of the password."""

USER = os.environ.get("POSTGRES_USER") or "postgres"
PASSWORD = os.environ.get("POSTGRES_PASSWORD") or ""
DATABASE = os.environ.get("POSTGRES_DB") or USER
METHOD = os.environ.get("POSTGRES_HOST_AUTH_METHOD") or "scram-sha-256"
HOST, PORT = os.environ.get("LONGSHORE_HOST", "0.0.0.0"), os.environ.get("PORT", "5432")  # noqa: S104
OPTIONS = {"jit": "off", "unix_socket_directories": "/tmp"}  # noqa: S108
"""The compiler of queries is left out of the stand-in."""

RELAY = """
import os, signal, subprocess, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {2, 15})
allow = lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, {2, 15})
server = subprocess.Popen(sys.argv[1:], preexec_fn=allow)
for number in (2, 15): signal.signal(number, lambda *_: server.send_signal(2))
allow()
code = server.wait()
sys.exit(code if code >= 0 else 128 - code)
"""

SETTINGS = ("POSTGRES_", "LONGSHORE_")


def main() -> None:
    """Make the cluster if need be, and become the server."""
    words = sys.argv[1:]
    if not words or words[0].startswith("-"):
        words.insert(0, "postgres")
    if words[0] != "postgres":
        os.execvp(words[0], words)  # noqa: S606
    os.umask(0o077)
    if not MARK.exists():
        initialise()
    check_version()
    if not is_current(MARK.read_text("ascii")):
        single_user(f"ALTER ROLE {quoted(USER)} PASSWORD {literal(PASSWORD)};")
        write_mark()
    own = [word for name, value in OPTIONS.items() for word in ("-c", f"{name}={value}")]
    last = ["-c", f"listen_addresses={HOST}", "-c", f"port={PORT}"]
    server = ["postgres", "-D", str(DATA), *own, *words[1:], *last]
    # Another program than this one, so that lists of processes are not filled with its text.
    os.execve(sys.executable, ["python", "-ISc", RELAY, *server], clean())  # noqa: S606


def initialise() -> None:
    """Make the cluster, in place of one that was not finished: nobody has used that."""
    DATA.mkdir(parents=True, exist_ok=True)
    for entry in DATA.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    argv = [
        "initdb",
        "-D",
        str(DATA),
        "--username",
        USER,
        "--auth-local=trust",
        "--no-instructions",
    ]
    argv += [f"--auth-host={METHOD}", *shlex.split(os.environ.get("POSTGRES_INITDB_ARGS", ""))]
    if os.environ.get("POSTGRES_INITDB_WALDIR"):
        argv += ["--waldir", os.environ["POSTGRES_INITDB_WALDIR"]]
    if PASSWORD:
        with open(os.memfd_create("password"), "w+", encoding="utf-8") as file:  # noqa: PTH123
            file.write(PASSWORD + "\n")
            file.flush()
            os.lseek(file.fileno(), 0, os.SEEK_SET)
            run([*argv, f"--pwfile=/proc/self/fd/{file.fileno()}"], keep=file.fileno())
    else:
        run(argv)
    with (DATA / "pg_hba.conf").open("a", encoding="ascii") as rules:
        rules.write(f"\nhost all all all {METHOD}\n")
    if DATABASE != "postgres":
        single_user(f"CREATE DATABASE {quoted(DATABASE)};")
    write_mark()


def check_version() -> None:
    """End with what to do where another major version has made the cluster."""
    made_by = (DATA / "PG_VERSION").read_text("ascii").strip()
    printed = subprocess.run(["postgres", "--version"], capture_output=True, check=True)  # noqa: S607
    own = printed.stdout.decode().split()[2].partition(".")[0]
    if made_by != own:
        sys.exit(
            f"the data was made by PostgreSQL {made_by}, and this is {own}: ask for the image of "
            f"that version, or remove the data with 'longshore down --volumes'"
        )


def run(argv: list[str], *, keep: int | None = None) -> None:
    """Run a program to its end, or end with its exit code."""
    completed = subprocess.run(
        argv, env=clean(), pass_fds=() if keep is None else (keep,), check=False
    )
    if completed.returncode:
        sys.exit(completed.returncode)


def single_user(statement: str) -> None:
    """Run a statement while nobody else can connect."""
    argv = ["postgres", "--single", "-D", str(DATA), "-c", "exit_on_error=true", "-c", "jit=off"]
    completed = subprocess.run(
        [*argv, "-c", "log_checkpoints=off", "postgres"],
        input=f"{statement}\n".encode(),
        env=clean(),
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if completed.returncode:
        sys.exit(completed.returncode)


def clean() -> dict[str, str]:
    """Return the environment of what is run: the server does not need the password again."""
    return {name: each for name, each in os.environ.items() if not name.startswith(SETTINGS)}


def write_mark() -> None:
    """Say that the cluster is complete, and with which password."""
    salt = secrets.token_hex(16)
    fresh = MARK.with_suffix(".fresh")
    fresh.write_text(f"{salt}:{digest(salt)}\n", "ascii")
    fresh.replace(MARK)


def is_current(mark: str) -> bool:
    """Tell whether the cluster has the password that is given now."""
    salt, _, known = mark.strip().partition(":")
    return not PASSWORD or known == digest(salt)


def digest(salt: str) -> str:
    """Return a hash that says nothing to who finds it."""
    return hashlib.scrypt(PASSWORD.encode(), salt=salt.encode(), n=1 << 12, r=8, p=1).hex()


def quoted(name: str) -> str:
    """Return an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a string of SQL."""
    return "'" + text.replace("'", "''") + "'"


if __name__ == "__main__":
    main()

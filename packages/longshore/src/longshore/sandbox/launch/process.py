"""The processes of a sandbox: the launcher, init, and the command that is executed."""
# `pathlib` would double the start-up time:
# ruff: noqa: PTH110
# the first argument of SetupError is the name of a step, no message:
# ruff: noqa: EM101

from __future__ import annotations

import errno
import marshal
import os
import resource
import select
import signal
import struct

from longshore.sandbox.launch.identity import drop_privileges, enter_namespaces, raise_loopback
from longshore.sandbox.launch.kernel import (
    PR_SET_DUMPABLE,
    PR_SET_PDEATHSIG,
    SetupError,
    call,
    prctl,
)
from longshore.sandbox.launch.root import NEW, change_root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from longshore.sandbox.launch.kernel import Spec

FORWARDED = {
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGTERM,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGWINCH,
}
WAITED = FORWARDED | {signal.SIGCHLD}


def look_up(spec: Spec) -> str:
    """Return the path of the program: as given, or found in the ``PATH`` of the environment."""
    name = spec["argv"][0]
    if "/" in name:
        return str(name)
    for folder in spec["env"].get("PATH", "").split(":"):
        path = f"{folder}/{name}"
        if folder and os.access(path, os.X_OK):
            return path
    raise SetupError("exec", name, errno.ENOENT)


def execute(spec: Spec, report: int) -> None:
    """Become the command; returns only by raising."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them; programs expect them
        signal.signal(number, signal.SIG_DFL)
    os.closerange(3, report)
    os.closerange(report + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if spec["memory_bytes"] is not None:
        resource.setrlimit(resource.RLIMIT_AS, (spec["memory_bytes"],) * 2)
    try:
        os.chdir(spec["cwd"])
    except OSError as error:
        raise SetupError("chdir", spec["cwd"], error.errno or 0) from error
    program = look_up(spec)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WAITED)
    try:
        os.execve(program, spec["argv"], spec["env"])  # noqa: S606
    except OSError as error:
        missing = error.errno == errno.ENOENT and os.path.exists(program)
        raise SetupError("interpreter" if missing else "exec", program, error.errno or 0) from error


def wait_for(child: int) -> int:
    """Forward signals to a child and reap everything until it ends; return its wait status.

    A signal from the terminal reaches the whole process group by itself: only those that another
    process sent (``si_code`` ≤ 0) are passed on.
    """
    while True:
        received = signal.sigwaitinfo(WAITED)
        if received.si_signo != signal.SIGCHLD:
            if received.si_code <= 0:
                os.kill(child, received.si_signo)
            continue
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return 0
            if pid == child:
                return status
            if pid == 0:
                break


def tell(report: int, error: Exception) -> None:
    """Write a failure to the report descriptor."""
    if isinstance(error, SetupError):
        document = error.report
    else:
        subject, number = getattr(error, "filename", None), getattr(error, "errno", None)
        document = {
            "step": type(error).__name__,
            "subject": str(subject or ""),
            "errno": number or 0,
        }
    document["subject"] = str(document["subject"]).removeprefix(NEW) or "/"
    os.write(report, marshal.dumps(document))


def run_init(spec: Spec, report: int, verdict: int) -> None:
    """Be process 1: build the root, drop everything, start the command and wait for it."""
    os.umask(0o022)  # mount points are for another user to enter
    if spec["isolate_network"]:
        raise_loopback()
    call("sethostname", "host name", b"localhost", 9)
    change_root(spec)
    drop_privileges(spec)
    # After the change of identity, which clears it: init dies with the launcher, all with init.
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    poll = select.poll()
    poll.register(verdict, 0)
    if poll.poll(0):  # nobody is left to read the verdict: the launcher died before that
        return
    child = os.fork()
    if child == 0:
        try:
            execute(spec, report)
        except Exception as error:  # noqa: BLE001 - a forked child must not return
            tell(report, error)
            os._exit(127)
    os.close(report)
    prctl(PR_SET_DUMPABLE, 0)
    os.write(verdict, struct.pack("i", wait_for(child)))


def end_like(status: int) -> None:
    """End this process the way another one ended."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 70)


def launch(spec: Spec, report: int) -> None:
    """Be the launcher."""
    signal.pthread_sigmask(signal.SIG_BLOCK, WAITED)
    enter_namespaces(spec)
    if spec["die_with_parent"]:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    answer, verdict = os.pipe()
    init = os.fork()
    if init == 0:
        os.close(answer)
        try:
            run_init(spec, report, verdict)
        except Exception as error:  # noqa: BLE001 - a forked child must not return
            tell(report, error)
            os._exit(127)
        os._exit(0)
    os.close(report)
    os.close(verdict)
    own = wait_for(init)
    told = os.read(answer, 4)
    end_like(struct.unpack("i", told)[0] if told else own)

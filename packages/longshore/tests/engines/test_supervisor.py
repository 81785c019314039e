"""The supervisor as a program of its own."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path, PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from longshore.engines.builtin import command_of
from longshore.engines.interface import LoadedImage, RunSpec
from longshore.engines.status import RunFiles, Status
from longshore.engines.supervisor import decode_command, encode_command, exit_code_of
from longshore.sandbox.interface import Command, Mount, Network

TEXTS = st.text(alphabet="ab é='\\n", max_size=8)
PATHS = TEXTS.map(lambda text: PurePosixPath("/", text))


@given(
    st.builds(
        Command,
        root=PATHS.map(Path),
        argv=st.lists(TEXTS, min_size=1, max_size=3).map(tuple),
        env=st.dictionaries(TEXTS, TEXTS, max_size=2),
        cwd=PATHS,
        mounts=st.lists(
            st.builds(
                Mount, source=st.none() | PATHS.map(Path), target=PATHS, writable=st.booleans()
            ),
            max_size=2,
        ).map(tuple),
        network=st.sampled_from(Network),
        user=st.tuples(st.integers(1, 70000), st.integers(1, 70000)),
    )
)
def test_command_survives_the_way_to_the_supervisor(command: Command) -> None:
    assert decode_command(json.loads(json.dumps(encode_command(command)))) == command


def test_exit_codes_are_those_of_a_shell() -> None:
    assert [exit_code_of(code) for code in (0, 3, -9, -15)] == [0, 3, 137, 143]


def test_process_whose_caller_was_killed_is_watched_to_its_end(
    shell: LoadedImage, tmp_path: Path
) -> None:
    spec = RunSpec(run_id="1", service="s", process="web", image=shell, args=("exit 6",))
    files = RunFiles(folder=tmp_path, process="web")
    files.pending.touch()
    task = {
        "folder": str(tmp_path),
        "process": "web",
        "run_id": "1",
        "command": encode_command(command_of(spec, mounts=())),
    }
    nobody, answers = os.pipe()
    os.close(nobody)
    subprocess.run(
        [sys.executable, "-m", "longshore.engines.supervisor"],
        input=json.dumps(task).encode(),
        stdout=answers,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    os.close(answers)
    deadline = time.monotonic() + 20
    status = None
    while (status is None or status.exit_code is None) and time.monotonic() < deadline:
        time.sleep(0.01)
        status = Status.read(files.status)
    assert status is not None
    assert status.exit_code == 6

"""Images of others in podman's storage: find them, pull them."""

import json
import subprocess
import threading
from collections.abc import Mapping
from types import MappingProxyType

from longshore.engines.interface import EngineError, LoadedImage, SilentRegistryError
from longshore.oci.config import ImageConfig
from longshore.types import Digest

ANSWER_WITHIN = 10.0
"""Seconds in which a registry has to answer; how long the image itself takes is its own affair."""

_ANSWERED = b"Getting image source"


class PodmanImages:
    """What ``podman images`` lists, and ``podman pull`` fetches.

    Args:
        program: podman's name or path.
        environment: what it runs with.
        answer_within: seconds in which a registry has to answer.
    """

    def __init__(
        self,
        program: str,
        *,
        environment: Mapping[str, str],
        answer_within: float = ANSWER_WITHIN,
    ) -> None:
        self._program = program
        self._environment = environment
        self._answer_within = answer_within

    def find(self, reference: str) -> LoadedImage | None:
        """Return an image by its whole name, if podman has it."""
        completed = subprocess.run(
            [self._program, "image", "inspect", reference],
            env=dict(self._environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            start_new_session=True,
        )
        if completed.returncode != 0:
            return None
        document = json.loads(completed.stdout)[0]
        config = document.get("Config") or {}
        pairs = (variable.partition("=") for variable in config.get("Env") or ())
        return LoadedImage(
            digest=Digest.parse(document["Digest"]),
            config=ImageConfig(
                env=MappingProxyType({name: value for name, _, value in pairs}),
                entrypoint=tuple(config.get("Entrypoint") or ()),
                cmd=tuple(config.get("Cmd") or ()),
                volumes=tuple(sorted(config.get("Volumes") or ())),
            ),
            location=document["Id"],
        )

    def pull(self, reference: str) -> LoadedImage:
        """Fetch an image; a registry that does not answer is given up soon.

        Raises:
            SilentRegistryError: if the registry does not answer in time.
            EngineError: if it can't be had for another reason.
        """
        process = subprocess.Popen(
            [self._program, "pull", reference],
            env=dict(self._environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        timer = threading.Timer(self._answer_within, process.kill)
        timer.start()
        last = b""
        try:
            for line in process.stderr or ():
                last = line.strip() or last
                if line.startswith(_ANSWERED):
                    timer.cancel()
            code = process.wait()
        finally:  # Ctrl-C, too
            timer.cancel()
            process.kill()
            process.wait()
            if process.stderr is not None:
                process.stderr.close()
        found = self.find(reference) if code == 0 else None
        if code < 0:
            msg = f"its registry did not answer within {self._answer_within:g} s"
            raise SilentRegistryError(msg)
        if found is None:
            raise EngineError(_reason(last))
        return found


def _reason(last: bytes) -> str:
    parts = last.decode("utf-8", "replace").removeprefix("Error: ").split(": ")
    # Each of podman's layers puts what it was about in front.
    return f"podman can't pull it: {': '.join(parts[-2:]) or 'no message'}"

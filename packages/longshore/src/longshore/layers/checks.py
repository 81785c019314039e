"""Check wheels once: what ``WheelFile.check`` found is kept by the wheel's digest."""

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from longshore.layers.key import layer_key
from longshore.oci.document import canonical
from longshore.oci.memos import MemoStore
from longshore.types import Digest, Finding, Severity
from longshore.wheels.read import Checked, WheelFile


def check_wheels(
    wheels: Sequence[WheelFile], memos: MemoStore, *, strict: bool = False
) -> list[Checked]:
    """Check wheels, several at a time.

    Raises:
        WheelError: if an entry is damaged, or if ``strict`` and a RECORD disagrees.
    """
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return list(pool.map(partial(_check, memos=memos, strict=strict), wheels))


def _check(wheel: WheelFile, memos: MemoStore, *, strict: bool) -> Checked:
    key = layer_key("check", str(wheel.sha256))
    memo = memos.get(key)
    if memo is not None:
        known = _decode(wheel, memo)
        if not (strict and known.findings):
            return known
    checked = wheel.check(strict=strict)
    document = {
        "digests": {name: digest.hex for name, digest in checked.digests.items()},
        "problems": [finding.message for finding in checked.findings],
    }
    memos.put(key, canonical(document))
    return checked


def _decode(wheel: WheelFile, memo: bytes) -> Checked:
    document = json.loads(memo)
    return Checked(
        digests={name: Digest("sha256", value) for name, value in document["digests"].items()},
        findings=tuple(
            Finding(
                rule="wheel.record",
                severity=Severity.WARNING,
                location=wheel.filename,
                message=message,
            )
            for message in document["problems"]
        ),
    )

"""The certificates of Debian's archive, shipped with the package.

``scripts/update-debian-keyring.sh`` in the repository makes the file from Debian's own keyring
package and says which keys are in it.
"""

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pysequoia import Cert

KEYRING = "debian-archive.pgp"


@cache
def archive_certificates() -> tuple["Cert", ...]:
    """Return the certificates that sign the suites that Longshore knows."""
    from pysequoia import Cert  # noqa: PLC0415 - 9 MB, needed here only

    data = files("longshore.base.debian").joinpath(KEYRING).read_bytes()
    return tuple(Cert.split_bytes(data))

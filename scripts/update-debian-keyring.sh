#!/bin/sh
# Make packages/longshore/src/longshore/base/debian/debian-archive.pgp anew.
#
# It holds the public keys that sign the suites a base can be made of: stable, stable-updates and
# stable-security of Debian 12 (bookworm) and 13 (trixie). They are taken from the keyring that
# Debian's package `debian-archive-keyring` installs, by their full fingerprints below, which
# Debian's archive team publishes. A new release of Debian adds its three keys here.
#
#   scripts/update-debian-keyring.sh [KEYRING]
set -eu
cd "$(dirname "$0")/.."
exec .venv/bin/python - "${1:-/usr/share/keyrings/debian-archive-keyring.gpg}" <<'PYTHON'
import sys
from pathlib import Path

from pysequoia import Cert

WANTED = {
    "b8b80b5b623eab6ad8775c45b7c5d7d6350947f8": "archive, 12 (bookworm)",
    "05ab90340c0c5e797f44a8c8254cf3b5aec0a8f0": "security archive, 12 (bookworm)",
    "4d64fec119c2029067d6e791f8d2585b8783d481": "stable release, 12 (bookworm)",
    "04b54c3cdca79751b16bc6b5225629df75b188bd": "archive, 13 (trixie)",
    "5e04a1e3223a19a20706e20f9904613d4cce68c6": "security archive, 13 (trixie)",
    "41587f7db8c774bccf131416762f67a0b2c39de4": "stable release, 13 (trixie)",
}
found = {cert.fingerprint: cert for cert in Cert.split_bytes(Path(sys.argv[1]).read_bytes())}
missing = [name for fingerprint, name in WANTED.items() if fingerprint not in found]
if missing:
    sys.exit(f"{sys.argv[1]}: no key of the {', '.join(missing)}")
target = Path("packages/longshore/src/longshore/base/debian/debian-archive.pgp")
target.write_bytes(b"".join(bytes(found[fingerprint]) for fingerprint in sorted(WANTED)))
for fingerprint, name in WANTED.items():
    print(fingerprint, name)
PYTHON

"""What maintainer scripts and other tools would have made: folders, users, the CA bundle."""

from collections.abc import Mapping

USER = 65532
"""``nonroot``, numeric user and group: the number that distroless images use."""

HOME = "home/nonroot"
"""The user's home, the one folder of a base that is the user's own."""

FOLDERS: Mapping[str, int] = {
    ".": 0o755,
    "dev": 0o755,
    "etc": 0o755,
    "home": 0o755,
    HOME: 0o755,
    "proc": 0o755,
    "root": 0o700,
    "run": 0o755,
    "sys": 0o755,
    "tmp": 0o1777,
    "usr": 0o755,
    "usr/bin": 0o755,
    "usr/lib": 0o755,
    "usr/lib64": 0o755,
    "usr/sbin": 0o755,
    "var": 0o755,
    "var/tmp": 0o1777,
}
"""Folders of every base and their modes, parents first."""

CA_BUNDLE = "etc/ssl/certs/ca-certificates.crt"
STATUS = "var/lib/dpkg/status.d"
"""Where scanners look for the packages of an image that has no dpkg."""

LINKS: Mapping[str, str] = {
    "etc/localtime": "/usr/share/zoneinfo/Etc/UTC",
    "usr/lib/ssl/cert.pem": "/etc/ssl/certs/ca-certificates.crt",
    "usr/lib/ssl/certs": "/etc/ssl/certs",
}
"""OpenSSL looks for its authorities below ``/usr/lib/ssl``, whatever the environment says."""

_PASSWD = f"""\
root:x:0:0:root:/root:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
nonroot:x:{USER}:{USER}:nonroot:/home/nonroot:/usr/sbin/nologin
"""

_GROUP = f"""\
root:x:0:
tty:x:5:
nogroup:x:65534:
nonroot:x:{USER}:
"""

_NSSWITCH = """\
passwd:    files
group:     files
hosts:     files dns
networks:  files
protocols: files
services:  files
"""

FILES: Mapping[str, str] = {
    "etc/group": _GROUP,
    "etc/nsswitch.conf": _NSSWITCH,
    "etc/passwd": _PASSWD,
}


def ca_bundle(certificates: Mapping[str, bytes]) -> bytes:
    """Concatenate certificates by name, as ``update-ca-certificates`` does."""
    parts = [certificates[name] for name in sorted(certificates)]
    return b"".join(part if part.endswith(b"\n") else part + b"\n" for part in parts)

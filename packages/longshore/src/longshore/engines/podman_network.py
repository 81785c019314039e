"""How a container is set apart, and what it reaches: arguments of ``podman run``; pure."""

from longshore.engines.interface import RunSpec


def network_name(service: str) -> str:
    """Return the name of a service's network."""
    return f"longshore-{service}"


def isolation_arguments(spec: RunSpec) -> list[str]:
    """Return what keeps a container in its place.

    An image that was made elsewhere starts as its makers mean it: many begin as root, give their
    data to a user of their own, and become that.
    """
    always = ["--security-opt=no-new-privileges"]
    if spec.foreign:
        return always
    return [
        "--read-only",
        "--tmpfs=/tmp:rw,mode=1777",
        "--cap-drop=ALL",
        *always,
        "--user=65532:65532",
    ]


def network_arguments(spec: RunSpec) -> list[str]:
    """Return which network a container is on, and its name there."""
    if not spec.networked:
        return []
    return [f"--network={network_name(spec.service)}", f"--network-alias={spec.process}"]

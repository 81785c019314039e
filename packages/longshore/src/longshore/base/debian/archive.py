"""Where Debian's packages come from: mirrors whose signed releases say what they are.

An address is taken from the configuration, else from this machine's apt: the first that serves a
verified release of the wanted suite. Nothing is built in, so a company's mirror is honoured and
another distribution's is not taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from longshore.base.debian.apt import APT, apt_mirrors
from longshore.base.debian.keyring import archive_certificates
from longshore.base.debian.release import Release, read_release
from longshore.base.debian.suite import Suite
from longshore.errors import (
    LockError,
    LongshoreError,
    PreflightError,
    SupplyChainError,
    TransportError,
)
from longshore.net import Transport, redact_url
from longshore.types import Event, Phase

if TYPE_CHECKING:
    from pysequoia import Cert

MAIN = "debian"
SECURITY = "debian-security"
_SETTINGS = {MAIN: "LONGSHORE_DEBIAN_MIRROR", SECURITY: "LONGSHORE_DEBIAN_SECURITY_MIRROR"}
_MAX_RELEASE = 8 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A mirror of one archive, with the verified releases of its suites.

    Args:
        name: ``debian`` or ``debian-security``.
        url: its root, without a slash at the end.
        releases: in the order of preference, each with its codename.
    """

    name: str
    url: str
    releases: tuple[Release, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveFinder:
    """Finds the archives of a suite.

    Args:
        transport: fetches the releases; its clock is held against ``Valid-Until``.
        mirrors: addresses from the configuration, by archive; such an address is the only one
            that is tried.
        apt: the folder of this machine's apt sources.
        certificates: whose signatures count; those of Debian's archive unless given.
    """

    transport: Transport
    mirrors: Mapping[str, str] = field(hash=False)
    apt: Path = APT
    certificates: Sequence["Cert"] | None = None

    def find(self, suite: Suite) -> tuple[Archive, ...]:
        """Return the main archive and, if there is one, the security archive.

        Raises:
            PreflightError: if no address is known or none of apt's serves the suite.
            TransportError: if the configured mirror can't be reached.
            SupplyChainError: if the configured mirror's release is not acceptable.
        """
        main = self._main(suite)
        security = self._security(suite, main)
        return (main,) if security is None else (main, security)

    def _main(self, suite: Suite) -> Archive:
        name = suite.codename
        if (configured := self.mirrors.get(MAIN)) is not None:
            url, release = configured.rstrip("/"), self._release(configured.rstrip("/"), name)
        else:
            url, release = self._from_apt(name)
        releases = [release]
        try:
            releases.append(self._release(url, f"{name}-updates"))
        except TransportError as error:
            if error.status is None:
                raise
            self._warn(f"{name}-updates", f"left out: {error.message}")
        return Archive(name=MAIN, url=url, releases=tuple(releases))

    def _from_apt(self, codename: str) -> tuple[str, Release]:
        reasons = []
        for url in apt_mirrors(self.apt):
            try:
                return url, self._release(url, codename)
            except (TransportError, SupplyChainError) as error:
                reasons.append(error.message)
        msg = f"base: no mirror of Debian is known that has {codename!r}"
        raise PreflightError(
            msg, context=reasons, hint=f"set {_SETTINGS[MAIN]} to the address of one"
        )

    def _security(self, suite: Suite, main: Archive) -> Archive | None:
        name = f"{suite.codename}-security"
        if (configured := self.mirrors.get(SECURITY)) is not None:
            url = configured.rstrip("/")
            return Archive(name=SECURITY, url=url, releases=(self._release(url, name),))
        reasons = []
        for url in dict.fromkeys([f"{main.url}-security", *apt_mirrors(self.apt)]):
            try:
                release = self._release(url, name)
            except (TransportError, SupplyChainError) as error:
                reasons.append(error.message)
                continue
            return Archive(name=SECURITY, url=url, releases=(release,))
        detail = f"no mirror found; set {_SETTINGS[SECURITY]} to include security updates"
        self._warn(name, "; ".join([detail, *reasons]))
        return None

    def _release(self, url: str, codename: str) -> Release:
        where = f"{url}/dists/{codename}/InRelease"
        reply = self.transport.get(where, max_bytes=_MAX_RELEASE)
        return read_release(
            reply.body,
            certificates=self.certificates or archive_certificates(),
            codename=codename,
            now=self._now(),
            where=redact_url(where),
        )

    def _now(self) -> datetime:
        return self.transport.clock.now()

    def _warn(self, subject: str, detail: str) -> None:
        self.transport.reporter.report(
            Event(kind="base.lock", subject=subject, phase=Phase.WARNING, detail=detail)
        )


def superseded(package: str, error: LongshoreError) -> LockError:
    """Explain that a pinned package is gone: mirrors delete what a newer version replaces."""
    msg = f"base: {package} is pinned, but the mirror has it no more"
    return LockError(msg, context=[error.message], hint="run `longshore lock --upgrade base`")


def missing_archive(archive: str, package: str) -> PreflightError:
    """Explain that a pinned package is in an archive of which no mirror is known."""
    msg = f"base: {package} is pinned from {archive!r}, of which no mirror is known"
    hint = f"set {_SETTINGS.get(archive, _SETTINGS[MAIN])} to the address of one"
    return PreflightError(msg, hint=hint)

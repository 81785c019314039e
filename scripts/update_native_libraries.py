"""Make packages/longshore/src/longshore/build/native/sonames.txt anew, from Debian's packages.

``python scripts/update_native_libraries.py`` fetches the packages below for every suite that a base
can be made of (verified by the suite's signed index), looks into each, and writes down the
libraries that it has in the loader's default folder, by the name that the library itself says.
Nothing is guessed: a package that a suite has not, or that has no library there, ends the program.

Where a package has another name in each suite, the first of its names that a suite has is taken.
"""

import os
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

from longshore.base.debian.archive import ArchiveFinder
from longshore.base.debian.deb import DebFile
from longshore.base.debian.index import IndexedPackage, PackageIndex, load_index
from longshore.base.debian.suite import SUITES, Suite
from longshore.build.native.elf import read_elf
from longshore.config.directories import Directories
from longshore.errors import LongshoreError, SupplyChainError
from longshore.net import CredentialStore, Transport, download
from longshore.oci.blobs import BlobStore

ARCHITECTURE, TRIPLET = "amd64", "x86_64-linux-gnu"
TABLE = Path("packages/longshore/src/longshore/build/native/sonames.txt")

PACKAGES = """
libatomic1 libgcc-s1 libgfortran5 libgomp1 libquadmath0 libstdc++6
libpython3.11|libpython3.13
libpq5 libmariadb3 libodbc2 libodbcinst2 libsybdb5 libct4 libsqlite3-0 liblmdb0 libleveldb1d
libdb5.3|libdb5.3t64 libgdbm6|libgdbm6t64 libmemcached11|libmemcached11t64 librdkafka1 libzmq5
libldap-2.5-0|libldap2 libsasl2-2 libgssapi-krb5-2 libkrb5-3 libcom-err2 libkeyutils1 libltdl7
libxml2 libxslt1.1 libxmlsec1|libxmlsec1t64 libxmlsec1-openssl|libxmlsec1t64-openssl libexpat1
libyaml-0-2
libssl3|libssl3t64 libsodium23 libgcrypt20 libgnutls30|libgnutls30t64 libnettle8|libnettle8t64
libgpgme11|libgpgme11t64 libsecp256k1-1|libsecp256k1-2 libffi8 libuuid1
libgmp10 libmpfr6 libmpc3 libfftw3-double3 libtbb12 libnuma1 libgeos-c1v5|libgeos-c1t64
libspatialindex6|libspatialindex7|libspatialindex8 libproj25
zlib1g libbz2-1.0 liblzma5 libzstd1 liblz4-1 liblzo2-2 libsnappy1v5 libbrotli1
libarchive13|libarchive13t64
libcurl4|libcurl4t64 libcurl3-gnutls|libcurl3t64-gnutls libssh2-1|libssh2-1t64 libssh-4
libnghttp2-14 libcares2|libc-ares2 libev4|libev4t64 libevent-2.1-7|libevent-2.1-7t64
libuv1|libuv1t64 libpcap0.8|libpcap0.8t64 libusb-1.0-0 libbluetooth3
libjpeg62-turbo libpng16-16|libpng16-16t64 libtiff6 libwebp7 libwebpmux3 libwebpdemux2 libgif7
libopenjp2-7 liblcms2-2 libheif1 libvips42|libvips42t64 libzbar0|libzbar0t64
libdmtx0b|libdmtx0t64
libfreetype6 libfontconfig1 libcairo2 libpango-1.0-0 libpangocairo-1.0-0 libpangoft2-1.0-0
libharfbuzz0b libharfbuzz-subset0 libfribidi0 libraqm0 libgdk-pixbuf-2.0-0
libglib2.0-0|libglib2.0-0t64 libgirepository-1.0-1 libenchant-2-2 libhunspell-1.7-0
libmagic1|libmagic1t64 libicu72|libicu76 libtesseract5 libleptonica6|liblept5
libgl1 libegl1 libopengl0 libx11-6 libx11-xcb1 libxcb1 libxext6 libxrender1 libsm6 libice6 libxi6
libxrandr2 libxcursor1 libxfixes3 libxcomposite1 libxdamage1 libxkbcommon0 libxtst6 libdrm2 libgbm1
libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0
libxcb-render0 libxcb-shape0 libxcb-shm0 libxcb-sync1 libxcb-util1 libxcb-xfixes0 libxcb-xkb1
libxkbcommon-x11-0 libwayland-client0 libgtk-3-0|libgtk-3-0t64
libdbus-1-3 libnspr4 libnss3 libcups2|libcups2t64 libatk1.0-0|libatk1.0-0t64
libatk-bridge2.0-0|libatk-bridge2.0-0t64 libasound2|libasound2t64 libtcl8.6 libtk8.6
libsndfile1 libportaudio2 libopus0 libvlc5 libpulse0 libsamplerate0
libpcre2-8-0 libreadline8|libreadline8t64 libncursesw6 libtinfo6 libsystemd0 libudev1 libcap2
libacl1 libattr1 libseccomp2 libvirt0 libaugeas0 libjemalloc2 libunwind8
libcgraph6 libgvc6
"""


def main() -> int:
    """Write the table and return the exit code."""
    environment = os.environ
    store = BlobStore(Directories(environment=environment).cache / "blobs")
    credentials = CredentialStore(environment=environment)
    with Transport(credentials=credentials, environment=environment) as transport:
        tables = [read_suite(suite, transport, store) for suite in reversed(SUITES)]
    names = sorted({name for table in tables for name in table})
    lines = [f"# soname {' '.join(suite.codename for suite in reversed(SUITES))}"]
    lines += [" ".join([name, *(table.get(name, "-") for table in tables)]) for name in names]
    TABLE.write_text("\n".join([*lines, ""]), "ascii")
    print(f"{TABLE}: {len(names)} libraries")
    return 0


def read_suite(suite: Suite, transport: Transport, store: BlobStore) -> dict[str, str]:
    """Return the package of each library in a suite."""
    archives = ArchiveFinder(transport=transport, mirrors={}).find(suite)
    index = load_index(archives, architecture=ARCHITECTURE, transport=transport, store=store)
    urls = {archive.name: archive.url for archive in archives}
    table: dict[str, str] = {}
    for package in choose_packages(index, suite):
        path = download(
            transport,
            f"{urls[package.archive]}/{package.path.replace('%', '%25')}",
            store=store,
            expected=package.sha256,
            size=package.size,
            kind="native",
            subject=package.name,
            error=SupplyChainError,
        )
        libraries = sorted(set(read_sonames(DebFile(path, package.name))))
        if not libraries:
            sys.exit(f"{suite.codename}: {package.name} has no library in the default folder")
        for name in libraries:
            if table.setdefault(name, package.name) != package.name:
                sys.exit(f"{suite.codename}: {name} is in {table[name]} and in {package.name}")
    return table


def choose_packages(index: PackageIndex, suite: Suite) -> list[IndexedPackage]:
    """Return the packages of a suite: of each group the first name that exists there."""
    chosen, problems = [], []
    for names in PACKAGES.split():
        found = (index.get(name) for name in names.split("|"))
        package = next((package for package in found if package is not None), None)
        if package is None:
            problems.append(f"{suite.codename}: there is no {names.replace('|', ' or ')}")
        else:
            chosen.append(package)
    if problems:
        sys.exit("\n".join(problems))
    return chosen


def read_sonames(deb: DebFile) -> Iterator[str]:
    """Yield what the loader finds in its default folder under the name that the file says."""
    folders = {f"usr/lib/{TRIPLET}", f"lib/{TRIPLET}", "usr/lib", "lib"}
    entries: set[str] = set()
    sonames: set[str] = set()
    for entry in deb.entries():
        folder, _, name = entry.name.rpartition("/")
        if folder not in folders:
            continue
        entries.add(name)
        if entry.kind == tarfile.REGTYPE and entry.content is not None:
            data = entry.content.read()
            try:
                elf = read_elf(lambda offset, size, data=data: data[offset : offset + size])  # type: ignore[misc]
            except ValueError:
                continue
            if elf is not None:
                sonames.add(elf.soname)
    yield from entries & sonames


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LongshoreError as error:
        sys.exit(f"error: {error}")

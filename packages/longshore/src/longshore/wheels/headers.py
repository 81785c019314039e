"""What a failed compilation lacks, by what the compiler wrote, and which Debian package has it."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "alsa/asoundlib.h": "libasound2-dev",
        "archive.h": "libarchive-dev",
        "augeas.h": "libaugeas-dev",
        "boost/": "libboost-dev",
        "bzlib.h": "libbz2-dev",
        "cairo.h": "libcairo2-dev",
        "cups/cups.h": "libcups2-dev",
        "curl/curl.h": "libcurl4-openssl-dev",
        "dbus/dbus.h": "libdbus-1-dev",
        "ev.h": "libev-dev",
        "event.h": "libevent-dev",
        "expat.h": "libexpat1-dev",
        "ffi.h": "libffi-dev",
        "freetype/": "libfreetype-dev",
        "ft2build.h": "libfreetype-dev",
        "gdal.h": "libgdal-dev",
        "geos_c.h": "libgeos-dev",
        "git2.h": "libgit2-dev",
        "glib.h": "libglib2.0-dev",
        "gmp.h": "libgmp-dev",
        "gssapi/": "libkrb5-dev",
        "hdf5.h": "libhdf5-dev",
        "ibase.h": "firebird-dev",
        "jpeglib.h": "libjpeg-dev",
        "krb5.h": "libkrb5-dev",
        "lber.h": "libldap-dev",
        "lcms2.h": "liblcms2-dev",
        "ldap.h": "libldap-dev",
        "leveldb/": "libleveldb-dev",
        "libmemcached/": "libmemcached-dev",
        "libpq-fe.h": "libpq-dev",
        "librdkafka/": "librdkafka-dev",
        "libxml/": "libxml2-dev",
        "libxslt/": "libxslt1-dev",
        "lz4.h": "liblz4-dev",
        "lzma.h": "liblzma-dev",
        "lzo/": "liblzo2-dev",
        "magic.h": "libmagic-dev",
        "mpfr.h": "libmpfr-dev",
        "mysql.h": "libmariadb-dev",
        "ncurses.h": "libncurses-dev",
        "netcdf.h": "libnetcdf-dev",
        "openssl/": "libssl-dev",
        "pcap.h": "libpcap-dev",
        "png.h": "libpng-dev",
        "portaudio.h": "portaudio19-dev",
        "proj.h": "libproj-dev",
        "readline/": "libreadline-dev",
        "sasl/": "libsasl2-dev",
        "snappy-c.h": "libsnappy-dev",
        "snappy.h": "libsnappy-dev",
        "sodium.h": "libsodium-dev",
        "sql.h": "unixodbc-dev",
        "sqlite3.h": "libsqlite3-dev",
        "systemd/": "libsystemd-dev",
        "tiff.h": "libtiff-dev",
        "tiffio.h": "libtiff-dev",
        "udev.h": "libudev-dev",
        "libudev.h": "libudev-dev",
        "uuid/uuid.h": "uuid-dev",
        "webp/": "libwebp-dev",
        "xmlsec/": "libxmlsec1-dev",
        "yaml.h": "libyaml-dev",
        "zlib.h": "zlib1g-dev",
        "zmq.h": "libzmq3-dev",
        "zstd.h": "libzstd-dev",
    }
)
"""Headers, and folders of headers, by the Debian package that has them."""

PROGRAMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cmake": "cmake",
        "gdal-config": "libgdal-dev",
        "geos-config": "libgeos-dev",
        "gfortran": "gfortran",
        "krb5-config": "libkrb5-dev",
        "mariadb_config": "libmariadb-dev",
        "mysql_config": "libmariadb-dev",
        "pg_config": "libpq-dev",
        "swig": "swig",
        "xml2-config": "libxml2-dev",
        "xslt-config": "libxslt1-dev",
    }
)
"""Programs that builds ask where a library is."""

MODULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cairo": "libcairo2-dev",
        "dbus-1": "libdbus-1-dev",
        "glib-2.0": "libglib2.0-dev",
        "gobject-introspection-1.0": "libgirepository1.0-dev",
        "libffi": "libffi-dev",
        "libgit2": "libgit2-dev",
        "libpq": "libpq-dev",
        "libsystemd": "libsystemd-dev",
        "libxml-2.0": "libxml2-dev",
        "libxslt": "libxslt1-dev",
        "mariadb": "libmariadb-dev",
        "mysqlclient": "libmariadb-dev",
        "openssl": "libssl-dev",
        "xmlsec1": "libxmlsec1-dev",
    }
)
"""Modules of ``pkg-config``."""

_HEADER = re.compile(r"fatal error: '?([\w./+-]+)'?(?:: No such file| file not found)")
_MODULE = re.compile(
    r"Package '?([\w.+-]+)'?,? (?:required|was not found|not found)|No package '([\w.+-]+)' found"
)
_NO_COMPILER = re.compile(
    r"\b(?:gcc|cc|g\+\+|c\+\+)'?[^\n]{0,40}(?:No such file or directory|not found)"
    r"|No such file or directory: '[\w-]*(?:gcc|cc|g\+\+|c\+\+)'"
    r"|Unknown compiler|no working compiler",
    re.IGNORECASE,
)
_NO_FORTRAN = re.compile(r"Unknown compiler[^\n]*gfortran")  # meson
_NO_RUST = re.compile(
    r"can't find Rust compiler"  # setuptools-rust
    r"|\b(?:[Cc]argo|rustc)\b[^\n]{0,80}(?:not found|not installed|No such file|is not on PATH)"
)


def compiler_hint(output: str, table: str) -> str | None:
    """Return what to write where a build lacks a compiler, or what one asked for.

    Args:
        output: all that the build wrote.
        table: what to call the project's configuration.
    """
    packages = missing_packages(output)
    if packages:
        listed = ", ".join(f'"{name}"' for name in packages)
        return f"add to {table}: build-packages = [{listed}]"
    if lacks_compiler(output):
        return f"give it a compiler: add to {table}: build-packages = []"
    return None


def missing_packages(output: str) -> tuple[str, ...]:
    """Return the Debian packages that a build lacks, as far as its words tell, sorted."""
    return tuple(sorted(set(_found(output))))


def lacks_compiler(output: str) -> bool:
    """Tell whether a build found no compiler at all."""
    return _NO_COMPILER.search(output) is not None and "fatal error:" not in output


def lacks_rust(output: str) -> bool:
    """Tell whether a build asked for Rust's compiler."""
    return _NO_RUST.search(output) is not None


def _found(output: str) -> Iterator[str]:
    for match in _HEADER.finditer(output):
        name = match[1]
        package = HEADERS.get(name) or next(
            (HEADERS[key] for key in HEADERS if key.endswith("/") and name.startswith(key)), None
        )
        if package is not None:
            yield package
    for match in _MODULE.finditer(output):
        package = MODULES.get(match[1] or match[2])
        if package is not None:
            yield package
    if _NO_FORTRAN.search(output):
        yield PROGRAMS["gfortran"]
    for program, package in PROGRAMS.items():
        if re.search(rf"\b{re.escape(program)}\b[^\n]*(?:not found|No such file)", output):
            yield package

"""TLS: the operator's certificate, or one made here.

A camera needs a secure context (W3C Media Capture §10.2.1), so a phone that is to call this server needs HTTPS before
anybody has a certificate. One made here is signed by itself: browsers ask once, and the fingerprint printed at the
start is how a person knows that it is ours. It is kept with the data, so that they need not be asked again.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import ifaddr
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.access.secret_files import write_secret
from gateway.errors import ArgumentError

LIFETIME: Final = timedelta(days=397)
"""The longest that Safari takes."""
RENEWED_BEFORE: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a server shows: `fingerprint` is its certificate's SHA-256, as browsers write it."""

    context: ssl.SSLContext
    fingerprint: str


def from_files(certificate: Path, key: Path) -> Identity:
    """The operator's certificate (with its chain) and key, PEM.

    Raises:
        ArgumentError: unreadable, or no certificate and its key.
    """
    try:
        first = x509.load_pem_x509_certificate(certificate.read_bytes())
        key.read_bytes()
    except OSError as error:
        raise ArgumentError(f"--tls {str(error.filename)!r}: {error.strerror or error}") from error
    except ValueError as error:
        raise ArgumentError(f"--tls {str(certificate)!r}: no certificate in PEM") from error
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password=lambda: "")  # never asks on the terminal
    except ssl.SSLError as error:
        raise ArgumentError(
            f"--tls {str(key)!r}: not the key, in PEM and without a password, of {str(certificate)!r}"
        ) from error
    return Identity(context, _fingerprint(first))


def kept_or_made(folder: Path, names: Iterable[str], *, now: datetime | None = None) -> Identity:
    """A certificate for `names` (host names and numeric addresses), out of `folder` or made and put there.

    It is made anew where it would expire soon or lacks a name.

    Raises:
        ArgumentError: the folder cannot be written.
    """
    moment = now or datetime.now(UTC)
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    wanted = tuple(dict.fromkeys(names))
    try:
        if not _is_good(certificate, wanted, moment) or not key.is_file():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make(certificate, key, wanted, moment)
    except OSError as error:
        raise ArgumentError(f"--tls auto: cannot write {str(folder)!r}: {error.strerror or error}") from error
    return from_files(certificate, key)


def names_of_this_host(host: str) -> tuple[str, ...]:
    """What callers may know this machine by: `host`, its own names, its addresses."""
    addresses = (address for version in (4, 6) for address in addresses_of_this_host(version=version))
    is_any = host in ("0.0.0.0", "::", "")
    return ("localhost", *(() if is_any else (host,)), socket.gethostname(), "127.0.0.1", "::1", *addresses)


def addresses_of_this_host(*, version: int) -> tuple[str, ...]:
    """The numeric addresses that others may know this machine by: not loopback, not of one link only."""
    listed = [ip.ip if isinstance(ip.ip, str) else ip.ip[0] for adapter in ifaddr.get_adapters() for ip in adapter.ips]
    found = map(ipaddress.ip_address, listed)
    return tuple(str(ip) for ip in found if ip.version == version and not ip.is_loopback and not ip.is_link_local)


def _is_good(certificate: Path, names: Iterable[str], now: datetime) -> bool:
    try:
        kept = x509.load_pem_x509_certificate(certificate.read_bytes())
        listed = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (FileNotFoundError, ValueError, x509.ExtensionNotFound):
        return False
    return kept.not_valid_after_utc - now > RENEWED_BEFORE and all(name in listed for name in map(_name, names))


def _make(certificate: Path, key: Path, names: Iterable[str], now: datetime) -> None:
    """A P-256 key and a certificate signed by it, for TLS servers only."""
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "changebg")])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private, hashes.SHA256())
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_secret(key, pem)
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name.partition("%")[0]))
    except ValueError:
        return x509.DNSName(name)


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()

"""gateway.access.tls: a certificate given, or made here and kept."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from gateway.access import tls
from gateway.errors import ArgumentError

NAMES = ("localhost", "phone-server.local", "127.0.0.1", "192.0.2.7", "2001:db8::7")


def made(folder: Path, names: tuple[str, ...] = NAMES, *, now: datetime | None = None) -> x509.Certificate:
    tls.kept_or_made(folder, names, now=now)
    return x509.load_pem_x509_certificate((folder / "certificate.pem").read_bytes())


def handshake(server: ssl.SSLContext, folder: Path, name: str) -> None:
    """A client that trusts the folder's certificate connects to `name`, without sockets."""
    client = ssl.create_default_context(cafile=str(folder / "certificate.pem"))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert ends[0].version() == "TLSv1.3"


@pytest.mark.parametrize("name", NAMES)
def test_a_certificate_made_here_is_good_for_every_name(name: str, tmp_path: Path) -> None:
    handshake(tls.kept_or_made(tmp_path, NAMES).context, tmp_path, name)


def test_a_name_it_lacks_is_refused_by_the_client(tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(tls.kept_or_made(tmp_path, NAMES).context, tmp_path, "192.0.2.8")


def test_it_is_kept_so_that_browsers_ask_once(tmp_path: Path) -> None:
    first = tls.kept_or_made(tmp_path, NAMES)
    assert tls.kept_or_made(tmp_path, NAMES).fingerprint == first.fingerprint
    assert tls.kept_or_made(tmp_path, NAMES[:2]).fingerprint == first.fingerprint
    assert len(first.fingerprint.split(":")) == 32


def test_it_is_made_anew_for_another_name_and_before_it_expires(tmp_path: Path) -> None:
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    first = made(tmp_path, now=begun)
    assert first.not_valid_after_utc - begun == tls.LIFETIME
    assert made(tmp_path, now=begun + timedelta(days=360)) == first
    assert made(tmp_path, now=begun + timedelta(days=370)) != first
    second = made(tmp_path, now=begun)
    assert made(tmp_path, (*NAMES, "203.0.113.9"), now=begun) != second


def test_only_its_owner_may_read_the_key(tmp_path: Path) -> None:
    made(tmp_path / "tls")
    assert (tmp_path / "tls" / "key.pem").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "tls").stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in (tmp_path / "tls").iterdir()) == ["certificate.pem", "key.pem"]


def test_a_certificate_of_the_operators_is_taken(tmp_path: Path) -> None:
    made(tmp_path)
    identity = tls.from_files(tmp_path / "certificate.pem", tmp_path / "key.pem")
    handshake(identity.context, tmp_path, "localhost")


@pytest.mark.parametrize(
    ("certificate", "key", "sentence"),
    [
        ("none.pem", "key.pem", r"none.pem': No such file"),
        ("certificate.pem", "none.pem", r"none.pem': No such file"),
        ("key.pem", "key.pem", r"key.pem': no certificate in PEM"),
        ("text", "key.pem", r"text': no certificate in PEM"),
        ("certificate.pem", "text", r"text': not the key, .* of '.*certificate.pem'"),
        ("certificate.pem", "other/key.pem", r"key.pem': not the key, .* of '.*certificate.pem'"),
    ],
)
def test_files_that_are_none_are_refused_by_name(certificate: str, key: str, sentence: str, tmp_path: Path) -> None:
    made(tmp_path)
    made(tmp_path / "other")
    (tmp_path / "text").write_text("neither")
    with pytest.raises(ArgumentError, match=r"--tls '.*" + sentence):
        tls.from_files(tmp_path / certificate, tmp_path / key)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArgumentError, match=r"--tls auto: cannot write '.*file/tls': Not a directory"):
        tls.kept_or_made(tmp_path / "file" / "tls", NAMES)


def test_this_host_is_known_by_its_names_and_addresses() -> None:
    names = tls.names_of_this_host("0.0.0.0")
    assert {"localhost", "127.0.0.1", "::1", socket.gethostname()} <= set(names)
    assert "0.0.0.0" not in names
    assert "calls.example" in tls.names_of_this_host("calls.example")

"""What ICE says in SDP (RFC 8839 §5, RFC 8840 §9), and DTLS's fingerprint (RFC 8122 §5): text to value and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from gateway.errors import SdpError
from gateway.rtp.sdp.fields import number

MAX_FRAGMENT: Final = 16 * 1024
"""Characters of a trickled fragment: a hundred candidates."""
MAX_CANDIDATES: Final = 32
"""Of one far end: more than any browser has, and each is an address that we send checks to."""
DIGESTS: Final = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
"""Octets of the hash functions a fingerprint may have; SHA-1 is not to be trusted."""

_TOKEN: Final = re.compile(r"[A-Za-z0-9+/]{1,32}")
_TYPES: Final = ("host", "srflx", "prflx", "relay")


@dataclass(frozen=True, slots=True)
class IceCredentials:
    """The user name fragment and password of one side's ICE session."""

    ufrag: str
    password: str

    @classmethod
    def of(cls, ufrag: str, password: str) -> IceCredentials:
        """Check the two (RFC 8839 §5.4).

        Raises:
            ValueError: the reason.
        """
        if not re.fullmatch(r"[A-Za-z0-9+/]{4,256}", ufrag):
            raise ValueError(f"a=ice-ufrag:{ufrag[:40]!r} is not 4 to 256 letters, digits, + or /")
        if not re.fullmatch(r"[A-Za-z0-9+/]{22,256}", password):
            raise ValueError("a=ice-pwd is not 22 to 256 letters, digits, + or /")
        return cls(ufrag, password)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The digest of a certificate: `value` in upper case hexadecimal pairs, a colon between."""

    algorithm: str
    value: str

    @classmethod
    def parse(cls, text: str) -> Fingerprint:
        """Read `sha-256 AB:CD:…`.

        Raises:
            ValueError: a hash function that we do not take, or a digest of another length.
        """
        algorithm, _, value = text.strip().partition(" ")
        algorithm, value = algorithm.lower(), value.strip().upper()
        octets = DIGESTS.get(algorithm)
        if octets is None:
            raise ValueError(f"a=fingerprint:{algorithm[:20]}: {', '.join(DIGESTS)} are taken")
        if not re.fullmatch(rf"[0-9A-F]{{2}}(:[0-9A-F]{{2}}){{{octets - 1}}}", value):
            raise ValueError(f"a=fingerprint:{algorithm} is not {octets} hexadecimal pairs")
        return cls(algorithm, value)

    def __str__(self) -> str:
        return f"{self.algorithm} {self.value}"


@dataclass(frozen=True, slots=True)
class IceCandidate:
    """An address that may reach one side. `address` is numeric, or a `.local` name that hides one (mDNS)."""

    foundation: str
    component: int
    transport: str
    priority: int
    address: str
    port: int
    kind: str
    related_address: str | None = None
    related_port: int | None = None

    @classmethod
    def parse(cls, text: str) -> IceCandidate:
        """Read what stands after `candidate:`; what follows the type is read where we know it.

        Raises:
            ValueError: the reason.
        """
        parts = text.split()
        if len(parts) < 8 or parts[6] != "typ" or not _TOKEN.fullmatch(parts[0]):
            raise ValueError(f"a=candidate:{text[:40]!r} is no candidate")
        if parts[7] not in _TYPES:
            raise ValueError(f"a=candidate: the type {parts[7][:20]!r} is none of {', '.join(_TYPES)}")
        more = dict(zip(parts[8::2], parts[9::2], strict=False))
        return cls(
            foundation=parts[0],
            component=number(parts[1], "component", maximum=256),
            transport=parts[2].lower(),
            priority=number(parts[3], "priority", maximum=0xFFFFFFFF),
            address=parts[4],
            port=number(parts[5], "port", maximum=65535),
            kind=parts[7],
            related_address=more.get("raddr"),
            related_port=number(more["rport"], "rport", maximum=65535) if "rport" in more else None,
        )

    @property
    def is_usable(self) -> bool:
        """Whether checks may go there: UDP, RTP's component, and one host's numeric address.

        A `.local` name is left alone: its owner reaches us, and shows its address by doing so.
        """
        ip = self.ip
        if ip is None or ip.is_multicast or ip.is_unspecified or str(ip) == "255.255.255.255":
            return False
        return self.transport == "udp" and self.component == 1 and self.port > 0

    @property
    def ip(self) -> IPv4Address | IPv6Address | None:
        """The address as a number, None for a name."""
        try:
            return ip_address(self.address)
        except ValueError:
            return None

    def __str__(self) -> str:
        text = f"{self.foundation} {self.component} {self.transport} {self.priority} {self.address} {self.port}"
        text += f" typ {self.kind}"
        if self.related_address is not None:
            text += f" raddr {self.related_address} rport {self.related_port or 0}"
        return text


@dataclass(frozen=True, slots=True)
class IceFragment:
    """Trickled candidates (`application/trickle-ice-sdpfrag`). `credentials`: whose session they belong to, if told."""

    credentials: tuple[str, str | None] | None = None
    candidates: tuple[IceCandidate, ...] = ()
    is_end: bool = False

    @classmethod
    def parse(cls, text: str) -> IceFragment:
        """Read a fragment. Candidates of every m-line count: there is one transport.

        Raises:
            SdpError: not such a fragment, with the line.
        """
        if len(text) > MAX_FRAGMENT:
            raise SdpError(f"the fragment is larger than {MAX_FRAGMENT} characters")
        values: dict[str, str] = {}
        candidates: list[IceCandidate] = []
        for index, name, value in _fragment_lines(text):
            if name == "candidate":
                candidates.append(_checked(IceCandidate.parse, value, index))
            elif name in ("ice-ufrag", "ice-pwd", "end-of-candidates"):
                values.setdefault(name, value)
        ufrag = values.get("ice-ufrag")
        if not candidates and not values:
            raise SdpError("the fragment has neither a=candidate nor a=ice-ufrag nor a=end-of-candidates")
        credentials = None if ufrag is None else (ufrag, values.get("ice-pwd"))
        return cls(credentials, tuple(candidates), "end-of-candidates" in values)


def _fragment_lines(text: str) -> Iterator[tuple[int, str, str]]:
    """The attributes, each with its line counted from 1."""
    for index, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if line and not re.match("[a-z]=", line):
            raise SdpError(f"line {index}: {line[:40]!r} is not an SDP line")
        if line.startswith("a="):
            name, _, value = line[2:].partition(":")
            yield index, name.strip().lower(), value.strip()


def _checked(read: Callable[[str], IceCandidate], value: str, index: int) -> IceCandidate:
    try:
        return read(value)
    except ValueError as error:
        raise SdpError(f"line {index}: {error}") from error

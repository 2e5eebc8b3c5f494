"""The values of single SDP lines, each with the text it is read from and written as (RFC 8866 §5, RFC 3605).

`parse` takes what stands after `x=` (or after the attribute's colon) and raises ValueError with the reason; the caller
adds the line number. `str()` gives back text that parses to an equal value.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass


def number(text: str, what: str, *, maximum: int) -> int:
    """A plain decimal of ASCII digits, 0..maximum.

    Raises:
        ValueError: anything else, what int() would also take ("1_0", "+1", other scripts' digits) included.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 20 and int(text) <= maximum):
        raise ValueError(f"{what} {text[:20]!r} is not a number from 0 to {maximum}")
    return int(text)


@dataclass(frozen=True, slots=True)
class Origin:
    """Who made the description (`o=`). Nothing of it decides where media goes; all parts are kept as text."""

    username: str = "-"
    session_id: str = "0"
    session_version: str = "0"
    network_type: str = "IN"
    address_type: str = "IP4"
    address: str = "0.0.0.0"  # the unspecified address of a placeholder origin, never bound

    @classmethod
    def parse(cls, text: str) -> Origin:
        """Missing parts get their defaults: devices are known to leave out the address."""
        return cls(*text.split()[:6])

    @classmethod
    def at(cls, address: str, session_id: int) -> Origin:
        """A description of our own, made at this numeric address."""
        return cls("-", str(session_id), "1", "IN", "IP6" if ":" in address else "IP4", address)

    def __str__(self) -> str:
        return (
            f"{self.username} {self.session_id} {self.session_version} "
            f"{self.network_type} {self.address_type} {self.address}"
        )


@dataclass(frozen=True, slots=True)
class Connection:
    """Where media is received (`c=`): a numeric address or a host name.

    `ttl` and `count` belong to multicast: hops a packet may go, and the number of consecutive groups. IPv6 has no ttl
    here; an IPv4 count is written only behind a ttl.
    """

    address: str
    ttl: int | None = None
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Connection | None:
        """Read `IN IP4 239.1.2.3/127/3`. None where there is no internet address in it, as some devices send.

        Raises:
            ValueError: an address or suffix that is there but cannot be.
        """
        parts = text.split()
        if len(parts) < 3 or parts[0].upper() != "IN" or parts[1].upper() not in ("IP4", "IP6"):
            return None
        address, *suffix = parts[2].split("/")
        address = address.removeprefix("[").removesuffix("]")
        _check_host(address)
        if parts[1].upper() == "IP6" and len(suffix) == 1:
            return cls(address, None, _count(suffix[0]))
        if len(suffix) > 2:
            raise ValueError(f"too many / in the address {parts[2][:60]!r}")
        ttl = number(suffix[0], "ttl", maximum=255) if suffix else None
        return cls(address, ttl, _count(suffix[1]) if len(suffix) == 2 else 1)

    def __str__(self) -> str:
        if ":" in self.address:
            return f"IN IP6 {self.address}" + (f"/{self.count}" if self.count > 1 else "")
        suffix = "" if self.ttl is None else f"/{self.ttl}"
        return f"IN IP4 {self.address}{suffix}" + (f"/{self.count}" if self.count > 1 else "")

    @property
    def ip(self) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
        """The address as a number, None for a host name."""
        try:
            return ipaddress.ip_address(self.address)
        except ValueError:
            return None

    @property
    def is_multicast(self) -> bool:
        """Whether this is a group to join."""
        return self.ip is not None and self.ip.is_multicast


def _count(text: str) -> int:
    count = number(text, "the number of addresses", maximum=0xFFFF)
    if count == 0:
        raise ValueError("the number of addresses is 0")
    return count


def _check_host(host: str) -> None:
    """Refuse an empty host and what looks numeric but is no address; names are left to the resolver."""
    if ":" in host or (host and all(character in "0123456789." for character in host)):
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise ValueError(f"{host[:60]!r} is not an IP address") from None
    elif not host:
        raise ValueError("the address is empty")


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """A proposed limit (`b=`): `AS` in kbit/s with IP, UDP and RTP headers, `TIAS` in bit/s without (RFC 3890)."""

    kind: str
    value: int

    @classmethod
    def parse(cls, text: str) -> Bandwidth:
        """Read `AS:500`."""
        kind, _, value = text.partition(":")
        if not kind.strip():
            raise ValueError("the bandwidth has no kind such as AS")
        return cls(kind.strip(), number(value.strip(), "bandwidth", maximum=10**15))

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


@dataclass(frozen=True, slots=True)
class RtcpAddress:
    """Where RTCP is received when that is not the port after the media's (`a=rtcp`, RFC 3605)."""

    port: int
    address: str | None = None

    @classmethod
    def parse(cls, text: str) -> RtcpAddress:
        """Read `53020 IN IP4 126.16.64.4`; an address of an unknown kind is left out."""
        port, *rest = text.split() or [""]
        connection = Connection.parse(" ".join(rest))
        return cls(number(port, "the RTCP port", maximum=65535), connection.address if connection else None)

    def __str__(self) -> str:
        return str(self.port) if self.address is None else f"{self.port} {Connection(self.address)}"


@dataclass(frozen=True, slots=True)
class Attribute:
    """An `a=` line as it stands: `name` or `name:value`. `value` is None where there is no colon."""

    name: str
    value: str | None = None

    @classmethod
    def parse(cls, text: str) -> Attribute:
        """Read `name:value`."""
        name, colon, value = text.partition(":")
        if not name.strip():
            raise ValueError("the attribute has no name")
        return cls(name.strip(), value if colon else None)

    def __str__(self) -> str:
        return self.name if self.value is None else f"{self.name}:{self.value}"


def fmtp(payload_type: int, parameters: Mapping[str, str]) -> Attribute:
    """The `a=fmtp` line that `MediaDescription.fmtp` reads as these parameters."""
    written = (f"{key}={value}" if value else key for key, value in parameters.items())
    return Attribute("fmtp", f"{payload_type} {';'.join(written)}")

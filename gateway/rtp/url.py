"""RTP URLs as ffmpeg writes them: `rtp://host:port?ttl=&rtcpport=&localrtpport=&localrtcpport=&pkt_size=`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from gateway.errors import ArgumentError

DEFAULT_PACKET_SIZE: Final = 1200
"""Octets of RTP, header included: with UDP, IPv6 and a tunnel's headers it fits any path, and SRTP's limit of 1356."""
MIN_PACKET_SIZE: Final = 128
"""Octets; below it headers outweigh the picture."""
MAX_PACKET_SIZE: Final = 65_507
"""Octets: the largest UDP datagram over IPv4."""

_PORTS = (1, 65_535)
_OPTIONS = {
    "ttl": (0, 255),
    "rtcpport": _PORTS,
    "localrtpport": _PORTS,
    "localport": _PORTS,
    "localrtcpport": _PORTS,
    "pkt_size": (MIN_PACKET_SIZE, MAX_PACKET_SIZE),
}


@dataclass(frozen=True, slots=True)
class RtpUrl:
    """Where to send: `host` is a name or a numeric address without brackets. What was not given is None."""

    host: str
    port: int
    rtcp_port: int
    ttl: int | None = None
    local_port: int | None = None
    local_rtcp_port: int | None = None
    packet_size: int = DEFAULT_PACKET_SIZE


def parse_rtp_url(text: str) -> RtpUrl:
    """The fields of an RTP URL. Without `rtcpport` RTCP goes to the port above.

    Raises:
        ArgumentError: not such a URL, or an option or value that is not known.
    """
    host, port, query = _split(text)
    options = _options(text, query)
    rtcp_port = options.get("rtcpport", port + 1)
    if rtcp_port > _PORTS[1]:
        raise ArgumentError(f"{text!r} leaves no port above {port} for RTCP: choose a lower port, or ?rtcpport=")
    return RtpUrl(
        host=host,
        port=port,
        rtcp_port=rtcp_port,
        ttl=options.get("ttl"),
        local_port=options.get("localrtpport", options.get("localport")),
        local_rtcp_port=options.get("localrtcpport"),
        packet_size=options.get("pkt_size", DEFAULT_PACKET_SIZE),
    )


def _split(text: str) -> tuple[str, int, str]:
    """Host, port and query."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ArgumentError(f"{text!r} is not an RTP URL such as rtp://127.0.0.1:5004: {error}") from error
    is_plain = parts.scheme == "rtp" and parts.path in ("", "/") and not parts.fragment and parts.username is None
    if not is_plain or not host or not port:
        raise ArgumentError(f"{text!r} is not an RTP URL such as rtp://127.0.0.1:5004 or rtp://[::1]:5004")
    return host.replace("%25", "%"), port, parts.query  # a zone's sign, as RFC 6874 writes it


def _options(text: str, query: str) -> dict[str, int]:
    options = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in _OPTIONS:
            raise ArgumentError(f"{text!r} has the unknown option {name!r}: {', '.join(_OPTIONS)} are known")
        low, high = _OPTIONS[name]
        if not value.isascii() or not value.isdigit() or not low <= int(value[:9]) <= high:
            raise ArgumentError(f"{text!r} has {name}={value}: a number from {low} to {high} is needed")
        options[name] = int(value)
    return options

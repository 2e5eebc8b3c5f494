"""A session description as a value (RFC 8866).

The attributes of a medium are kept as they stand and in order; `rtpmaps`, `fmtp`, `feedback` and the like are views of
them. So there is one truth, an unknown attribute survives, and what is written is what was read. The views never raise:
an attribute that cannot be read is no attribute (the parser has already refused the ones that matter).

Only what inherits is stored resolved: `connection` and `direction` of a medium are its own, or else the session's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

from gateway.rtp.core import Address
from gateway.rtp.sdp.feedback import Feedback
from gateway.rtp.sdp.fields import Attribute, Bandwidth, Connection, Origin, RtcpAddress, number
from gateway.rtp.sdp.rtpmap import STATIC_PAYLOAD_TYPES, RtpMap

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
DIRECTIONS: tuple[Direction, ...] = ("sendrecv", "sendonly", "recvonly", "inactive")

MAX_EXTENSION_ID: Final = 14
"""Of a one-byte header extension (RFC 8285 §4.2)."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class MediaDescription:
    """One medium: an `m=` line and what follows it.

    `kind` is video, audio, application…; `formats` are payload types where `is_rtp`. `port` 0 means rejected. `line` is
    where it stood in the text, counted from 1; 0 if it was not parsed.
    """

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    port_count: int = 1
    connection: Connection | None = None
    bandwidths: tuple[Bandwidth, ...] = ()
    direction: Direction = "sendrecv"
    attributes: tuple[Attribute, ...] = ()
    line: int = field(default=0, compare=False)

    @property
    def is_rtp(self) -> bool:
        """Whether the formats are RTP payload types."""
        return "RTP/" in self.protocol.upper()

    @property
    def is_secure(self) -> bool:
        """SRTP: the payloads cannot be read without keys."""
        return "SAVP" in self.protocol.upper()

    @property
    def is_rejected(self) -> bool:
        """Port 0: no media flows (RFC 3264 §6)."""
        return self.port == 0

    @property
    def avpf(self) -> bool:
        """Whether RTCP feedback may leave early (RFC 4585): the profile says so, or an rtcp-fb line does."""
        return self.protocol.upper().endswith("AVPF") or any(self.attributes_named("rtcp-fb"))

    @property
    def payload_types(self) -> tuple[int, ...]:
        """RTP payload types in order of preference, each once; empty where this is not RTP."""
        if not self.is_rtp:
            return ()
        numbers = (_or_none(_payload_type, text) for text in dict.fromkeys(self.formats))
        return tuple(payload_type for payload_type in numbers if payload_type is not None)

    @property
    def rtpmaps(self) -> dict[int, RtpMap]:
        """The payload types whose codec is known, by rtpmap or as static types, in order of preference."""
        mapped = dict(STATIC_PAYLOAD_TYPES)
        for value in self.attributes_named("rtpmap"):
            if rtpmap := _or_none(RtpMap.parse, value):
                mapped[rtpmap.payload_type] = rtpmap
        return {payload_type: mapped[payload_type] for payload_type in self.payload_types if payload_type in mapped}

    @property
    def fmtps(self) -> dict[int, dict[str, str]]:
        """The format parameters by payload type: keys in lower case, nothing padded; a bare word has the value ''."""
        found: dict[int, dict[str, str]] = {}
        for value in self.attributes_named("fmtp"):
            target, _, items = value.strip().partition(" ")
            if (payload_type := _or_none(_payload_type, target)) is not None:
                pairs = (item.partition("=") for item in items.split(";"))
                found.setdefault(payload_type, {}).update(
                    {key.strip().lower(): content.strip() for key, _, content in pairs if key.strip()}
                )
        return found

    def fmtp(self, payload_type: int) -> dict[str, str]:
        """The format parameters of one payload type; empty where it has none."""
        return self.fmtps.get(payload_type, {})

    def feedback(self, payload_type: int) -> Feedback:
        """The RTCP feedback allowed for a payload type, lines for `*` included."""
        targets = (str(payload_type), "*")
        lines = (value.strip().partition(" ") for value in self.attributes_named("rtcp-fb"))
        return Feedback.of(kind for target, _, kind in lines if target in targets)

    @property
    def rtcp_mux(self) -> bool:
        """RTP and RTCP share one port (RFC 5761): it is said, or `a=rtcp` names the RTP port itself."""
        return self.has("rtcp-mux") or (self.rtcp is not None and self.rtcp.port == self.port)

    @property
    def rtcp(self) -> RtcpAddress | None:
        """The `a=rtcp` line."""
        return next(
            (rtcp for value in self.attributes_named("rtcp") if (rtcp := _or_none(RtcpAddress.parse, value))), None
        )

    @property
    def rtcp_port(self) -> int:
        """Where RTCP is received: the RTP port with rtcp-mux, else as `a=rtcp` says, else one up (RFC 3550 §11)."""
        if self.rtcp_mux:
            return self.port
        return (self.rtcp and self.rtcp.port) or self.port + 1

    @property
    def rtcp_address(self) -> Address | None:
        """Where an `a=rtcp` line sends RTCP: the address it spells, unless the media itself goes there."""
        rtcp = self.rtcp
        ip = Connection(rtcp.address).ip if rtcp and rtcp.address else None
        if rtcp is None or ip is None or ip.is_unspecified or (self.connection and self.connection.ip == ip):
            return None
        return str(ip), rtcp.port

    @property
    def cnames(self) -> dict[int, str]:
        """CNAME by SSRC, from `a=ssrc:N cname:…` (RFC 5576)."""
        found: dict[int, str] = {}
        for value in self.attributes_named("ssrc"):
            if match := re.fullmatch(r"\s*([0-9]{1,10})\s+cname:(.*)", value):
                found[int(match[1])] = match[2].strip()
        return found

    @property
    def extmaps(self) -> dict[int, str]:
        """RTP header extension URI by its number (RFC 8285)."""
        matches = (re.match(r"\s*([0-9]{1,5})(?:/\w+)?\s+(\S+)", value) for value in self.attributes_named("extmap"))
        return {int(match[1]): match[2] for match in matches if match}

    def extension_id(self, uri: str) -> int | None:
        """The number of a header extension in the short form (RFC 8285 §4.2), None where it is not offered."""
        found = self.extmaps.items()
        return next((number for number, name in found if name == uri and 0 < number <= MAX_EXTENSION_ID), None)

    @property
    def framerate(self) -> float | None:
        """Frames per second, where the description says so."""
        for value in self.attributes_named("framerate"):
            if re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,6})?", value.strip()):
                return float(value)
        return None

    @property
    def bitrate(self) -> int | None:
        """The most bits per second this medium may carry (TIAS before AS), None where nothing is said."""
        return _bits_per_second(self.bandwidths)

    def has(self, name: str) -> bool:
        """Whether there is an attribute of this name, with or without a value."""
        return any(attribute.name == name for attribute in self.attributes)

    def attributes_named(self, name: str) -> Iterator[str]:
        """The values of the attributes of this name, in order."""
        return (item.value for item in self.attributes if item.name == name and item.value is not None)


@dataclass(frozen=True, slots=True)
class SessionDescription:
    """A whole description, but for times, contacts and titles (t, r, z, u, e, p, i, k): no media depends on them."""

    media: tuple[MediaDescription, ...] = ()
    origin: Origin = field(default_factory=Origin)
    name: str = "-"
    connection: Connection | None = None
    bandwidths: tuple[Bandwidth, ...] = ()
    attributes: tuple[Attribute, ...] = ()

    @property
    def bitrate(self) -> int | None:
        """The most bits per second all media together may carry, None where nothing is said."""
        return _bits_per_second(self.bandwidths)

    def of_kind(self, kind: str) -> tuple[MediaDescription, ...]:
        """The media of one kind, in order, rejected ones included."""
        return tuple(medium for medium in self.media if medium.kind == kind)


def _bits_per_second(bandwidths: Iterable[Bandwidth]) -> int | None:
    limits = {bandwidth.kind.upper(): bandwidth.value for bandwidth in bandwidths}
    return limits.get("TIAS") or limits.get("AS", 0) * 1000 or None


def _payload_type(text: str) -> int:
    return number(text, "payload type", maximum=127)


def _or_none(parse: Callable[[str], _T], text: str) -> _T | None:
    try:
        return parse(text)
    except ValueError:
        return None

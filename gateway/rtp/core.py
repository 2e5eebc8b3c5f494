"""The one narrow interface between the sans-IO cores and whatever moves their bytes (`udp`, a test, a simulation)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

Address = tuple[str, int]
"""Numeric host and port."""


@dataclass(frozen=True, slots=True)
class Datagram:
    """UDP payload bytes, where they go, and from which of our two sockets they leave."""

    data: bytes
    destination: Address
    is_rtcp: bool = False


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One coded picture, whole: what a decoder takes at once.

    `data` is an Annex B byte stream for H264, one frame for VP8. `timestamp` is the RTP timestamp, unwrapped and
    continued across source takeovers: it only grows in capture order and never jumps (90 kHz units; B-frames may step
    back). `received` is when its last packet came. `intact` is False only where the receiver was told to show damaged
    pictures. `rotation`: degrees clockwise by which the picture is to be turned to stand upright.
    """

    data: bytes
    timestamp: int
    is_keyframe: bool
    received: float
    intact: bool = True
    rotation: int = 0


@dataclass(frozen=True, slots=True)
class SoundPacket:
    """One packet of sound, as it came.

    `payload_type` is the source's. `sequence_number` and `timestamp` are unwrapped and continued across source
    takeovers: the numbers' gaps are the source's losses. `marker`: a talkspurt or an event begins (RFC 3551 §4.1).
    """

    payload_type: int
    marker: bool
    sequence_number: int
    timestamp: int
    payload: bytes
    received: float


@dataclass(frozen=True, slots=True)
class SourceClock:
    """A sender report of the source: at NTP time `ntp` its RTP clock stood at `timestamp`.

    `ntp` is the 64-bit timestamp of RFC 3550 §4; `timestamp` is unwrapped, as an access unit's.
    """

    ntp: int
    timestamp: int
    cname: str
    received: float


@dataclass(frozen=True, slots=True)
class SourceChanged:
    """Another SSRC or address is now the source: codecs start afresh. `ssrc` is the new one's."""

    ssrc: int


@dataclass(frozen=True, slots=True)
class SourceLeft:
    """The source said BYE. A relay goes on listening."""

    ssrc: int


@dataclass(frozen=True, slots=True)
class KeyframeRequested:
    """The far end asked for a key frame (PLI or FIR), rate limit already applied."""


@dataclass(frozen=True, slots=True)
class BitrateLimited:
    """The far end asked for at most this many bits per second (REMB or TMMBR)."""

    bits_per_second: int


@dataclass(frozen=True, slots=True)
class FrameLeft:
    """The last packet of a frame was handed out; `timestamp` as the frame was given."""

    timestamp: int


Event = (
    AccessUnit | SoundPacket | SourceClock | SourceChanged | SourceLeft | KeyframeRequested | BitrateLimited | FrameLeft
)


class Core(Protocol):
    """What the shell drives. Nothing here blocks, sleeps, reads a clock, or raises on what the network sent."""

    def receive_datagram(self, data: bytes, source: Address, now: float, *, is_rtcp: bool) -> None:
        """Take one datagram. `is_rtcp`: it came in on the RTCP socket; on a muxed socket the core tells them apart."""
        ...

    def handle_timeout(self, now: float) -> None:
        """Do what was due by `now`."""
        ...

    def datagrams_to_send(self, now: float) -> list[Datagram]:
        """Datagrams ready to leave, in order; each is returned once."""
        ...

    def next_event(self) -> Event | None:
        """The oldest event not yet taken, or None."""
        ...

    def next_timeout(self) -> float | None:
        """When `handle_timeout` or `datagrams_to_send` should next be called, on the `now` clock; None: no need."""
        ...

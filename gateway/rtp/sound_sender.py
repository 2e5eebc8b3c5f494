"""The sending half of RTP for sound, sans-IO: packets of another stream in, the same sound under our name out.

What a browser sends us cannot simply go back to it: a receiver that meets its own SSRC takes it for a loop, and two
streams of one conversation must share one name to be played together. So the payload passes untouched, and around it
everything is ours: SSRC, sequence numbers, one constant added to the timestamps, the names in the SDP. The source's
losses stay gaps in our numbers, for the player conceals what it knows to be missing, and our sender reports tell the
source's own clock, as the picture's do: that is what keeps the lips in time.
"""

from __future__ import annotations

import random
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.rtp import packet as rtp
from gateway.rtp.core import Address, Datagram, Event, SoundPacket, SourceClock
from gateway.rtp.extensions import SentExtensions
from gateway.rtp.far_end import FarEnd
from gateway.rtp.rate_limit import TokenBucket
from gateway.rtp.reports import RtcpTimer, SenderClock
from gateway.rtp.rtcp import Goodbye, ReceiverReport, RtcpPacket, SenderReport, parse_compound
from gateway.rtp.sender_reports import SenderReports
from gateway.rtp.sender_stats import SenderStats
from gateway.rtp.ssrc import OwnSsrc

MAX_QUEUED: Final = 256
"""Packets that wait for their shell: five seconds of sound. They leave at once unless it is gone."""
MAX_RTCP_RATE: Final = 50.0
"""Compounds read per second: a receiver of sound sends one."""
MAX_PASSED_OVER: Final = 64
"""Packets not sent that a late one may still lie before: reordering reaches no further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundSenderSettings:
    """Where the sound goes and under which names.

    `payload_types`: the source's to the far end's, where both mean the same codec; a packet of any other is passed
    over. `clock_rate`: of all of them. `cname` is ours, used until the source's is known; with `keeps_cname` for good.
    `ssrc`, `mid` and `abs_send_time` are as in `SenderSettings`. `bitrate`, in bits per second, sets RTCP's share.
    """

    destination: Address
    rtcp_destination: Address
    payload_types: Mapping[int, int]
    cname: str
    clock_rate: int = 48000
    avpf: bool = False
    rtcp_mux: bool = False
    bitrate: int = 64_000
    keeps_cname: bool = False
    ssrc: int | None = None
    mid: tuple[int, bytes] | None = None
    abs_send_time: int | None = None


class SoundSender:
    """One stream of sound to one far end.

    `unix_time` is the wall clock at `now`, for reports where the source sends none.
    Keeps true: two packets are as far apart, in sequence numbers and in time, as the source's were, but for what lay
    between them and was passed over.
    """

    def __init__(
        self, settings: SoundSenderSettings, *, now: float, random: random.Random, unix_time: float = 0.0
    ) -> None:
        self._settings = settings
        self._ssrc = OwnSsrc(random, announced=settings.ssrc)
        self._number_offset = random.getrandbits(16)
        self._timestamp_offset = random.getrandbits(32)
        self._highest = -1
        """Of the sequence numbers sent, as the source has them."""
        self._passed_over: list[int] = []
        """Sequence numbers of the latest packets that were not sent, ascending."""
        self._extensions = SentExtensions(mid=settings.mid, abs_send_time=settings.abs_send_time)
        self._far_end = FarEnd()
        self._reports = SenderReports(
            timer=RtcpTimer(settings.bitrate, random=random, now=now, avpf=settings.avpf),
            clock=SenderClock(
                clock_rate=settings.clock_rate,
                cname=settings.cname,
                unix_time=unix_time,
                now=now,
                keeps_cname=settings.keeps_cname,
            ),
            far_end=self._far_end,
            timestamp_offset=self._timestamp_offset,
        )
        self._leaving: list[bytes] = []
        self._rtcp: list[Datagram] = []
        self._rtcp_limit = TokenBucket(rate=MAX_RTCP_RATE, burst=MAX_RTCP_RATE)
        self._counts: Counter[str] = Counter()

    @property
    def ssrc(self) -> int:
        """Ours; it changes when another uses it too."""
        return self._ssrc.value

    @property
    def stats(self) -> SenderStats:
        """The counters as they stand; those of frames and of feedback stay 0."""
        reception = self._far_end.reception(self._settings.clock_rate)
        return SenderStats(**self._counts, reports=self._reports.count, **reception)

    def send(self, packet: SoundPacket, now: float) -> None:
        """Take one packet; it leaves with the next call of `datagrams_to_send`."""
        payload_type = self._settings.payload_types.get(packet.payload_type)
        if payload_type is None:
            self._pass_over(packet.sequence_number)
            return
        if len(self._leaving) >= MAX_QUEUED:
            self._counts["dropped"] += 1
            return
        self._highest = max(self._highest, packet.sequence_number)
        number = packet.sequence_number - bisect_left(self._passed_over, packet.sequence_number)
        self._leaving.append(
            rtp.RtpPacket(
                payload_type=payload_type,
                marker=packet.marker,
                sequence_number=(number + self._number_offset) & 0xFFFF,
                timestamp=(packet.timestamp + self._timestamp_offset) & 0xFFFFFFFF,
                ssrc=self._ssrc.value,
                payload=packet.payload,
                extension=self._extensions.field,
            ).serialize()
        )
        self._counts.update(packets=1, octets=len(packet.payload))
        self._reports.frame(packet.timestamp, now, packets=1, octets=len(packet.payload))
        self.handle_timeout(now)

    def set_source_clock(self, clock: SourceClock, now: float) -> None:
        """The source reported its time: our reports tell it from now on (`SenderClock`)."""
        self._reports.follow(clock)
        self.handle_timeout(now)

    def goodbye(self, now: float) -> list[Datagram]:
        """All that is still to be sent, and BYE; nothing if nothing was ever sent (RFC 3550 §6.3.7)."""
        if self._counts["packets"]:
            self._send_rtcp(Goodbye((self._ssrc.value,)), now=now)
        return self.datagrams_to_send(now)

    def receive_datagram(self, data: bytes, source: Address, now: float, *, is_rtcp: bool) -> None:
        """Take what came in on our sockets: the far end's reports."""
        if source[0] not in (self._settings.destination[0], self._settings.rtcp_destination[0]):
            self._counts["foreign"] += 1
            return
        try:
            if is_rtcp or rtp.is_rtcp(data):
                self._receive_rtcp(data, source, now)
            else:
                self._receive_rtp(data, source, now)
        except rtp.MalformedPacket:
            self._counts["malformed"] += 1
        self.handle_timeout(now)

    def handle_timeout(self, now: float) -> None:
        """Report, where that is due."""
        if self._reports.due(now):
            self._send_rtcp(now=now)

    def datagrams_to_send(self, now: float) -> list[Datagram]:
        """Sound first, then RTCP."""
        packets, self._leaving = self._leaving, []
        rtcp, self._rtcp = self._rtcp, []
        return [
            Datagram(self._extensions.stamped(packet, now), self._settings.destination) for packet in packets
        ] + rtcp

    def next_event(self) -> Event | None:
        """Nobody asks anything of sound."""
        return None

    def next_timeout(self) -> float | None:
        """When a report is due."""
        return self._reports.next_timeout()

    def _pass_over(self, number: int) -> None:
        """The far end does not know this packet's codec: what follows moves up, for it is no loss.

        Where something behind it has left already, its place is spent and stays empty.
        """
        self._counts["passed_over"] += 1
        if number < self._highest or number in self._passed_over:
            return
        insort(self._passed_over, number)
        if len(self._passed_over) > MAX_PASSED_OVER:
            del self._passed_over[0]
            self._number_offset -= 1

    def _receive_rtp(self, data: bytes, source: Address, now: float) -> None:
        """We receive no sound here; but somebody may use our SSRC."""
        self._counts["unexpected_rtp"] += 1
        if rtp.RtpPacket.parse(data).ssrc == self._ssrc.value:
            self._resolve_conflict(source, now)

    def _receive_rtcp(self, data: bytes, source: Address, now: float) -> None:
        self._counts["rtcp"] += 1
        if not self._rtcp_limit.take(now):
            self._counts["rtcp_excess"] += 1
            return
        packets = [packet for packet in parse_compound(data) if isinstance(packet, SenderReport | ReceiverReport)]
        self._reports.heard(len(data))
        if any(packet.ssrc == self._ssrc.value for packet in packets):
            if not self._reports.is_last(data):
                self._resolve_conflict(source, now)
            return
        for block in (block for packet in packets for block in packet.blocks):
            if block.ssrc == self._ssrc.value:
                self._far_end.take(block, now)

    def _resolve_conflict(self, source: Address, now: float) -> None:
        """RFC 3550 §8.2: somebody else uses our SSRC. Say BYE for it and take another."""
        old = self._ssrc.value
        if not self._ssrc.conflict(source, now):
            self._counts["looped"] += 1
            return
        self._counts["conflicts"] += 1
        self._rtcp.append(self._rtcp_datagram(self._reports.compound(old, Goodbye((old,)), now=now)))
        self._reports.restart()

    def _send_rtcp(self, *more: RtcpPacket, now: float) -> None:
        self._rtcp.append(self._rtcp_datagram(self._reports.compound(self._ssrc.value, *more, now=now)))

    def _rtcp_datagram(self, compound: bytes) -> Datagram:
        return Datagram(compound, self._settings.rtcp_destination, is_rtcp=not self._settings.rtcp_mux)

"""The sending half of RTP, sans-IO: coded frames in, datagrams out, and what the far end says about them (see `core`).

Sequence numbers are contiguous from a random start, and a frame's timestamp is its own plus one constant random offset.
The far end is obeyed only where it speaks from the address we send to; nothing on the wire makes this raise.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from gateway.rtp import packet as rtp
from gateway.rtp.addresses import is_multicast
from gateway.rtp.core import Address, BitrateLimited, Datagram, Event, FrameLeft, KeyframeRequested, SourceClock
from gateway.rtp.extensions import SentExtensions
from gateway.rtp.far_end import FarEnd
from gateway.rtp.history import CAPACITY, History
from gateway.rtp.keyframes import KeyframeRequests
from gateway.rtp.pacing import Pacer
from gateway.rtp.payload import payload_format
from gateway.rtp.rate_limit import TokenBucket
from gateway.rtp.reports import RtcpTimer, SenderClock
from gateway.rtp.rtcp import (
    BitrateEstimate,
    FullIntraRequest,
    GenericNack,
    Goodbye,
    PictureLossIndication,
    ReceiverReport,
    ReportBlock,
    RtcpPacket,
    SenderReport,
    TemporaryMaxBitrate,
    TemporaryMaxBitrateNotification,
    parse_compound,
)
from gateway.rtp.send_rate import SendRate
from gateway.rtp.sender_reports import SenderReports
from gateway.rtp.sender_settings import HEADER_OCTETS, SenderSettings
from gateway.rtp.sender_stats import SenderStats
from gateway.rtp.ssrc import OwnSsrc

__all__ = ["HEADER_OCTETS", "CodedFrame", "RtpSender", "SenderSettings", "SenderStats"]

MAX_RTCP_RATE: Final = 100.0
"""Compounds read per second: a receiver that asks every 20 ms for what it misses sends 50."""
MAX_RTCP_BURST: Final = 100.0


class CodedFrame(Protocol):
    """What an encoder made of one frame."""

    @property
    def data(self) -> bytes:
        """An Annex B byte stream, or a VP8 frame."""

    @property
    def timestamp(self) -> int:
        """In units of the RTP clock, not wrapped."""

    @property
    def is_keyframe(self) -> bool:
        """Whether decoding can begin with it."""


class RtpSender:
    """One stream to one far end. `unix_time` is the wall clock at `now`, for reports where the source sends none."""

    def __init__(self, settings: SenderSettings, *, now: float, random: random.Random, unix_time: float = 0.0) -> None:
        self._settings = settings
        self._random = random
        self._max_payload = settings.max_payload
        self._format = payload_format(settings.codec, packetization_mode=settings.packetization_mode)
        self._ssrc = OwnSsrc(random, announced=settings.ssrc)
        self._sequence_number = random.getrandbits(16)
        self._timestamp_offset = random.getrandbits(32)
        self._extensions = SentExtensions(mid=settings.mid, abs_send_time=settings.abs_send_time)
        self._history = History()
        self._pacer = Pacer()
        self._leaving: deque[int] = deque()
        self._requests = KeyframeRequests()
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
        self._rate = SendRate(start=start, most=settings.bitrate) if (start := settings.start_bitrate) else None
        self._rtcp: list[Datagram] = []
        self._rtcp_limit = TokenBucket(rate=MAX_RTCP_RATE, burst=MAX_RTCP_BURST)
        self._events: deque[Event] = deque()
        self._counts: Counter[str] = Counter()
        self._is_multicast = is_multicast(settings.destination[0])
        self._step_rate(now)

    def send(self, frame: CodedFrame, now: float) -> None:
        """Take one frame; its packets leave with the next calls of `datagrams_to_send`.

        Raises:
            ValueError: what `PayloadFormat.packetize` raises, an encoder's mistake; nothing of the frame is sent.
        """
        payloads = self._format.packetize(frame.data, max_payload=self._max_payload)
        octets = sum(map(len, payloads))
        rate = self._rate.bits_per_second if self._rate is not None else None
        self._pacer.add(self._packets(payloads, frame.timestamp, now), now, bits_per_second=rate)
        self._leaving.append(frame.timestamp)
        self._reports.frame(frame.timestamp, now, packets=len(payloads), octets=octets)
        self._counts.update(frames=1, keyframes=int(frame.is_keyframe), packets=len(payloads), octets=octets)
        if frame.is_keyframe:
            self._requests.sent(now)
        if self._rate is not None:
            self._rate.begin(now)
        self.handle_timeout(now)

    def set_source_clock(self, clock: SourceClock, now: float) -> None:
        """The source reported its time: our reports tell it from now on (`SenderClock`)."""
        self._reports.follow(clock)
        self.handle_timeout(now)

    def goodbye(self, now: float) -> list[Datagram]:
        """All that is still to be sent, and BYE; nothing if nothing was ever sent (RFC 3550 §6.3.7)."""
        if self._counts["packets"]:
            self._send_rtcp(Goodbye((self._ssrc.value,)), now=now)
        return [self._datagram(packet, now) for packet in self._pacer.take_all()] + self._take_rtcp()

    @property
    def ssrc(self) -> int:
        """Ours; it changes when another uses it too."""
        return self._ssrc.value

    @property
    def bitrate(self) -> int:
        """Bits per second to encode for now, as the last BitrateLimited told or will tell."""
        return self._rate.bits_per_second if self._rate is not None else self._settings.bitrate

    @property
    def stats(self) -> SenderStats:
        """The counters as they stand."""
        reception = self._far_end.reception(self._settings.clock_rate)
        return SenderStats(**self._counts, reports=self._reports.count, **reception)

    def receive_datagram(self, data: bytes, source: Address, now: float, *, is_rtcp: bool) -> None:
        """Take what came in on our sockets: the far end's reports and feedback."""
        is_far_end = source[0] in (self._settings.destination[0], self._settings.rtcp_destination[0])
        if not is_far_end and not self._is_multicast:
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
        """Report, and pass on a request for a key frame, where either is due."""
        if self._reports.due(now):
            self._send_rtcp(now=now)
        if self._requests.due(now):
            self._events.append(KeyframeRequested())
        self._step_rate(now)

    def datagrams_to_send(self, now: float) -> list[Datagram]:
        """What is due by now: repetitions first, then frames, then RTCP."""
        packets = self._pacer.take(now)
        while self._counts["frames"] - self._pacer.frames_left < len(self._leaving):
            self._events.append(FrameLeft(self._leaving.popleft()))
        return [self._datagram(packet, now) for packet in packets] + self._take_rtcp()

    def next_event(self) -> Event | None:
        """FrameLeft; KeyframeRequested, not oftener than `KeyframeRequests` allows; or the latest BitrateLimited."""
        return self._events.popleft() if self._events else None

    def next_timeout(self) -> float | None:
        """When a packet, a report or a request for a key frame is due."""
        times = [self._pacer.next_timeout(), self._requests.next_timeout(), self._reports.next_timeout()]
        times.append(self._rate.next_timeout() if self._rate is not None else None)
        return min((time for time in times if time is not None), default=None)

    def _packets(self, payloads: Sequence[bytes], timestamp: int, now: float) -> list[bytes]:
        packets = []
        for index, payload in enumerate(payloads):
            packet = rtp.RtpPacket(
                payload_type=self._settings.payload_type,
                marker=index == len(payloads) - 1,
                sequence_number=self._sequence_number,
                timestamp=(timestamp + self._timestamp_offset) & 0xFFFFFFFF,
                ssrc=self._ssrc.value,
                payload=payload,
                extension=self._extensions.field,
            ).serialize()
            self._history.add(self._sequence_number, packet, now)
            self._sequence_number = (self._sequence_number + 1) & 0xFFFF
            packets.append(packet)
        return packets

    def _receive_rtp(self, data: bytes, source: Address, now: float) -> None:
        """We receive no media here; but somebody may use our SSRC, or send us our own packets."""
        packet = rtp.RtpPacket.parse(data)
        self._counts["unexpected_rtp"] += 1
        if packet.ssrc == self._ssrc.value:
            is_ours = self._history.holds(packet.sequence_number, self._extensions.unstamped(data))
            self._resolve_conflict(source, now, is_ours=is_ours)

    def _receive_rtcp(self, data: bytes, source: Address, now: float) -> None:
        self._counts["rtcp"] += 1
        if not self._rtcp_limit.take(now):
            self._counts["rtcp_excess"] += 1
            return
        packets = parse_compound(data)
        self._reports.heard(len(data))
        reporters = {packet.ssrc for packet in packets if isinstance(packet, SenderReport | ReceiverReport)}
        if self._ssrc.value in reporters:
            self._resolve_conflict(source, now, is_ours=self._reports.is_last(data))
        elif not self._is_multicast:
            for packet in packets:
                self._obey(packet, now)
            self._obey_max_bitrate([packet for packet in packets if isinstance(packet, TemporaryMaxBitrate)], now)

    def _obey(self, packet: RtcpPacket, now: float) -> None:
        match packet:
            case SenderReport() | ReceiverReport():
                for block in packet.blocks:
                    if block.ssrc == self._ssrc.value:
                        self._take_report(block, now)
            case GenericNack() if packet.media_ssrc == self._ssrc.value and self._is_agreed(self._settings.nack):
                self._repeat(packet.sequence_numbers, now)
            case PictureLossIndication() if packet.media_ssrc == self._ssrc.value and self._is_agreed(
                self._settings.pli
            ):
                self._counts["plis"] += 1
                self._requests.ask()
            case FullIntraRequest():
                self._obey_full_intra_request(packet)
            case BitrateEstimate() if self._ssrc.value in packet.ssrcs:
                self._take_estimate(packet.bits_per_second, now)
            case _:
                pass

    def _is_agreed(self, agreed: bool) -> bool:
        self._counts["not_agreed"] += not agreed
        return agreed

    def _repeat(self, sequence_numbers: Sequence[int], now: float) -> None:
        self._counts["nacks"] += 1
        round_trip_time = (self._rate and self._far_end.round_trip_time) or 0.0
        for sequence_number in sequence_numbers[:CAPACITY]:
            if self._rate is not None and self._history.is_too_old(sequence_number, now, since=self._requests.answered):
                self._requests.ask()  # a browser stands still for 3 s before it asks for a key frame itself
            if self._rate is not None and not self._rate.may_repeat(now):
                return
            packet = self._history.repeat(sequence_number, now, round_trip_time=round_trip_time)
            if packet is not None:
                self._counts["repeated"] += 1
                self._pacer.add_first(packet)
                if self._rate is not None:
                    self._rate.repeated(len(packet), now)

    def _obey_full_intra_request(self, packet: FullIntraRequest) -> None:
        for ssrc, number in packet.requests:
            if ssrc == self._ssrc.value and self._is_agreed(self._settings.fir):
                self._counts["firs"] += self._requests.command(packet.sender_ssrc, number)

    def _obey_max_bitrate(self, requests: Sequence[TemporaryMaxBitrate], now: float) -> None:
        """Obey and say so once, naming whose limit it is: RFC 5104 §4.2.2 wants the notification.

        One answer to each datagram, however many requests it holds: we are no amplifier.
        """
        limits = [
            replace(limit, ssrc=request.sender_ssrc)
            for request in requests
            for limit in request.limits
            if limit.ssrc == self._ssrc.value
        ]
        if limits:
            lowest = min(limits, key=lambda limit: limit.bits_per_second)
            self._take_limit(lowest.bits_per_second)
            self._send_rtcp(TemporaryMaxBitrateNotification(self._ssrc.value, (lowest,)), now=now)

    def _take_report(self, block: ReportBlock, now: float) -> None:
        self._far_end.take(block, now)
        if self._rate is not None:
            lost = block.fraction_lost / 256
            self._rate.reported(fraction_lost=lost, round_trip_time=self._far_end.round_trip_time, now=now)

    def _take_estimate(self, bits_per_second: int, now: float) -> None:
        """The far end told what gets through; it holds as it is where we have no rate of our own."""
        if self._rate is None:
            self._take_limit(bits_per_second)
            return
        self._counts["bitrate_limits"] += 1
        self._rate.estimated(bits_per_second, now=now)

    def _take_limit(self, bits_per_second: int) -> None:
        """The far end told what it wants at most."""
        self._counts["bitrate_limits"] += 1
        if self._rate is not None:
            self._rate.limited(bits_per_second)
        else:
            self._tell_bitrate(bits_per_second)

    def _step_rate(self, now: float) -> None:
        if self._rate is not None and self._rate.step(now):
            self._tell_bitrate(self._rate.bits_per_second)

    def _tell_bitrate(self, bits_per_second: int) -> None:
        """Queue the latest rate in place of any before."""
        others = [event for event in self._events if not isinstance(event, BitrateLimited)]
        self._events = deque((*others, BitrateLimited(bits_per_second)))

    def _resolve_conflict(self, source: Address, now: float, *, is_ours: bool) -> None:
        """RFC 3550 §8.2: our own packets come back are a loop; somebody else's are a reason to take another SSRC."""
        old = self._ssrc.value
        if is_ours or not self._ssrc.conflict(source, now):
            self._counts["looped"] += 1
            return
        self._counts["conflicts"] += 1
        self._rtcp.append(self._rtcp_datagram(self._reports.compound(old, Goodbye((old,)), now=now)))
        for packet in self._pacer.take_all():
            self._pacer.add_first(packet)
        self._history = History()
        self._reports.restart()
        self._sequence_number = self._random.getrandbits(16)
        self._requests.ask()

    def _send_rtcp(self, *more: RtcpPacket, now: float) -> None:
        """Queue a report, our canonical name, and `more`."""
        self._rtcp.append(self._rtcp_datagram(self._reports.compound(self._ssrc.value, *more, now=now)))

    def _datagram(self, packet: bytes, now: float) -> Datagram:
        return Datagram(self._extensions.stamped(packet, now), self._settings.destination)

    def _rtcp_datagram(self, compound: bytes) -> Datagram:
        return Datagram(compound, self._settings.rtcp_destination, is_rtcp=not self._settings.rtcp_mux)

    def _take_rtcp(self) -> list[Datagram]:
        rtcp, self._rtcp = self._rtcp, []
        return rtcp

"""The receiving half of RTP for sound, sans-IO: one source's packets in, the same packets out at once (see `core`).

Sound is neither decoded nor buffered here: whoever plays it has a jitter buffer of its own, and a second one would only
make the call later. What is missing stays missing; the numbers tell of it.

```
datagram -> SourceFilter -> ReceptionStatistics -> Timeline, one line of sequence numbers -> SoundPacket
            who sends       what to report         continued when another source takes over
```
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.rtp import packet as rtp
from gateway.rtp.core import Address, Datagram, Event, SoundPacket, SourceChanged, SourceLeft
from gateway.rtp.packet import RtpPacket
from gateway.rtp.receiver_rtcp import ReceiverRtcp
from gateway.rtp.receiver_settings import ReceiverSettings
from gateway.rtp.receiver_stats import ReceiverStats
from gateway.rtp.rtcp import Goodbye, SenderReport
from gateway.rtp.source_filter import Admission, Arrival, Origin, SourceFilter
from gateway.rtp.statistics import ReceptionStatistics
from gateway.rtp.timeline import Timeline, unwrap

MAX_STEP_BACK: Final = 10.0
"""Seconds: a telephone event tells the time it began in every packet, for up to 8.2 s (RFC 4733 §2.5.1.3)."""


MAX_REPEATED: Final = 32
"""Packets back that a network repeats one: 0.6 s."""


class SoundReceiver:
    """One stream of sound from one source at a time.

    Of `settings`, `codecs` tells the payload types that pass, all of one `clock_rate`; what is said of frames, loss and
    requests does not apply. Keeps true: each packet comes out once, and in the order it came in.
    """

    def __init__(self, settings: ReceiverSettings, *, now: float, random: random.Random) -> None:
        self._settings = settings
        self._counts: Counter[str] = Counter()
        self._filter = SourceFilter[RtpPacket]()
        self._source: _Source | None = None
        self._next_number = 0
        """Where the next source's sequence numbers begin."""
        self._timeline = Timeline(clock_rate=settings.clock_rate, max_step_back=MAX_STEP_BACK)
        self._rtcp = ReceiverRtcp(settings, now=now, random=random, counts=self._counts)
        self._is_clock_news = False
        self._events: deque[Event] = deque()

    @property
    def ssrc(self) -> int:
        """Ours, under which we report; it changes when another uses it too."""
        return self._rtcp.ssrc

    @property
    def stats(self) -> ReceiverStats:
        """The counters as they stand; those of frames stay 0."""
        heard = self._source.statistics if self._source else None
        return ReceiverStats(
            **self._counts,
            foreign_source=self._filter.refused,
            lost=heard.packets_lost if heard else 0,
            jitter=heard.jitter / self._settings.clock_rate if heard else 0.0,
        )

    def receive_datagram(self, data: bytes, source: Address, now: float, *, is_rtcp: bool) -> None:
        """Take what came in on our sockets."""
        try:
            if is_rtcp or (rtp.is_rtcp(data) and data[1] & 0x7F not in self._settings.codecs):
                self._receive_rtcp(data, source, now)
            else:
                self._receive_rtp(RtpPacket.parse(data), source, now)
        except rtp.MalformedPacket:
            self._counts["malformed"] += 1

    def handle_timeout(self, now: float) -> None:
        """Let a waiting source take over, where that is due."""
        self._admit(self._filter.poll(now))

    def datagrams_to_send(self, now: float) -> list[Datagram]:
        """Reports that are due."""
        if self._source is not None and not self._filter.has_left:
            self._rtcp.report(self._source.origin, self._source.statistics, now)
        return self._rtcp.take_outgoing()

    def next_event(self) -> Event | None:
        """SoundPacket, SourceClock, SourceChanged or SourceLeft."""
        return self._events.popleft() if self._events else None

    def next_timeout(self) -> float | None:
        """When a takeover or a report is due."""
        takeover = self._filter.next_timeout()
        if self._source is None or self._filter.has_left:
            return takeover
        report = self._rtcp.next_report()
        return report if takeover is None else min(takeover, report)

    def goodbye(self, now: float) -> list[Datagram]:
        """What is still to be sent, and BYE."""
        outgoing = self.datagrams_to_send(now)
        self._rtcp.goodbye(self._filter.current)
        return outgoing + self._rtcp.take_outgoing()

    def _receive_rtp(self, packet: RtpPacket, source: Address, now: float) -> None:
        origin = Origin(packet.ssrc, source)
        if packet.ssrc == self._rtcp.ssrc:
            self._rtcp.resolve_conflict(source, now, origin=self._filter.current)
        if packet.payload_type not in self._settings.codecs:
            self._counts["foreign_payload_type"] += 1
            return
        number, size = packet.sequence_number, len(packet.payload)
        self._admit(self._filter.offer(packet, origin=origin, sequence_number=number, size=size, now=now))

    def _admit(self, admission: Admission[RtpPacket]) -> None:
        """Pass packets on; where they are another source's, begin its lines."""
        if admission.is_new_source and self._filter.current is not None:
            self._begin_source(self._filter.current, admission.arrivals)
        if self._source is None:
            return
        for index, arrival in enumerate(admission.arrivals):
            self._pass_on(self._source, arrival, begins=admission.is_new_source and index == 0)
        if admission.arrivals:
            self._tell_clock()

    def _begin_source(self, origin: Origin, arrivals: Sequence[Arrival[RtpPacket]]) -> None:
        """Another source is heard: its first number follows the last one's highest."""
        near = arrivals[0].item.sequence_number
        first = min(unwrap(arrival.item.sequence_number, near, bits=16) for arrival in arrivals)
        statistics = ReceptionStatistics(ssrc=origin.ssrc, clock_rate=self._settings.clock_rate)
        self._source = _Source(origin, statistics, highest=near, shift=self._next_number - first)
        self._timeline.new_source()
        self._is_clock_news = True
        self._counts["takeovers"] += 1
        self._events.append(SourceChanged(origin.ssrc))

    def _pass_on(self, source: _Source, arrival: Arrival[RtpPacket], *, begins: bool) -> None:
        packet, received = arrival
        sequence = unwrap(packet.sequence_number, source.highest, bits=16)
        if sequence in source.recent:
            self._counts["duplicates"] += 1
            return
        source.recent.append(sequence)
        self._counts["reordered"] += sequence < source.highest
        source.highest = max(source.highest, sequence)
        source.statistics.receive(sequence, packet.timestamp, received)
        self._next_number = max(self._next_number, sequence + source.shift + 1)
        self._counts["packets"] += 1
        self._counts["octets"] += len(packet.payload)
        self._events.append(
            SoundPacket(
                payload_type=packet.payload_type,
                marker=packet.marker or begins,
                sequence_number=sequence + source.shift,
                timestamp=self._timeline.place(packet.timestamp, received),
                payload=packet.payload,
                received=received,
            )
        )

    def _receive_rtcp(self, data: bytes, source: Address, now: float) -> None:
        origin = self._filter.current
        packets = self._rtcp.receive(data, source, now, origin=origin)
        if origin is None:
            return
        for packet in packets:
            if isinstance(packet, SenderReport) and packet.ssrc == origin.ssrc:
                self._is_clock_news = True
                self._tell_clock()
            elif isinstance(packet, Goodbye) and origin.ssrc in packet.ssrcs and not self._filter.has_left:
                self._events.append(SourceLeft(origin.ssrc))
                self._filter.leave(now)
                self.handle_timeout(now)

    def _tell_clock(self) -> None:
        """Pass on the source's last sender report, once there is a line of timestamps to put it on."""
        if not self._is_clock_news:
            return
        clock = self._rtcp.source_clock(self._filter.current, self._timeline)
        if clock is not None:
            self._is_clock_news = False
            self._events.append(clock)


@dataclass(slots=True)
class _Source:
    """The source listened to. `shift` puts its sequence numbers, unwrapped, on our line; `recent`: the latest ones."""

    origin: Origin
    statistics: ReceptionStatistics
    highest: int
    shift: int
    recent: deque[int] = field(default_factory=lambda: deque(maxlen=MAX_REPEATED))

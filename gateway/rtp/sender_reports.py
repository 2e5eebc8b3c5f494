"""The sender's own reporting: what each compound says, and when the next one is due (RFC 3550 §6)."""

from __future__ import annotations

from collections import deque

from gateway.rtp.core import SourceClock
from gateway.rtp.far_end import FarEnd
from gateway.rtp.reports import RtcpTimer, SenderClock
from gateway.rtp.rtcp import ReceiverReport, RtcpPacket, SenderReport, SourceDescription, serialize_compound


class SenderReports:
    """Makes sender reports, the first as soon as `clock` can tell the time, then by `timer`.

    `timestamp_offset` is what the sender adds to each frame's timestamp.
    """

    def __init__(self, *, timer: RtcpTimer, clock: SenderClock, far_end: FarEnd, timestamp_offset: int) -> None:
        self._timer = timer
        self._clock = clock
        self._far_end = far_end
        self._timestamp_offset = timestamp_offset
        self._packets = 0
        self._octets = 0
        self._packets_at_report: deque[int] = deque(maxlen=2)
        self._last_compound = b""
        self.count = 0

    def follow(self, clock: SourceClock) -> None:
        """The source reported."""
        self._clock.follow(clock)

    def frame(self, timestamp: int, now: float, *, packets: int, octets: int) -> None:
        """A frame of this many packets and payload octets is being sent."""
        self._clock.frame(timestamp, now)
        self._packets += packets
        self._octets += octets

    def restart(self) -> None:
        """Our SSRC is another: its counts begin at nothing (RFC 3550 §6.4.1)."""
        self._packets = self._octets = 0
        self._packets_at_report.clear()

    def heard(self, octets: int) -> None:
        """A compound of this length came in."""
        self._timer.heard(octets)

    def is_last(self, compound: bytes) -> bool:
        """Whether these are the very bytes that left last."""
        return compound == self._last_compound

    def next_timeout(self) -> float | None:
        """When to ask `due`; None before the first frame."""
        ready = self._clock.ready_at()
        return ready if ready is None or not self.count else max(ready, self._timer.next_timeout)

    def due(self, now: float) -> bool:
        """Whether to send a compound now."""
        due = self.next_timeout()
        return due is not None and now >= due and (not self.count or self._timer.due(now))

    def compound(self, ssrc: int, *more: RtcpPacket, now: float) -> bytes:
        """A report, the canonical name, and `more`; the caller sends it."""
        cname = SourceDescription({ssrc: self._clock.cname})
        self._last_compound = serialize_compound((self._report(ssrc, now), cname, *more))
        self._timer.sent(now, octets=len(self._last_compound))
        return self._last_compound

    def _report(self, ssrc: int, now: float) -> SenderReport | ReceiverReport:
        """A sender report; a receiver report while there is no time to tell, or nothing was sent for two reports."""
        ready = self._clock.ready_at()
        is_silent = len(self._packets_at_report) == 2 and self._packets_at_report[0] == self._packets
        if ready is None or now < ready or is_silent:
            return ReceiverReport(ssrc)
        self._packets_at_report.append(self._packets)
        self.count += 1
        ntp, timestamp = self._clock.at(now)
        self._far_end.reported(ntp, now)
        return SenderReport(
            ssrc=ssrc,
            ntp=ntp,
            timestamp=(timestamp + self._timestamp_offset) & 0xFFFFFFFF,
            packet_count=self._packets & 0xFFFFFFFF,
            octet_count=self._octets & 0xFFFFFFFF,
        )

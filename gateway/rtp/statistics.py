"""What a receiver reports about one source: RFC 3550 appendix A.3 (loss) and A.8 (interarrival jitter)."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.rtp.rtcp import ReportBlock


@dataclass(frozen=True, slots=True)
class LastSenderReport:
    """The source's latest sender report: the middle 32 bits of its NTP time, and when it came (seconds)."""

    middle_ntp: int
    received: float


class ReceptionStatistics:
    """Counts one source's packets. A new source gets a new one.

    Sequence numbers come extended (unwrapped from the first packet's own 16 bits), so cycles are already in them;
    timestamps come as on the wire.
    """

    def __init__(self, *, ssrc: int, clock_rate: int) -> None:
        self._ssrc = ssrc
        self._clock_rate = clock_rate
        self._base: int | None = None
        self._highest = 0
        self._received = 0
        self._expected_before = 0
        self._received_before = 0
        self._last_timestamp = 0
        self._last_arrival = 0.0
        self._jitter = 0.0

    @property
    def jitter(self) -> float:
        """Interarrival jitter in RTP clock units."""
        return self._jitter

    @property
    def packets_lost(self) -> int:
        """All that are missing so far; negative where duplicates outnumber them."""
        return (0 if self._base is None else self._highest - self._base + 1) - self._received

    @property
    def has_news(self) -> bool:
        """Whether a packet came since the last report: RFC 3550 §6.4 reports on such sources only."""
        return self._received > self._received_before

    def receive(self, sequence: int, timestamp: int, now: float) -> None:
        """Count a packet that arrived at `now` (seconds)."""
        self._received += 1
        if self._base is None:
            self._base = self._highest = sequence
        else:
            self._highest = max(self._highest, sequence)
            self._update_jitter(timestamp, now)
        self._last_timestamp, self._last_arrival = timestamp, now

    def report(self, now: float, *, last_sr: LastSenderReport | None) -> ReportBlock:
        """The report block for now; the next interval begins. A delay beyond the field's 18 h stays there."""
        expected = 0 if self._base is None else self._highest - self._base + 1
        expected_interval = expected - self._expected_before
        lost_interval = expected_interval - (self._received - self._received_before)
        self._expected_before, self._received_before = expected, self._received
        delay = 0 if last_sr is None else min(max(round((now - last_sr.received) * 65536), 0), 0xFFFFFFFF)
        return ReportBlock(
            ssrc=self._ssrc,
            fraction_lost=min((max(lost_interval, 0) << 8) // max(expected_interval, 1), 255),
            packets_lost=expected - self._received,
            highest_sequence=self._highest & 0xFFFFFFFF,
            jitter=min(int(self._jitter), 0xFFFFFFFF),
            last_sr=0 if last_sr is None else last_sr.middle_ntp,
            delay_since_last_sr=delay,
        )

    def _update_jitter(self, timestamp: int, now: float) -> None:
        """A.8 on differences, the timestamp's taken modulo 2**32, so that neither a wrap nor a clock's epoch shows."""
        advance = ((timestamp - self._last_timestamp + 0x80000000) & 0xFFFFFFFF) - 0x80000000
        deviation = abs((now - self._last_arrival) * self._clock_rate - advance)
        self._jitter += (deviation - self._jitter) / 16

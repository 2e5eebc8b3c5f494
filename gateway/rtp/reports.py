"""When reports are due, and what time a sender report tells.

A report is a promise of rarity: RFC 3550 §6.3 spreads them at random so that RTCP stays a twentieth of the bandwidth.
`RtcpTimer` keeps that for a conversation of two.

A relay that changes the media is a translator (RFC 3550 §7.2). Its sender reports tell not when its packets leave but
when their pictures were taken, on the source's own clock and under the source's canonical name. Sound that goes another
way then still meets the picture at the far end, however long the picture took here. `SenderClock` keeps that line.
"""

from __future__ import annotations

import random
from typing import Final

from gateway.rtp.core import SourceClock
from gateway.rtp.rtcp import MAX_COMPOUND_OCTETS

NTP_SECOND: Final = 1 << 32
"""One second in 64-bit NTP time."""
UNIX_EPOCH_NTP: Final = 2_208_988_800
"""Seconds from 1900, where NTP counts from, to 1970."""
SOURCE_REPORT_PATIENCE: Final = 5.0
"""Seconds after the first packet for which the first sender report waits for the source's: RFC 3550's own interval."""

_RTCP_SHARE: Final = 0.05
"""Of the session bandwidth, RFC 3550 §6.2."""
_MINIMUM_INTERVAL: Final = 5.0
"""Seconds, RFC 3550 §6.2."""
_REDUCED_INTERVAL_KILOBITS: Final = 360.0
"""The minimum may be 360 divided by the bandwidth in kilobits per second, RFC 3550 §6.2."""
_REGULAR_INTERVAL: Final = 1.0
"""Seconds: more often tells a call nothing new. AVPF's T_rr_interval (RFC 4585 §3.4), and a bound to the reduction."""
_COMPENSATION: Final = 1.21828
"""e - 3/2: reconsideration makes intervals shorter than meant, RFC 3550 §6.3.1."""
_MEMBERS: Final = 2
_SIZE_GAIN: Final = 1 / 16
_FIRST_SIZE: Final = 100.0
"""Octets of a likely first compound, UDP and IP headers included (RFC 3550 §6.3.2 asks for a guess)."""
_LOWER_HEADERS: Final = 28
"""Octets of IPv4 and UDP around each compound: the average counts them (RFC 3550 §6.2)."""


class RtcpTimer:
    """When the next regular compound may leave (RFC 3550 §6.3), for two members.

    `bandwidth` is the session's, in bits per second. After `due` says so, send and call `sent`. Feedback that cannot
    wait may leave before: with two members RFC 4585 §3.3 grants immediate feedback. Such a compound opens with a report
    and counts as one, so call `sent` for it too.
    """

    def __init__(self, bandwidth: float, *, random: random.Random, now: float, avpf: bool = False) -> None:
        self._bandwidth = max(bandwidth, 1.0)
        self._random = random
        self._avpf = avpf
        self._size = _FIRST_SIZE
        self._initial = True
        self._last = now
        self._next = now + self._interval()

    @property
    def next_timeout(self) -> float:
        """When to ask `due` again."""
        return self._next

    def due(self, now: float) -> bool:
        """Whether to send now; where reconsideration (RFC 3550 §6.3.6) says not yet, `next_timeout` moves on."""
        if now < self._next:
            return False
        self._next = self._last + self._interval()
        return now >= self._next

    def sent(self, now: float, *, octets: int | None = None) -> None:
        """A compound left, of this length where known."""
        if octets is not None:
            self.heard(octets)
        self._initial = False
        self._last = now
        self._next = now + self._interval()

    def heard(self, octets: int) -> None:
        """A compound of this length came in: the average size counts all members', up to what a compound may be."""
        octets = min(octets, MAX_COMPOUND_OCTETS)
        self._size += (octets + _LOWER_HEADERS - self._size) * _SIZE_GAIN

    def _interval(self) -> float:
        share = self._size * 8 * _MEMBERS / (self._bandwidth * _RTCP_SHARE)
        interval = max(share, self._minimum())
        return interval * self._random.uniform(0.5, 1.5) / _COMPENSATION

    def _minimum(self) -> float:
        reduced = min(_MINIMUM_INTERVAL, _REDUCED_INTERVAL_KILOBITS * 1000 / self._bandwidth)
        minimum = _REGULAR_INTERVAL if self._avpf else max(reduced, _REGULAR_INTERVAL)
        return minimum / 2 if self._initial else minimum


class SenderClock:
    """Which NTP time belongs to which RTP timestamp in our sender reports.

    Once the source has reported, each pair lies on the source's line and `cname` is its name. Until it does the first
    report waits; if the source stays silent for `SOURCE_REPORT_PATIENCE` the line is our own, on which a frame is taken
    the moment it leaves. Timestamps are the continuous ones of `AccessUnit`, before the sender's offset.

    `unix_time` is the wall clock at `now`, both in seconds. With `keeps_cname` the name stays ours.
    """

    def __init__(self, *, clock_rate: int, cname: str, unix_time: float, now: float, keeps_cname: bool = False) -> None:
        self.cname = cname
        self._keeps_cname = keeps_cname
        self._clock_rate = clock_rate
        self._wall = unix_time + UNIX_EPOCH_NTP - now
        self._source: SourceClock | None = None
        self._first_packet: float | None = None
        self._last_frame = (0, now)

    def follow(self, clock: SourceClock) -> None:
        """The source reported: from here on tell its time."""
        self._source = clock
        if not self._keeps_cname:
            self.cname = clock.cname or self.cname

    def frame(self, timestamp: int, now: float) -> None:
        """A frame with this timestamp is being sent."""
        if self._first_packet is None:
            self._first_packet = now
        self._last_frame = (timestamp, now)

    def ready_at(self) -> float | None:
        """From when on a sender report can be made; None before the first frame."""
        if self._first_packet is None or self._source is not None:
            return self._first_packet
        return self._first_packet + SOURCE_REPORT_PATIENCE

    def at(self, now: float) -> tuple[int, int]:
        """The 64-bit NTP time and the timestamp, not yet cut to 32 bits, of the instant `now`."""
        if self._source is not None:
            elapsed = now - self._source.received
            ntp = self._source.ntp + round(elapsed * NTP_SECOND)
            return ntp % (1 << 64), self._source.timestamp + round(elapsed * self._clock_rate)
        timestamp, left = self._last_frame
        ntp = round((now + self._wall) * NTP_SECOND)
        return ntp % (1 << 64), timestamp + round((now - left) * self._clock_rate)

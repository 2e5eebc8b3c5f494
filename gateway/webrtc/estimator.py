"""What gets through from a browser to us, by when its packets left and came.

In the long run the estimate is aiortc's: Google's congestion control at the receiver (draft-ietf-rmcat-gcc-02 §5),
where a Kalman filter on how much later each group of packets came than it was sent tells a queue that grows, and the
rate follows by additive increase and multiplicative decrease.

It says nothing for the first three seconds, and then goes up from what it saw by 8 % a second: a browser that began
with 300 kb/s would be blurred for half a minute. But just in the first two seconds libwebrtc takes any estimate at its
word. So we tell one at once that most links carry, and go up quickly until packets queue on their way; what came
through meanwhile is then the estimate.

And it takes a machine that was busy elsewhere for a narrow link: packets that wait for their reader come late, too. But
they then come all at once, the last of them in time. Its falls are believed only while every packet is late.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aiortc.rate import RemoteBitrateEstimator

from gateway.rtp.extensions import SEND_TIME_SECOND
from gateway.rtp.timeline import unwrap

START: Final = 1_200_000
"""Bits per second told first: 1280x720 in fair quality; a link of 500 kb/s queues 0.2 s until we say less."""
START_STEP: Final = 0.2
"""Seconds between two steps up in the beginning."""
START_GROWTH: Final = 1.5
"""The factor of such a step."""
START_SECONDS: Final = 5.0
"""How long the beginning may last: aiortc's estimator has settled by then."""
BACK_OFF: Final = 0.75
"""Of what came through, what is told when a queue ends the beginning: less than libwebrtc's 0.85: it has to drain."""


CEILING: Final = 0.9
"""Of what came through while packets queued: up to there, and no further, goes what is told for `CEILING_SECONDS`."""
CEILING_SECONDS: Final = 30.0
"""How long a link is taken to be no wider. Going up to where it queues each ten seconds, as aiortc would, costs a
browser's encoder a few frames each time; a link that did become wider waits no longer than this."""


class RemoteBitrate:
    """A `gateway.rtp.bandwidth.BandwidthEstimator`; one per source of pictures.

    `start` and `most` are bits per second: what is told first, and more than which is never told.
    """

    def __init__(self, *, start: int = START, most: int = 3_000_000) -> None:
        self._most = most
        self._estimator = RemoteBitrateEstimator()
        self._queue = _Queue()
        self._estimate = min(start, most)
        self._begun: float | None = None
        self._is_starting = True
        self._has_queued = False
        self._stepped = 0.0
        self._ceiling = most
        self._ceiling_until = float("-inf")

    @property
    def bits_per_second(self) -> int | None:
        """What gets through; None before the first packet."""
        return None if self._begun is None else self._estimate

    def receive(self, *, send_time: int, octets: int, ssrc: int, now: float) -> None:
        """A packet came: its abs-send-time, the octets of payload and padding, and when (seconds)."""
        if self._begun is None:
            self._begun = self._stepped = now
        self._queue.note(send_time, octets * 8, now)
        self._keep_below(now)
        found = self._estimator.add(round(now * 1000), send_time, octets, ssrc)
        if self._is_starting:
            self._feel_for_the_link(now, now - self._begun)
        elif found is not None:
            is_believed = found[0] >= self._estimate or self._queue.is_standing
            self._estimate = min(found[0] if is_believed else self._estimate, self._ceiling)
            if self._estimate != found[0]:
                self._overrule(now)

    def _keep_below(self, now: float) -> None:
        """See how wide the link is while packets queue; for a while it is not asked for more."""
        if self._queue.is_standing:
            self._ceiling = min(int(self._queue.came_through * CEILING), self._most)
            self._ceiling_until = now + CEILING_SECONDS
        elif now >= self._ceiling_until:
            self._ceiling = self._most

    def _feel_for_the_link(self, now: float, elapsed: float) -> None:
        """Go up while nothing queues. When something does, tell what comes through, until it has drained."""
        if self._queue.is_standing:
            self._has_queued = True
            self._estimate = min(int(self._queue.came_through * BACK_OFF), self._most)
        elif not self._has_queued and now >= self._stepped + START_STEP:
            self._stepped = now
            self._estimate = min(int(self._estimate * START_GROWTH), self._most)
        if elapsed >= START_SECONDS or (self._has_queued and not self._queue.is_standing):
            self._is_starting = False
            self._overrule(now)

    def _overrule(self, now: float) -> None:
        """Have aiortc go on from our estimate."""
        self._estimator.rate_control.set_estimate(self._estimate, round(now * 1000))


class _Queue:
    """What waits on the link, by how much later than the fastest packet each one comes.

    `is_standing`: every packet has been late for some time. `came_through`: bits per second in that time, in which the
    queue saw to it that the link was never idle. Packets read at one moment count as one, as late as the least late of
    them: that is what tells a queue on the link from a reader that was busy.
    """

    _LATE: Final = 0.06
    """Seconds: two frames' time, more than a frame's own packets queue behind each other on most links."""
    _STANDS: Final = 0.06
    """Seconds for which every packet is late."""
    _MOMENT: Final = 0.003
    """Seconds that pass while packets that waited are read: a packet takes that long at 3 Mb/s."""
    _MEMORY: Final = 10.0
    """Seconds for which the fastest packet is remembered, once or twice: clocks drift and paths change."""

    def __init__(self) -> None:
        self.is_standing = False
        self.came_through = 0.0
        self._sent = 0
        """The last send time, unwrapped."""
        self._fastest = self._fastest_before = float("inf")
        self._renewed = float("-inf")
        self._late_since: float | None = None
        self._bits = 0
        self._moment = _Moment(float("-inf"))

    def note(self, send_time: int, bits: int, now: float) -> None:
        """A packet came."""
        self._sent = unwrap(send_time, self._sent, bits=24)
        lateness = self._lateness(now - self._sent / SEND_TIME_SECOND, now)
        if now > self._moment.last + self._MOMENT:
            self._judge(self._moment)
            self._moment = _Moment(now)
        self._moment.last = now
        self._moment.bits += bits
        self._moment.lateness = min(self._moment.lateness, lateness)

    def _judge(self, moment: _Moment) -> None:
        """What one moment's packets tell, now that they are all read."""
        if moment.lateness <= self._LATE or moment.lateness == float("inf"):
            self._late_since, self._bits, self.is_standing = None, 0, False
        elif self._late_since is None:
            self._late_since = moment.last
        else:
            self._bits += moment.bits
            elapsed = moment.last - self._late_since
            self.is_standing = elapsed >= self._STANDS
            self.came_through = self._bits / elapsed

    def _lateness(self, delay: float, now: float) -> float:
        """Seconds a packet took longer than the fastest lately; `delay` counts from anywhere."""
        if now >= self._renewed + self._MEMORY:
            self._fastest_before, self._fastest, self._renewed = self._fastest, delay, now
        self._fastest = min(self._fastest, delay)
        return delay - min(self._fastest, self._fastest_before)


@dataclass(slots=True)
class _Moment:
    """Packets read one right after the other: when the last was, how many bits, how late the least late."""

    last: float
    bits: int = 0
    lateness: float = float("inf")

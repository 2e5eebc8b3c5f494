"""What gets through from a browser to us, by when its packets left and came.

In the long run the estimate is aiortc's: Google's congestion control at the receiver (draft-ietf-rmcat-gcc-02 §5),
where a Kalman filter on how much later each group of packets came than it was sent tells a queue that grows, and the
rate follows by additive increase and multiplicative decrease.

It says nothing for the first three seconds, and then goes up from what it saw by 8 % a second: a browser that began
with 300 kb/s would be blurred for half a minute. But just in the first two seconds libwebrtc takes any estimate at its
word. So we tell one at once that most links carry, and go up quickly as long as packets come as steadily as they were
sent; the first 60 ms of queue end that, and what came through in the last moments is then the estimate.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from aiortc.rate import BandwidthUsage, RemoteBitrateEstimator

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
QUEUE: Final = 0.06
"""Seconds later than the fastest packet: two frames' time, more than a frame's own packets queue behind each other."""
BACK_OFF: Final = 0.85
"""Of what came through, what is told when a queue grows: libwebrtc's factor."""
WINDOW: Final = 0.3
"""Seconds over which what came through is counted then."""


class RemoteBitrate:
    """A `gateway.rtp.bandwidth.BandwidthEstimator`; one per source of pictures.

    `start` and `most` are bits per second: what is told first, and more than which is never told.
    """

    def __init__(self, *, start: int = START, most: int = 3_000_000) -> None:
        self._most = most
        self._estimator = RemoteBitrateEstimator()
        self._estimate = min(start, most)
        self._begun: float | None = None
        self._is_starting = True
        self._stepped = 0.0
        self._sent = 0
        """The last send time, unwrapped."""
        self._least_delay = float("inf")
        self._window: deque[tuple[float, int]] = deque()

    @property
    def bits_per_second(self) -> int | None:
        """What gets through; None before the first packet."""
        return None if self._begun is None else self._estimate

    def receive(self, *, send_time: int, octets: int, ssrc: int, now: float) -> None:
        """A packet came: its abs-send-time, its payload's octets, and when (seconds)."""
        if self._begun is None:
            self._begun = self._stepped = now
        found = self._estimator.add(round(now * 1000), send_time, octets, ssrc)
        if self._is_starting:
            self._feel_for_the_link(send_time, octets, now)
        elif found is not None:
            self._estimate = min(found[0], self._most)

    def _feel_for_the_link(self, send_time: int, octets: int, now: float) -> None:
        """Go up while nothing queues; as soon as it does, tell what came through and leave the rest to aiortc."""
        self._window.append((now, octets * 8))
        while self._window[0][0] < now - WINDOW:
            self._window.popleft()
        if self._queue(send_time, now) > QUEUE or self._estimator.detector.state() is BandwidthUsage.OVERUSING:
            self._settle(min(self._estimate, int(self._came_through() * BACK_OFF)), now)
        elif self._begun is not None and now > self._begun + START_SECONDS:
            self._settle(self._estimate, now)
        elif now >= self._stepped + START_STEP:
            self._stepped = now
            self._estimate = min(int(self._estimate * START_GROWTH), self._most)

    def _queue(self, send_time: int, now: float) -> float:
        """Seconds this packet took longer than the fastest so far."""
        self._sent = unwrap(send_time, self._sent, bits=24)
        delay = now - self._sent / SEND_TIME_SECOND
        self._least_delay = min(self._least_delay, delay)
        return delay - self._least_delay

    def _came_through(self) -> float:
        """Bits per second in the last moments, in which the queue saw to it that the link was never idle."""
        (first, bits), (last, _) = self._window[0], self._window[-1]
        return (sum(each for _, each in self._window) - bits) / max(last - first, QUEUE)

    def _settle(self, estimate: int, now: float) -> None:
        self._is_starting = False
        self._estimate = estimate
        self._estimator.rate_control.set_estimate(estimate, round(now * 1000))

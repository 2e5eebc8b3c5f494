"""What gets through from a browser to us, by when its packets left and came: aiortc's estimator behind our protocol.

The algorithm is Google's congestion control at the receiver (draft-ietf-rmcat-gcc-02 §5): a Kalman filter on how much
later each group of packets came than it was sent tells a queue that grows, and the rate follows by additive increase
and multiplicative decrease.
"""

from __future__ import annotations

from aiortc.rate import RemoteBitrateEstimator


class RemoteBitrate:
    """A `gateway.rtp.bandwidth.BandwidthEstimator`; one per source of pictures.

    `start` and `most` are bits per second: what is told first, and more than which is never asked for.
    """

    def __init__(self, *, start: int = 600_000, most: int = 3_000_000) -> None:
        self._start = start
        self._most = most
        self._estimator = RemoteBitrateEstimator()
        self._estimate: int | None = None

    @property
    def bits_per_second(self) -> int | None:
        """What gets through; None before the first packet."""
        return self._estimate

    def receive(self, *, send_time: int, octets: int, ssrc: int, now: float) -> None:
        """A packet came: its abs-send-time, its payload's octets, and when (seconds)."""
        found = self._estimator.add(round(now * 1000), send_time, octets, ssrc)
        if found is not None:
            self._estimate = min(found[0], self._most)
        elif self._estimate is None:
            self._estimate = self._start

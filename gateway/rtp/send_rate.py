"""How fast to send, by what the far end says: its estimate, its losses, the way there and back.

The far end's estimate (REMB) is the first word: it sees by the packets' send times how a queue grows. Alone it is not
enough. It is blind where a queue is full to the brim, for then nothing grows any more; there the losses speak, as in
libwebrtc's sender (draft-ietf-rmcat-gcc-02 §6). And an estimate only ever grows from what was really sent: an estimator
takes its first value after 3 to 5 seconds of watching, and from there goes up by 8 % a second. So the first seconds
decide. They begin at a rate that most links carry and double each second as long as nothing speaks against it.
"""

from __future__ import annotations

from collections import deque
from typing import Final

START_SECONDS: Final = 4.5
"""How long the quick start may last: until then aiortc's estimator only watches, libwebrtc's until 5 s."""
QUICK_GROWTH: Final = 1.5
"""The factor per second of the quick start, and up to an estimate that lies higher."""
GROWTH: Final = 1.08
"""The factor per second where the far end never told an estimate, or its reports spoke against it: libwebrtc's."""
CALM: Final = 3.0
"""Seconds after a cut before its estimate is believed again: three of its reports."""
STEP: Final = 0.1
"""Seconds between two steps up."""
LOSS_HIGH: Final = 0.10
"""The share of packets lost that says there is no room; less is what radio loses anyway, and NACK repeats."""
QUEUE: Final = 0.1
"""Seconds by which the way there and back may be longer than it was lately: more is a queue of our making."""
QUEUE_STANDS: Final = 0.9
"""Seconds for which it has to: two reports of a receiver."""
QUEUE_CUT: Final = 0.85
MEMORY: Final = 10.0
"""Seconds for which a short way there and back is remembered: after that it was another path."""
CUT_INTERVAL: Final = 0.3
"""Seconds between two cuts, beyond the time there and back: one cut has to show first."""
REPEAT_SHARE: Final = 0.5
"""Of the rate, what repetitions may take: losses of more than a third are no matter of repeating."""
REPEAT_BURST: Final = 0.5
"""Seconds of that share at a stroke."""
FLOOR: Final = 50_000
"""Bits per second: however little the far end says, less shows nothing, and nothing grows from nothing."""
DOUBTED: Final = 200_000
"""Bits per second: an estimate below is what an estimator comes to on a machine that is too busy, for it takes late
packets for a queue and what came in spite of that for the link's rate."""
NEWS: Final = 0.02
"""The share by which the rate has to move to be told to the encoder."""


class SendRate:
    """Bits per second, between `FLOOR` and `most`. `start`: where it begins.

    Keeps true: never above the far end's last estimate but for the floor, and risen only by the steps above.
    """

    def __init__(self, *, start: int, most: int) -> None:
        self._rate = float(min(start, most))
        self._most = most
        self._estimate: int | None = None
        self._told = 0.0
        self._began: float | None = None
        self._is_starting = True
        self._stepped = 0.0
        self._cut = float("-inf")
        self._repeated = self._repeated_at = 0.0
        """Bits of repetitions not yet paid for, and when that was so."""
        self._long_since: float | None = None
        self._round_trips: deque[tuple[float, float]] = deque()

    @property
    def bits_per_second(self) -> int:
        """What to send at most now."""
        return int(self._rate)

    def begin(self, now: float) -> None:
        """The first frame leaves."""
        if self._began is None:
            self._began = self._stepped = now

    def estimated(self, bits_per_second: int, *, now: float) -> None:
        """The far end told what gets through (REMB). A very low estimate has to be borne out by losses or delay."""
        is_borne_out = now <= self._cut + CALM or self._long_since is not None
        self.limited(max(bits_per_second, FLOOR if is_borne_out else DOUBTED))

    def limited(self, bits_per_second: int) -> None:
        """The far end told what it wants at most (TMMBR)."""
        self._estimate = max(bits_per_second, FLOOR)
        if self._estimate < self._rate:
            self._is_starting = False
            self._rate = self._estimate

    def reported(self, *, fraction_lost: float, round_trip_time: float | None, now: float) -> None:
        """The far end reported the share of packets lost since its last report, and the way there and back."""
        factor = 1 - fraction_lost / 2 if fraction_lost > LOSS_HIGH else 1.0
        is_queueing = round_trip_time is not None and self._is_queueing(round_trip_time, now)
        if is_queueing and self._estimate is None:  # a far end that tells estimates sees queues better than we do
            factor = min(factor, QUEUE_CUT)
        if factor == 1.0:
            return
        self._is_starting = False
        if now - self._cut >= CUT_INTERVAL + (round_trip_time or 0.0):
            self._cut = now
            self._rate = max(self._rate * factor, FLOOR)

    def may_repeat(self, now: float) -> bool:
        """Whether a packet may be sent once more: repetitions, too, have to get through."""
        self._repeated = max(self._repeated - (now - self._repeated_at) * self._rate * REPEAT_SHARE, 0.0)
        self._repeated_at = now
        return self._repeated < self._rate * REPEAT_SHARE * REPEAT_BURST

    def repeated(self, octets: int, now: float) -> None:
        """A packet was sent once more."""
        self._repeated += octets * 8

    def step(self, now: float) -> bool:
        """Grow as far as it is time to; whether the rate is news for the encoder."""
        if self._began is not None and now >= self._stepped + STEP:
            self._is_starting = self._is_starting and now < self._began + START_SECONDS
            is_told = self._estimate is not None and now > self._cut + CALM
            factor = QUICK_GROWTH if self._is_starting or is_told else GROWTH
            self._rate = min(self._rate * factor ** min(now - self._stepped, 1.0), self._ceiling)
            self._stepped = now
        if abs(self._rate - self._told) <= NEWS * self._told and (self._rate != self._most or self._told == self._most):
            return False
        self._told = self._rate
        return True

    def next_timeout(self) -> float | None:
        """When to ask `step` again; None while there is nowhere to go."""
        return None if self._began is None or self._rate >= self._ceiling else self._stepped + STEP

    @property
    def _ceiling(self) -> int:
        return self._most if self._estimate is None else min(self._most, self._estimate)

    def _is_queueing(self, round_trip_time: float, now: float) -> bool:
        """Whether the way there and back has been too long for a while; one long one is a machine that was busy."""
        self._round_trips.append((now, round_trip_time))
        while self._round_trips[0][0] < now - MEMORY:
            self._round_trips.popleft()
        if round_trip_time <= min(least for _, least in self._round_trips) + QUEUE:
            self._long_since = None
        elif self._long_since is None:
            self._long_since = now
        return self._long_since is not None and now - self._long_since >= QUEUE_STANDS

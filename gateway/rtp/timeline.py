"""From what wraps on the wire to numbers that do not: sequence numbers, and one line of timestamps over all sources.

A source's timestamps start anywhere, wrap every 13 hours at 90 kHz, and start anew when the source restarts. Behind the
receiver there is only one line: the first source's timestamps as they are, unwrapped; each later source's shifted by a
constant, chosen at its first frame so that the line has gone on by the time that passed between the two arrivals.

The same is done where a source jumps on its own clock (a file that loops, an encoder that restarts): back by more than
`MAX_STEP_BACK`, or ahead of what the arrival clock says by more than `MAX_STEP_AHEAD`. Anything less is the source's
business and kept to the tick: B-frames step back, a paused source continues where it stopped, a stopped process that
wakes sends its backlog in a burst.
"""

from __future__ import annotations

from typing import Final

MAX_STEP_BACK: Final = 2.0
"""Seconds. H.264 reorders at most 16 frames and live senders only a few; 2 s is 16 of them at 8 frames per second."""
MAX_STEP_AHEAD: Final = 10.0
"""Seconds beyond the time that passed. A wrong jump of 10 s would still be a stall a viewer gives up on."""


def unwrap(value: int, near: int, *, bits: int) -> int:
    """The number equal to `value` modulo 2**bits that lies nearest to `near`; of two as near, the greater."""
    half = 1 << (bits - 1)
    return near + half - ((near + half - value) & ((1 << bits) - 1))


class Timeline:
    """Carries RTP timestamps of successive sources onto one continuous line.

    `max_step_back`: seconds a source may step back on its own clock without having jumped.

    Keeps true: within a source two frames are as far apart on the line as on the wire, and the first frame of a new
    source lies after every frame of the old one.
    """

    def __init__(self, *, clock_rate: int, max_step_back: float = MAX_STEP_BACK) -> None:
        self._clock_rate = clock_rate
        self._max_step_back = max_step_back
        self._offset = 0
        self._source: int | None = None
        """The source's highest timestamp so far, unwrapped; None before its first frame."""
        self._end: int | None = None
        """Where the line stands: the highest timestamp given out. None before the very first."""
        self._end_at = 0.0

    def new_source(self) -> None:
        """The next frame is another source's."""
        self._source = None

    def place(self, timestamp: int, received: float) -> int:
        """Where a frame lies on the line. `timestamp`: 32 bits off the wire; `received`: when it came, in seconds."""
        elapsed = received - self._end_at
        if self._source is None:
            self._anchor(timestamp, elapsed)
            source = timestamp
        else:
            source = unwrap(timestamp, self._source, bits=32)
            step = (source - self._source) / self._clock_rate
            if not -self._max_step_back <= step <= elapsed + MAX_STEP_AHEAD:
                self._anchor(source, elapsed)
                self._source = source
        self._source = source if self._source is None else max(self._source, source)
        placed = source + self._offset
        if self._end is None or placed >= self._end:
            self._end, self._end_at = placed, received
        return placed

    def locate(self, timestamp: int) -> int | None:
        """Where a moment of the source's clock lies on the line, without moving it; None before its first frame."""
        if self._source is None:
            return None
        return unwrap(timestamp, self._source, bits=32) + self._offset

    def _anchor(self, source: int, elapsed: float) -> None:
        if self._end is not None:
            self._offset = self._end + max(round(elapsed * self._clock_rate), 1) - source

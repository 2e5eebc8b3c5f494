"""What a page's `harness.watch` noted of a track, and what two such notes say of the way between them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import quantiles
from typing import Any, Self

from transforms.picture import Size

KEY_DRIFT = 4
"""Levels."""


@dataclass(frozen=True, slots=True)
class WatchedFrame:
    """`number`: None where none could be read. `at`: seconds of the page's clock. `corners`: (y, cb, cr) of two."""

    at: float
    size: Size
    number: int | None
    corners: tuple[tuple[float, float, float], tuple[float, float, float]]

    @classmethod
    def of(cls, noted: Mapping[str, Any]) -> Self:
        """One of a page's notes.

        Raises:
            AssertionError: the page could not read on.
        """
        assert "error" not in noted, noted["error"]
        left, right = (tuple(corner) for corner in noted["corners"])
        return cls(noted["at"] / 1000, Size(noted["width"], noted["height"]), noted["number"], (left, right))


@dataclass(frozen=True, slots=True)
class WayBack:
    """How the frames that left came back, from the first readable number on.

    `sent`, `returned`: frames that left and, of those, came back. `unreadable`: came back without a number. `repeated`:
    came back more than once. `latencies`: seconds from leaving to coming back. `freezes`: seconds between new frames.
    """

    sent: int
    returned: int
    unreadable: int
    repeated: int
    latencies: list[float]
    freezes: list[float]

    @property
    def share(self) -> float:
        """Of the frames that left, those that came back."""
        return self.returned / self.sent

    def latency(self, percent: int) -> float:
        """A percentile of the latencies, in seconds."""
        return quantiles(self.latencies, n=100, method="inclusive")[percent - 1]

    @property
    def longest_freeze(self) -> float:
        """Seconds without a new frame, at worst."""
        return max(self.freezes)

    def __str__(self) -> str:
        p50, p95 = (1000 * self.latency(percent) for percent in (50, 95))
        return (
            f"{self.returned} of {self.sent} frames ({self.share:.1%}), {self.unreadable} unreadable, {self.repeated}"
            f" repeated, latency p50 {p50:.1f} p95 {p95:.1f} ms, longest freeze {1000 * self.longest_freeze:.0f} ms"
        )


def way_back(sent: Sequence[WatchedFrame], back: Sequence[WatchedFrame], *, since: float = 0.0) -> WayBack:
    """Match what came back to what was sent last under the same number; `since`: seconds of the page's clock."""
    first = next((at for at, frame in enumerate(back) if frame.number is not None and frame.at >= since), None)
    assert first is not None, f"no number could be read in {len(back)} frames"
    left: dict[int, list[int]] = {}
    for index, frame in enumerate(sent):
        if frame.number is not None:
            left.setdefault(frame.number, []).append(index)
    came = [(frame, _sender_of(frame, sent, left)) for frame in back[first:]]
    arrivals: dict[int, float] = {}
    for frame, sender in came:
        if sender is not None:
            arrivals.setdefault(sender, frame.at)
    times = list(arrivals.values())
    return WayBack(
        sent=1 + max(arrivals) - min(arrivals),
        returned=len(arrivals),
        unreadable=sum(frame.number is None for frame, _ in came),
        repeated=sum(sender is not None for _, sender in came) - len(arrivals),
        latencies=[at - sent[index].at for index, at in arrivals.items()],
        freezes=[later - earlier for earlier, later in pairwise(times)],
    )


def _sender_of(frame: WatchedFrame, sent: Sequence[WatchedFrame], left: dict[int, list[int]]) -> int | None:
    """The last frame of this number that left before this one came back."""
    indices = left.get(-1 if frame.number is None else frame.number, [])
    before = bisect_right(indices, frame.at, key=lambda index: sent[index].at)
    return indices[before - 1] if before else None


def is_same_key(one: str, other: str) -> bool:
    """Whether two key colours (rrggbb) are of one lock, which goes along with the light by a level or so."""
    levels = zip(bytes.fromhex(one), bytes.fromhex(other), strict=True)
    return all(abs(level - beside) <= KEY_DRIFT for level, beside in levels)

"""Which pixels of a frame are scaled to how many, and where of that the picture begins.

A scaler takes whole pixels, and those of 4:2:0 by twos; what is to be seen begins between them. So a little more is
scaled than shows, and the rest is left out afterwards: the picture is within a pixel of where it belongs, and is not
stretched for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import NamedTuple

from transforms.geometry import Placed, Rect
from transforms.picture import Size


class Box(NamedTuple):
    """A window in whole pixels."""

    x: int
    y: int
    width: int
    height: int


class Plan(NamedTuple):
    """What becomes of an upright frame.

    `crop`: what of it is scaled, to `size`. `skip`: what of that is left out at the left and at the top, even. `shown`:
    on which part of the target the rest lies.
    """

    crop: Box
    size: Size
    skip: tuple[int, int]
    shown: Box


def plan(frame: Size, window: Rect, seen: Placed) -> Plan | None:
    """How a frame, upright, that holds `window` of a clip is laid where `seen` says; None where nothing of it shows."""
    across = _axis(frame.width, (window.x, window.width), (seen.source.x, seen.source.width), seen.target[::2])
    down = _axis(frame.height, (window.y, window.height), (seen.source.y, seen.source.height), seen.target[1::2])
    if across is None or down is None:
        return None
    crop = Box(across.first, down.first, across.count, down.count)
    shown = Box(across.start, down.start, across.extent, down.extent)
    return Plan(crop, Size(across.scaled, down.scaled), (across.skip, down.skip), shown)


@dataclass(frozen=True, slots=True)
class _Axis:
    first: int
    count: int
    scaled: int
    skip: int
    start: int
    extent: int


def _axis(
    pixels: int, window: tuple[float, float], source: tuple[float, float], target: tuple[float, float]
) -> _Axis | None:
    """One axis of a plan; the pairs are beginning and extent, `pixels` how many of the frame hold the window."""
    density = pixels / window[1]
    magnified = target[1] / max(source[1] * density, 1e-9)
    wanted = (source[0] - window[0]) * density, (source[0] + source[1] - window[0]) * density
    begin, end = max(wanted[0], 0.0), min(wanted[1], float(pixels))
    start = 2 * round((target[0] + (begin - wanted[0]) * magnified) / 2)
    stop = round(target[0] + target[1] - (wanted[1] - end) * magnified)
    if end - begin < 1e-6 or stop <= start:
        return None
    first, last = 2 * floor((begin + _NEAR) / 2), min(2 * ceil((end - _NEAR) / 2), pixels)
    skip = max(2 * round((begin - first) * magnified / 2), 0)
    scaled = max(round((last - first) * magnified), skip + stop - start)
    return _Axis(first, last - first, scaled, skip, start, stop - start)


_NEAR = 1e-3
"""Pixels: what floating point makes of a whole number."""

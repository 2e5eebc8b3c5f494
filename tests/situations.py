"""What happens to a screen in a call, drawn, each picture with its true alpha: for the tests of confidence.

The sample caller is drawn twice, before a screen and in a room, and the two are mixed: a curtain falls by rows of the
one giving way to rows of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tests.screens import GREEN
from transforms.effect import Color
from transforms.picture import Picture, Size
from transforms.sample import SampleCaller

SIZE = Size(360, 640)
COUNT = 40
BEGINS, ENDS = 10, 25
"""Pictures in each situation; from the first on something is amiss, and from the second, in some, no more."""

Alpha = NDArray[np.uint8]
Shown = tuple[Picture, Alpha]
Levels = NDArray[np.float64]


@cache
def _callers(screen: Color) -> tuple[SampleCaller, SampleCaller]:
    return SampleCaller(SIZE, screen=screen), SampleCaller(SIZE, screen=None)


@cache
def _drawn(screen: Color, number: int) -> tuple[tuple[Levels, ...], tuple[Levels, ...], Alpha]:
    """The planes before the screen, those in the room, and alpha."""
    before, room = _callers(screen)
    frame, alpha = before.frame(number)
    planes, walls = (
        tuple(plane.rows.astype(np.float64) for plane in Picture.of(shown).planes)
        for shown in (frame, room.frame(number)[0])
    )
    return planes, walls, alpha


def _picture(planes: tuple[Levels, ...], screen: Color) -> Picture:
    picture = Picture.of(_callers(screen)[0].frame(0)[0])
    for plane, levels in zip(picture.planes, planes, strict=True):
        plane.rows[:] = np.clip(np.rint(levels), 0, 255)
    return picture


def _mixed(screen: Color, number: int, bare: NDArray[np.bool_]) -> Shown:
    """The room where `bare` (H, W) says so."""
    planes, walls, alpha = _drawn(screen, number)
    masks = bare, bare[::2, ::2], bare[::2, ::2]
    mixed = tuple(np.where(mask, wall, plane) for mask, wall, plane in zip(masks, walls, planes, strict=True))
    return _picture(mixed, screen), alpha


def _lit(screen: Color, number: int, light: float, warmth: float = 0.0) -> Shown:
    """`light` times as bright; `warmth` moves Cr, and Cb against it, by that share of luma."""
    (y, cb, cr), _, alpha = _drawn(screen, number)
    luma = (y - 16) * light
    tint = warmth * luma[::2, ::2]
    return _picture((luma + 16, (cb - 128) * light + 128 - tint, (cr - 128) * light + 128 + tint), screen), alpha


def _place() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    y, x = np.mgrid[: SIZE.height, : SIZE.width]
    return y, x


def _since(number: int) -> int:
    return max(number - BEGINS, 0)


def _amiss(number: int) -> bool:
    return BEGINS <= number < ENDS


def _curtain(screen: Color, number: int) -> Shown:
    return _mixed(screen, number, _place()[0] < _since(number) * SIZE.height // 20)


def _pan(screen: Color, number: int) -> Shown:
    return _mixed(screen, number, _place()[1] < _since(number) * SIZE.width // 30)


def _torn(screen: Color, number: int) -> Shown:
    return _mixed(screen, number, (_place()[1] >= SIZE.width // 2) & (number >= BEGINS))


def _cut(screen: Color, number: int) -> Shown:
    return _mixed(screen, number, np.full((SIZE.height, SIZE.width), _amiss(number)))


def _dark(screen: Color, number: int) -> Shown:
    return _lit(screen, number, 0.06 if _amiss(number) else 1.0)


def _black(screen: Color, number: int) -> Shown:
    return _lit(screen, number, 0.0 if _amiss(number) else 1.0)


def _frozen(screen: Color, number: int) -> Shown:
    return _lit(screen, min(number, BEGINS), 1.0)


def _dimmed(screen: Color, number: int) -> Shown:
    return _lit(screen, number, 0.6 if number >= BEGINS else 1.0)


def _brightened(screen: Color, number: int) -> Shown:
    return _lit(screen, number, 1.35 if number >= BEGINS else 1.0)


def _clouds(screen: Color, number: int) -> Shown:
    return _lit(screen, number, 1 + 0.4 * float(np.sin(number / COUNT * 2 * np.pi)))


def _warm(screen: Color, number: int) -> Shown:
    return _lit(screen, number, 1.0, 0.08 if number >= BEGINS else 0.0)


def _cooling(screen: Color, number: int) -> Shown:
    return _lit(screen, number, 1.0, -0.1 * min(number / 30, 1))


def _beside(screen: Color, number: int) -> Shown:
    return _mixed(screen, number, _place()[1] >= SIZE.width * 85 // 100)


def _corner(screen: Color, number: int) -> Shown:
    y, x = _place()
    return _mixed(screen, number, x - y // 2 > SIZE.width * 80 // 100)


def _patch(screen: Color, number: int) -> Shown:
    """A screen that fills 3 % of the picture."""
    y, x = _place()
    return _mixed(screen, number, (y > 96) | (x < 100) | (x > 180))


def _shirt(screen: Color, number: int) -> Shown:
    """The caller's jacket is of the screen's very colour, in any light."""
    (y, cb, cr), _, alpha = _drawn(screen, number)
    bare = alpha[::2, ::2] == 0
    key = np.median(y[::2, ::2][bare]), np.median(cb[bare]), np.median(cr[bare])
    below = np.broadcast_to(_place()[0] > 0.45 * SIZE.height, alpha.shape)
    light = np.clip((y - 16) / (key[0] - 16) + 0.2, 0.35, 1.3)
    dyed = ((key[0] - 16) * light + 16, *((level - 128) * light[::2, ::2] + 128 for level in key[1:]))
    worn = alpha / 255 * below
    shares = worn, worn[::2, ::2], worn[::2, ::2]
    planes = tuple(share * new + (1 - share) * old for share, new, old in zip(shares, dyed, (y, cb, cr), strict=True))
    return _picture(planes, screen), alpha


GOOD: dict[str, Callable[[Color, int], Shown]] = {
    "frozen": _frozen,
    "dimmed": _dimmed,
    "brightened": _brightened,
    "clouds": _clouds,
    "warm": _warm,
    "cooling": _cooling,
}
"""In these the screen is there throughout."""

PASSING: dict[str, Callable[[Color, int], Shown]] = {"cut": _cut, "dark": _dark, "black": _black}
"""In these it is gone from BEGINS until ENDS."""

FALLING: dict[str, Callable[[Color, int], Shown]] = {"curtain": _curtain, "pan": _pan, "torn": _torn}
"""In these the room comes in from BEGINS on."""

BAD: dict[str, Callable[[Color, int], Shown]] = {
    "beside": _beside,
    "patch": _patch,
    "shirt": _shirt,
}
"""In these no matte can be right."""

ALL = {**GOOD, **PASSING, **FALLING, **BAD, "corner": _corner}


def pictures(name: str, screen: Color = GREEN) -> Iterator[tuple[float, Picture, Alpha]]:
    """Time, picture and alpha of one situation."""
    for number in range(COUNT):
        yield (number / 25, *ALL[name](screen, number))

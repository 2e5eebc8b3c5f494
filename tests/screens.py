"""Pictures of a flat person before a screen, drawn in Y'CbCr, and their mattes' errors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transforms.effect import Color
from transforms.matting import Matte
from transforms.picture import Matrix, Picture, Size

TEAL, GREEN, BLUE = (Color.parse(text) for text in ("2a6a84", "00b140", "1f4fc8"))
SKIN, JEANS, BLACK, WHITE = (Color.parse(text) for text in ("c08a70", "3a4a66", "141414", "f0f0f0"))
SIZE = Size(160, 120)

Mask = NDArray[np.float64]


def drawn(
    screen: Color,
    person: Color,
    mask: Mask,
    *,
    light: Mask | float = 1.0,
    noise: float = 0.0,
    matrix: Matrix = Matrix.BT601,
    full_range: bool = False,
    seed: int = 0,
    averaged: bool = True,
) -> Picture:
    """A flat person through a mask of luma's size before a screen lit by `light`.

    Chroma is the mean of two by two pixels; if not `averaged`, one pixel's in four.
    """
    height, width = mask.shape
    picture = Picture.blank(Size(width, height), matrix=matrix, full_range=full_range)
    random = np.random.default_rng(seed)
    levels = zip(*(matrix.to_ycbcr(color, full_range=full_range) for color in (screen, person)), strict=True)
    for number, (plane, (behind, before)) in enumerate(zip(picture.planes, levels, strict=True)):
        zero = 128 if number else 0 if full_range else 16
        lit = (behind - zero) * np.broadcast_to(light, mask.shape) + zero
        shown = mask * before + (1 - mask) * lit
        if number:
            shown = halved(shown) if averaged else shown[::2, ::2]
        plane.rows[:] = np.clip(np.rint(shown + random.normal(0, noise, shown.shape)), 0, 255)
    return picture


def halved(levels: Mask) -> Mask:
    """The mean of two by two, edges repeated."""
    even = np.pad(levels, [(0, side % 2) for side in levels.shape], mode="edge")
    mean = (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4
    return np.asarray(mean, np.float64)


def bust(size: Size = SIZE) -> Mask:
    """Head and shoulders."""
    y, x = np.mgrid[: size.height, : size.width]
    head = np.hypot((x - size.width / 2) / 0.16 / size.width, (y - 0.4 * size.height) / 0.22 / size.height) < 1
    body = (y > 0.62 * size.height) & (np.abs(x - size.width / 2) < 0.35 * size.width)
    return np.asarray(head | body, np.float64)


def error(matte: Matte, mask: Mask) -> float:
    """Mean absolute difference at the luma samples, in thousandths."""
    assert matte.alpha.shape == mask.shape
    return float(np.abs(matte.alpha / 255 - mask).mean() * 1e3)

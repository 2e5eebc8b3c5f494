"""Drawn rooms, how a camera shows them in another light, and who stands before them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.screens import SIZE, Mask, halved
from transforms.effect import Color
from transforms.exposure import Exposure
from transforms.picture import Matrix, Picture, Size

Levels = NDArray[np.float64]


def room(size: Size = SIZE, *, seed: int = 0, chroma: int = 20, matrix: Matrix = Matrix.BT601) -> Picture:
    """Patches of many colours, none near black or white; `chroma` levels from neutral at most."""
    picture = Picture.blank(size, matrix=matrix, full_range=False)
    random = np.random.default_rng(seed)
    ranges = ((50, 180), (128 - chroma, 129 + chroma), (128 - chroma, 129 + chroma))
    for plane, (low, high) in zip(picture.planes, ranges, strict=True):
        patch = max(1, plane.width // 10)
        drawn = random.integers(low, high, (plane.height // patch + 1, plane.width // patch + 1))
        plane.rows[:] = np.kron(drawn, np.ones((patch, patch)))[: plane.height, : plane.width]
    return picture


def exposed(gain: float, warmth: float = 0.0) -> Exposure:
    """Of R, G, B: everything times `gain`, B less and R more by `warmth`."""
    gains = gain * np.array((1, 1 - warmth / 2, 1 + warmth / 2))
    zero = np.array((16, 128, 128))
    tint = np.array((-0.5 * warmth, 0.5 * warmth))
    return Exposure(gains.astype(np.float32), (zero - gains * zero).astype(np.float32), tint.astype(np.float32))


def shown(
    room: Picture,
    exposure: Exposure | None = None,
    *,
    person: Color | None = None,
    mask: Mask | None = None,
    light: Mask | float = 1.0,
    noise: float = 1.0,
    seed: int = 1,
) -> Picture:
    """The room as the camera shows it: lit by `light`, a flat person before it through a mask of luma's size."""
    exposure = exposure or exposed(1.0)
    out = Picture.blank(room.size, matrix=room.matrix, full_range=room.full_range)
    random = np.random.default_rng(seed)
    y, cb, cr = (plane.rows.astype(np.float64) for plane in room.planes)
    lit = np.broadcast_to(light, y.shape)
    small = halved(lit)
    planes = [(y - 16) * lit + 16, (cb - 128) * small + 128, (cr - 128) * small + 128]
    worn = (0, 0, 0) if person is None else room.matrix.to_ycbcr(person, full_range=room.full_range)
    if mask is not None:
        covers = (mask, halved(mask), halved(mask))
        planes = [cover * level + (1 - cover) * plane for cover, level, plane in zip(covers, worn, planes, strict=True)]
    tints = (0.0, float(exposure.tint[0]) * halved(planes[0]), float(exposure.tint[1]) * halved(planes[0]))
    for number, (plane, levels, tint) in enumerate(zip(out.planes, planes, tints, strict=True)):
        seen = float(exposure.gain[number]) * levels + tint + float(exposure.offset[number])
        plane.rows[:] = np.clip(np.rint(seen + random.normal(0, noise, seen.shape)), 0, 255)
    return out

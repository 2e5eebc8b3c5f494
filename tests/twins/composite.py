"""What `transforms.kernels.composite` computes, in plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

ROWS_LIT_ALIKE = 4


def upsampled(alpha: Floats, width: int, height: int) -> Floats:
    """From chroma's size to luma's: rows 3/4 and 1/4, even columns co-sited, odd columns the mean of two."""
    padded = np.pad(alpha, 1, mode="edge")
    own, above, below = padded[1:-1], padded[:-2], padded[2:]
    rows = np.stack((0.75 * own + 0.25 * above, 0.75 * own + 0.25 * below), axis=1).reshape(-1, padded.shape[1])
    even, right = rows[:, 1:-1], rows[:, 2:]
    columns = np.stack((even, (even + right) / 2), axis=2).reshape(len(rows), -1)
    return columns[:height, :width]


def downsampled(alpha: Floats) -> Floats:
    """From luma's size to chroma's: 1 2 1 about the even column, the mean of two rows."""
    padded = np.pad(alpha, ((0, len(alpha) % 2), (1, 1)), mode="edge")
    across = (padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]) / 4
    return (across[::2] + across[1::2])[:, ::2] / 2


def stretched(grid: Floats, width: int, height: int) -> Floats:
    """A grid of cells at every sample: bilinear between their centres; the same along four rows, as at their middle."""
    rows, columns = grid.shape
    down = np.arange(height) // ROWS_LIT_ALIKE * ROWS_LIT_ALIKE + ROWS_LIT_ALIKE / 2
    at_rows = np.clip(down / height * rows - 0.5, 0, rows - 1)
    at_columns = np.clip((np.arange(width) + 0.5) / width * columns - 0.5, 0, columns - 1)
    narrow = np.stack([np.interp(at_rows, np.arange(rows), column) for column in grid.T], axis=1)
    return np.stack([np.interp(at_columns, np.arange(columns), row) for row in narrow])


def composite(person: Whole, behind: Whole, alpha: Floats, screen: Floats | None, *, black: int) -> Whole:
    """One plane in whole numbers; `alpha` 0..255 at its samples; colours lie within `black` and 255."""
    nearly = np.floor(alpha + 0.5).astype(np.int64)
    opacity = nearly + nearly // 128
    rest = 256 - opacity
    light = person if screen is None else np.floor(screen + 0.5).astype(np.int64)
    own = np.maximum(256 * person - rest * light, 0)
    own = np.maximum(np.minimum(own, opacity * 255), np.minimum(opacity * black, 256 * person))
    levels: Whole = (own + rest * behind + 128) // 256
    return levels


def edged(
    person: Floats,
    behind: Floats,
    shown: Whole,
    own: Whole,
    screen: Floats,
    beyond: Floats | None,
    *,
    black: int,
) -> Floats:
    """Where alpha `shown` is not the `own` by which person and screen are mixed; both 0..255."""
    known = np.maximum(shown, own) if beyond is None else np.where(shown == 255, 255, own)
    share = known / 255
    taken = np.where(own > 0, screen, person)
    light = np.clip(person - (1 - share) * taken, np.minimum(share * black, person), known)
    light = light * np.minimum(shown, known) / np.maximum(known, 1)
    if beyond is not None:
        light = light + np.maximum(shown - known, 0) / 255 * beyond
    return np.minimum(light + (1 - shown / 255) * behind, 255)


def formula(person: Floats, behind: Floats, alpha: Floats, screen: Floats, *, black: int) -> Floats:
    """What the whole numbers stand for, `alpha` 0..1."""
    own = np.clip(person - (1 - alpha) * screen, alpha * black, alpha * 255)
    return np.where(alpha == 1, person, own + (1 - alpha) * behind)

"""What a received picture shows: the background, the person, or something of the room."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.peers.call import BACKGROUND
from transforms.effect import Color
from transforms.picture import Picture
from transforms.rgb import ycbcr_from_rgb

MARGIN = 8
"""Pixels around the person that are left out: a soft edge, and the codec's ringing beside it."""
BLOCK = 12
"""Pixels: errors are averaged over such blocks, a little smaller than the squares of the marker pattern. What a codec
drags behind a moving arm is smaller still, and no leak."""

VISIBLE = 16.0
"""Levels of `leak` from which something of the screen is seen: a square of the marker pattern is 40 or more."""


def _background_levels(picture: Picture) -> NDArray[np.float32]:
    """Y, Cb and Cr of the plain background."""
    color = Color.parse(BACKGROUND)
    rgb = np.array([color.red, color.green, color.blue], np.float32)
    return ycbcr_from_rgb(rgb, matrix=picture.matrix, full_range=picture.full_range)


def leak(picture: Picture, alpha: NDArray[np.uint8]) -> float:
    """Levels by which luma differs from the background's, on average over the worst block outside the person."""
    outside = _blocks(~_grown(alpha > 0, MARGIN)).min(axis=(1, 3)) > 0
    difference = np.abs(picture.y.rows - _background_levels(picture)[0])
    return float(_blocks(difference).mean(axis=(1, 3))[outside].max())


def foreground_psnr(picture: Picture, source: Picture, alpha: NDArray[np.uint8]) -> float:
    """Luma, dB, where the person is opaque."""
    inside = ~_grown(alpha < 255, MARGIN)
    difference = picture.y.rows[inside].astype(np.float32) - source.y.rows[inside]
    return float(10 * np.log10(255**2 / max(float(np.mean(np.square(difference))), 1e-3)))


def worst_block_psnr(picture: Picture, source: Picture, alpha: NDArray[np.uint8]) -> float:
    """Luma, dB, of that 16x16 block of the opaque person which differs most: what smearing shows in."""
    inside = _blocks(~_grown(alpha < 255, MARGIN), 16).min(axis=(1, 3)) > 0
    difference = picture.y.rows.astype(np.float32) - source.y.rows
    errors = _blocks(np.square(difference), 16).mean(axis=(1, 3))[inside]
    return float(10 * np.log10(255**2 / max(float(errors.max()), 1e-3)))


def _blocks(rows: NDArray[np.generic], side: int = BLOCK) -> NDArray[np.generic]:
    """(H, W) -> (H // side, side, W // side, side); what does not fill a block is left out."""
    height, width = (length // side * side for length in rows.shape)
    return rows[:height, :width].reshape(height // side, side, width // side, side)


def _grown(mask: NDArray[np.bool_], margin: int) -> NDArray[np.bool_]:
    """The mask and all within a square of so many pixels around it."""
    for axis in (0, 1):
        padded = np.pad(mask, [(margin, margin) if axis == side else (0, 0) for side in (0, 1)])
        windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * margin + 1, axis=axis)
        mask = np.any(windows, axis=-1)
    return mask

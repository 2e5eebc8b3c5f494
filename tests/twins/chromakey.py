"""ffmpeg's vf_chromakey.c, loop by loop: nine slots that keep what they last held."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.uint8]


def chromakey(
    cb: Samples, cr: Samples, width: int, height: int, key: tuple[int, int], similarity: float, blend: float
) -> Samples:
    """Alpha of (height, width) as one filter thread writes it."""
    alpha = np.zeros((height, width), np.uint8)
    slots = [key] * 9
    for y in range(height):
        for x in range(width):
            for slot in range(9):
                column, row = x + slot % 3 - 1, y + slot // 3 - 1
                if 0 <= column < width and 0 <= row < height:
                    slots[slot] = (int(cb[row >> 1, column >> 1]), int(cr[row >> 1, column >> 1]))
            alpha[y, x] = _opacity(slots, key, similarity, blend)
    return alpha


def _opacity(slots: list[tuple[int, int]], key: tuple[int, int], similarity: float, blend: float) -> int:
    distances = [math.sqrt(((u - key[0]) ** 2 + (v - key[1]) ** 2) / (255.0 * 255.0 * 2)) for u, v in slots]
    distance = sum(distances) / 9
    if blend > 0.0001:
        return int(min(max((distance - similarity) / blend, 0.0), 1.0) * 255.0)
    return 255 if distance > similarity else 0

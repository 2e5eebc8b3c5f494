"""A frame number written into the picture itself, read back after codecs, scaling and a replaced background.

32 bits (24 of number, 8 of CRC) lie in a grid of 4 rows of 8, each bit a pair of blocks of which one is light: light
first is 1. Only the difference within a pair is read, so that neither range nor exposure matters. The grid's place
follows from the picture's size alone, on the chest of the person `transforms.sample` draws: always foreground.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ROWS, PAIRS = 4, 8
DARK, LIGHT = 40, 215
LEAST_DIFFERENCE = 24
"""Levels between the blocks of a pair. Below it the number is lost, not guessed."""


def burn(rows: NDArray[np.uint8], number: int) -> None:
    """Write `number` (modulo 2**24) into a luma plane (H, W) in place."""
    number %= 1 << 24
    word = number << 8 | _crc(number)
    top, left = _edges(rows)
    for bit in range(ROWS * PAIRS):
        row, column = bit // PAIRS, 2 * (bit % PAIRS)
        levels = (LIGHT, DARK) if word >> (31 - bit) & 1 else (DARK, LIGHT)
        for block, level in enumerate(levels, start=column):
            rows[top[row] : top[row + 1], left[block] : left[block + 1]] = level


def read(rows: NDArray[np.uint8]) -> int | None:
    """The number in a luma plane (H, W), or None where there is none that can be trusted."""
    top, left = _edges(rows)
    blocks = np.array([[_middle(rows, top[r : r + 2], left[c : c + 2]) for c in range(2 * PAIRS)] for r in range(ROWS)])
    differences = (blocks[:, 0::2] - blocks[:, 1::2]).ravel()
    if np.abs(differences).min() < LEAST_DIFFERENCE:
        return None
    word = int.from_bytes(np.packbits(differences > 0).tobytes(), "big")
    number = word >> 8
    return number if _crc(number) == word & 0xFF else None


def _edges(rows: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The blocks' borders: 5 rows and 17 columns, in pixels."""
    height, width = rows.shape
    block = 20 * min(width / 720, height / 900)
    top = height - (7 - np.arange(ROWS + 1)) * block
    left = width / 2 + (np.arange(2 * PAIRS + 1) - PAIRS) * block
    return top.round().astype(np.int64), left.round().astype(np.int64)


def _middle(rows: NDArray[np.uint8], vertical: NDArray[np.int64], horizontal: NDArray[np.int64]) -> float:
    """The mean of a block away from its borders, where codecs and scalers mix it with its neighbours."""
    (y0, y1), (x0, x1) = vertical, horizontal
    dy, dx = (y1 - y0) // 4, (x1 - x0) // 4
    return float(rows[y0 + dy : y1 - dy, x0 + dx : x1 - dx].mean())


def _crc(number: int) -> int:
    """CRC-8 of the three bytes (polynomial x^8 + x^2 + x + 1, start value 0xff so that black is no number)."""
    crc = 0xFF
    for byte in number.to_bytes(3, "big"):
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07) & 0xFF if crc & 0x80 else crc << 1
    return crc

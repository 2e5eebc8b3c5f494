"""Chroma key exactly as ffmpeg's chromakey filter does it, for those who know its numbers by heart.

The key is compared with the picture's own Cb and Cr, whatever its matrix: so does the filter, which turns the typed
colour into BT.601 of full range by fixed-point arithmetic of its own (vf_chromakey.c, RGB_TO_U and RGB_TO_V).
"""

from __future__ import annotations

import numpy as np

from transforms.effect import Color
from transforms.kernels.chromakey import chromakey
from transforms.matting import Matte
from transforms.picture import Picture
from transforms.presence import presence

LEAST_PICTURE, LEAST_BORDER = 0.02, 0.1
"""The shares of `presence` of which one must be reached. Low: what `similarity` keys is the user's own affair."""

THRESHOLD = 0.5


class FfmpegKeyer:
    """`similarity` and `blend` mean what the filter means by them. No spill is taken out: the filter takes none."""

    def __init__(self, color: Color, *, similarity: float, blend: float) -> None:
        self.color = color
        self.key = key_of(color)
        self.similarity = similarity
        self.blend = blend
        self._alpha = np.empty((0, 0), np.uint8)
        self._distances = self._line = np.empty(0, np.float32)

    def matte(self, picture: Picture, time: float) -> Matte:
        """Alpha of the luma's size, from this picture alone."""
        if self._alpha.shape != picture.y.rows.shape:
            self._alpha = np.empty(picture.y.rows.shape, np.uint8)
            columns, rows = picture.size.chroma
            self._distances = np.empty(columns * rows, np.float32)
            self._line = np.empty(3 * columns + 1, np.float32)
        cb, cr = picture.cb, picture.cr
        alpha = self._alpha.reshape(-1)
        planes = (cb.samples, cr.samples, cb.stride)
        chromakey(*planes, *picture.size, *self.key, self.similarity, self.blend, self._distances, self._line, alpha)
        seen = presence(self._alpha)
        confidence = min(1.0, THRESHOLD * max(seen.picture / LEAST_PICTURE, seen.border / LEAST_BORDER))
        reason = f"no screen of {self.color}" if confidence < THRESHOLD else None
        return Matte(self._alpha, None, confidence, THRESHOLD, reason)

    def close(self) -> None:
        """Nothing is held."""


def key_of(color: Color) -> tuple[int, int]:
    """The filter's (u, v) of an sRGB colour."""
    red, green, blue = color.red, color.green, color.blue
    u = -_fixed(0.16874) * red - _fixed(0.33126) * green + _fixed(0.5) * blue
    v = _fixed(0.5) * red - _fixed(0.41869) * green - _fixed(0.08131) * blue
    return (u + 511 >> 10) + 128, (v + 511 >> 10) + 128


def _fixed(share: float) -> int:
    return round(share * 1024)

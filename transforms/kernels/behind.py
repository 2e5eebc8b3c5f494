"""What lies behind a person whose own colours and alpha are known, pixel by pixel."""

from __future__ import annotations

import numpy as np
from numba import float32, int64, types, void

from transforms.kernels.compile import READ, WRITE, Levels, Samples, kernel

LEVELS_READ = types.Array(float32, 1, "C", readonly=True)

LEAST, MOST = np.float32(0.004), np.float32(0.95)
"""Alpha: of less, and of more, a pixel is taken to be what is behind, for it is, or hardly matters."""

ZERO, HALF, UNITY, WHITE = np.float32(0), np.float32(0.5), np.float32(1), np.float32(255)
CHANNELS = np.uint64(3)


@kernel(void(READ, LEVELS_READ, LEVELS_READ, int64, int64, int64, float32, WRITE))
def see_behind(
    rgb: Samples,
    alpha: Levels,
    colors: Levels,
    first: int,
    channel_step: int,
    pixel_step: int,
    scale: np.float32,
    behind: Samples,
) -> None:
    """Write `behind`, interleaved R'G'B' as `rgb` is: `(rgb - alpha * color) / (1 - alpha)` where both are seen.

    `colors` are 0..1 times `scale`; pixel p has its red at `first + p * pixel_step`, green and blue `channel_step`
    further each.
    """
    for pixel in range(np.uint64(len(alpha))):
        share = alpha[pixel]
        is_mixed = LEAST < share < MOST
        for channel in range(CHANNELS):
            place = pixel * CHANNELS + channel
            value = rgb[place]
            if is_mixed:
                color = colors[first + np.int64(channel) * channel_step + np.int64(pixel) * pixel_step] * scale
                own = WHITE * min(max(color, ZERO), UNITY)
                left = (np.float32(value) - share * own) / (UNITY - share)
                value = np.uint8(np.int32(min(max(left, ZERO), WHITE) + HALF))
            behind[place] = value

"""From RGB to planar Y'CbCr 4:2:0 in floating point: for what is converted once (backgrounds, drawings), not per frame.

A still background is looked at for an hour: the arithmetic is exact to half a level and the chroma sits where a decoder
will look for it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transforms.picture import LUMA_WEIGHTS, Matrix, Picture, Plane


def ycbcr_from_rgb(rgb: NDArray[np.float32], *, matrix: Matrix, full_range: bool) -> NDArray[np.float32]:
    """Convert (..., 3) R'G'B' of 0..255 to (..., 3) Y'CbCr of the 8-bit scale, not yet rounded, chroma about 128."""
    kr, kb = LUMA_WEIGHTS[matrix]
    luma_span, chroma_span = (255.0, 255.0) if full_range else (219.0, 224.0)
    red, green, blue = (rgb[..., channel] / np.float32(255) for channel in range(3))
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    y = luma * luma_span + (0.0 if full_range else 16.0)
    cb = (blue - luma) / (2 * (1 - kb)) * chroma_span + 128
    cr = (red - luma) / (2 * (1 - kr)) * chroma_span + 128
    return np.stack((y, cb, cr), axis=-1).astype(np.float32)


def picture_from_rgb(rgb: NDArray[np.uint8], *, matrix: Matrix, full_range: bool) -> Picture:
    """Convert (H, W, 3) R'G'B' to a picture of its own memory; odd sizes keep their last column and row."""
    ycbcr = ycbcr_from_rgb(rgb.astype(np.float32), matrix=matrix, full_range=full_range)
    y, cb, cr = (ycbcr[..., channel] for channel in range(3))
    return Picture(_plane(y), _plane(halve_chroma(cb)), _plane(halve_chroma(cr)), matrix, full_range)


def halve_chroma(chroma: NDArray[np.float32]) -> NDArray[np.float32]:
    """Filter (H, W) to (ceil(H/2), ceil(W/2)) with MPEG-2's siting: on the even column, between the two rows.

    The taps 1 2 1 across and 1 1 down are centred where the sample sits, so the colour does not move (H.264 Annex E,
    chroma_sample_loc_type 0, what every decoder assumes where nothing is said).
    """
    right = np.concatenate((chroma[:, 1:], chroma[:, -1:]), axis=1)
    left = np.concatenate((chroma[:, :1], chroma[:, :-1]), axis=1)
    across = ((left + right) * 0.25 + chroma * 0.5)[:, ::2]
    below = across[1::2]
    if len(across) % 2:
        below = np.concatenate((below, across[-1:]))
    return ((across[::2] + below) * 0.5).astype(np.float32)


def _plane(values: NDArray[np.float32]) -> Plane:
    samples = np.clip(values + np.float32(0.5), 0, 255).astype(np.uint8)
    height, width = samples.shape
    return Plane(samples=samples.reshape(-1), stride=width, width=width, height=height)

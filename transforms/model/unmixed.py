"""What lies behind the person, where a model tells the person's own colours.

A picture is `alpha * foreground + (1 - alpha) * behind`. A model that estimates alpha and foreground so says what is
behind: taken out of the picture at its full resolution, in its share, it leaves the person as sharp as the camera saw
them, and not as blurred as the model draws them.
"""

from __future__ import annotations

from dataclasses import replace

import av
import numpy as np
from numpy.typing import NDArray

from transforms.picture import Matrix, Picture

LEAST_SHARE = 0.05
"""Of what is behind in a sample: under it the sample tells nothing about it, and it hardly matters."""


def background_seen(
    rgb: NDArray[np.uint8], alpha: NDArray[np.float32], foreground: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """What is behind, (rows, columns, 3) sRGB; where nothing of it is seen, the picture itself.

    `rgb`, `alpha` 0..1 and `foreground` 0..1 are of the same rows and columns.
    """
    share = 1 - alpha[:, :, None]
    left = rgb - foreground * (255 * alpha[:, :, None])
    behind = np.where(share > LEAST_SHARE, left / np.maximum(share, LEAST_SHARE), rgb)
    clipped: NDArray[np.uint8] = np.clip(behind + 0.5, 0, 255).astype(np.uint8)
    return clipped


def as_picture_like(picture: Picture, rgb: NDArray[np.uint8]) -> Picture:
    """(rows, columns, 3) sRGB, stretched over a picture of the size, matrix and range of `picture`."""
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), "rgb24")
    stretched = frame.reformat(
        picture.size.width,
        picture.size.height,
        "yuv420p",
        dst_colorspace="ITU709" if picture.matrix is Matrix.BT709 else "ITU601",
        dst_color_range="JPEG" if picture.full_range else "MPEG",
        interpolation="BILINEAR",
    )
    return replace(Picture.of(stretched), matrix=picture.matrix, full_range=picture.full_range)

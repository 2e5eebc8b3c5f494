"""What lies behind the person, where a model tells the person's own colours.

A picture is `alpha * foreground + (1 - alpha) * behind`. A model that estimates alpha and foreground so says what is
behind: taken out of the picture at its full resolution, in its share, it leaves the person as sharp as the camera saw
them, and not as blurred as the model draws them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from transforms.kernels.behind import see_behind
from transforms.model.spec import ForegroundOutput, PictureInput
from transforms.picture import Matrix, Picture


def behind_person(
    rgb: NDArray[np.uint8],
    alpha: NDArray[np.float32],
    foreground: ForegroundOutput,
    shown_as: PictureInput,
    answers: Mapping[str, NDArray[Any]],
) -> NDArray[np.uint8]:
    """What is behind, (rows, columns, 3) sRGB; where nothing of it is seen, the picture itself.

    `rgb` is what the model was shown, `alpha` 0..1 what it answered, of the same rows and columns as its foreground.
    """
    colors = np.ascontiguousarray(answers[foreground.name], np.float32).reshape(-1)
    channel_step, pixel_step = (alpha.size, 1) if shown_as.layout == "nchw" else (1, 3)
    first, step = (0, channel_step) if shown_as.color == "rgb" else (2 * channel_step, -channel_step)
    behind = np.empty_like(rgb)
    places = (first, step, pixel_step, np.float32(foreground.scale))
    see_behind(np.ascontiguousarray(rgb).reshape(-1), alpha.reshape(-1), colors, *places, behind.reshape(-1))
    return behind


class Stretching:
    """Small sRGB pictures made large, at the size, matrix and range of those around them."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def like(self, picture: Picture, rgb: NDArray[np.uint8]) -> Picture:
        """(rows, columns, 3) sRGB, stretched over a picture of the size, matrix and range of `picture`."""
        stretched = self._reformatter.reformat(
            av.VideoFrame.from_ndarray(rgb, "rgb24"),
            picture.size.width,
            picture.size.height,
            "yuv420p",
            dst_colorspace=int(Colorspace.ITU709 if picture.matrix is Matrix.BT709 else Colorspace.ITU601),
            dst_color_range=int(ColorRange.JPEG if picture.full_range else ColorRange.MPEG),
            interpolation=int(Interpolation.BILINEAR),
        )
        return replace(Picture.of(stretched), matrix=picture.matrix, full_range=picture.full_range)

"""A picture over a background through a matte."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transforms.kernels import composite as kernels
from transforms.matting import Matte, ScreenColor
from transforms.picture import Picture, Size

_NO_SCREEN = ScreenColor(np.empty((3, 0, 0), np.float32))


def composite(picture: Picture, background: Picture, matte: Matte, out: Picture) -> None:
    """Write `picture` over `background` into `out`; all of one size, matrix and range.

    Where alpha is 0 the background comes out byte for byte, where it is 255 the picture.

    Raises:
        ValueError: sizes, or how the samples are to be read, differ.
    """
    for other in (background, out):
        if (other.size, other.matrix, other.full_range) != (picture.size, picture.matrix, picture.full_range):
            raise ValueError(f"{_described(other)} does not fit a picture of {_described(picture)}")
    factors = _factors(matte.alpha, picture.size)
    alpha = np.ascontiguousarray(matte.alpha).reshape(-1)
    height, width = matte.alpha.shape
    kinds = np.empty(height * (-(-width // kernels.BLOCK)), np.uint8)
    kernels.sort_blocks(alpha, width, height, kinds)
    ranges = _range_of_colors(picture.full_range, screened=matte.screen is not None)
    grid = (matte.screen or _NO_SCREEN).grid
    planes = zip(picture.planes, background.planes, factors, grid, ranges, out.planes, strict=True)
    for person, behind, factor, light, (zero, least, most), result in planes:
        kernels.composite_plane(
            person.samples,
            person.stride,
            behind.samples,
            behind.stride,
            alpha,
            width,
            height,
            factor,
            kinds,
            light,
            zero,
            least,
            most,
            result.samples,
            result.stride,
            result.width,
            result.height,
        )


def draw_alpha(matte: Matte, out: Picture) -> None:
    """Write alpha itself into `out`, which is of full range: 0 background to 255 foreground, without colour.

    Raises:
        ValueError: alpha is of another size.
    """
    height, width = matte.alpha.shape
    factor, _, _ = _factors(matte.alpha, out.size)
    y = out.y
    alpha = np.ascontiguousarray(matte.alpha).reshape(-1)
    kernels.draw(alpha, width, height, factor, y.samples, y.stride, y.width, y.height)
    out.cb.rows[:] = out.cr.rows[:] = 128


def _factors(alpha: NDArray[np.uint8], size: Size) -> tuple[int, int, int]:
    """How alpha reaches the luma and the two chroma planes."""
    height, width = alpha.shape
    if Size(width, height) == size:
        down = kernels.SAME if size == size.chroma else kernels.DOWN
        return kernels.SAME, down, down
    if Size(width, height) == size.chroma:
        return kernels.UP, kernels.SAME, kernels.SAME
    raise ValueError(f"alpha of {width}x{height} does not fit a picture of {size.width}x{size.height}")


def _range_of_colors(full_range: bool, *, screened: bool) -> tuple[tuple[float, float, float], ...]:
    """(zero, least, most) of each plane: where levels count from, and between what they lie, counted so.

    Luma counts from 0 and colours begin at black; without a screen nothing is taken out, and nothing need be clipped.
    """
    black = 16.0 if screened and not full_range else 0.0
    chroma = (128.0, -128.0, 127.0)
    return (0.0, black, 255.0), chroma, chroma


def _described(picture: Picture) -> str:
    size = picture.size
    return f"{size.width}x{size.height} {picture.matrix.value} {'full' if picture.full_range else 'limited'} range"

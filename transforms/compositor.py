"""A picture over a background through a matte."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transforms.kernels import composite as kernels
from transforms.matting import Matte, ScreenColor, hat
from transforms.picture import Picture, Size

_NO_SCREEN = ScreenColor(np.empty((3, 0, 1), np.float32))


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
    grid = (matte.screen or _NO_SCREEN).grid
    blacks = (0 if picture.full_range or matte.screen is None else 16, 0, 0)
    scratch = _scratch(picture.size.width)
    planes = zip(picture.planes, background.planes, factors, grid, blacks, out.planes, strict=True)
    for person, behind, factor, cells, black, result in planes:
        kernels.composite_plane(
            person.samples,
            person.stride,
            behind.samples,
            behind.stride,
            alpha,
            width,
            height,
            factor,
            cells @ hat(cells.shape[1], result.width),
            np.uint16(black),
            *scratch,
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
    kernels.draw(alpha, width, height, factor, *_scratch(y.width)[1:], y.samples, y.stride, y.width, y.height)
    out.cb.rows[:] = out.cr.rows[:] = 128


def _scratch(width: int) -> tuple[NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint32]]:
    """The kernels' room for one row: light, alpha, and alpha two by two."""
    pairs = np.empty((width + 1) // 2, np.uint32)
    return np.empty(width, np.uint16), pairs.view(np.uint16), pairs


def _factors(alpha: NDArray[np.uint8], size: Size) -> tuple[int, int, int]:
    """How alpha reaches the luma and the two chroma planes."""
    height, width = alpha.shape
    if Size(width, height) == size:
        down = kernels.SAME if size == size.chroma else kernels.DOWN
        return kernels.SAME, down, down
    if Size(width, height) == size.chroma:
        return kernels.UP, kernels.SAME, kernels.SAME
    raise ValueError(f"alpha of {width}x{height} does not fit a picture of {size.width}x{size.height}")


def _described(picture: Picture) -> str:
    size = picture.size
    return f"{size.width}x{size.height} {picture.matrix.value} {'full' if picture.full_range else 'limited'} range"

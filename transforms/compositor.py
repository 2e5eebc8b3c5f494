"""A picture over a background through a matte."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transforms.kernels import composite as kernels
from transforms.kernels.stretch import stretch
from transforms.matting import Matte, ScreenColor
from transforms.picture import Picture, Plane, Size

_NOTHING: NDArray[np.uint8] = np.empty(0, np.uint8)
_NO_PLANE = Plane(_NOTHING, 0, 0, 0)
_NO_GRID: NDArray[np.float32] = np.empty((3, 0, 1), np.float32)


@dataclass(frozen=True, slots=True)
class Edged:
    """An alpha to show that is not the matte's own, both of the luma's shape.

    `own`: the alpha by which the foreground and the screen are mixed in the picture. `person`: float32 (3, rows,
    columns), the person's colours on a coarse grid as `ScreenColor`'s, shown where alpha is greater than its own
    because it was softened; None where no screen is known or nothing was softened.
    """

    alpha: NDArray[np.uint8]
    own: NDArray[np.uint8]
    person: NDArray[np.float32] | None = None


def composite(
    picture: Picture,
    background: Picture,
    matte: Matte,
    out: Picture,
    *,
    edged: Edged | None = None,
    despill: float = 1.0,
) -> None:
    """Write `picture` over `background` into `out`; all of one size, matrix and range, and so is a screen of pictures.

    Where alpha is 0 the background comes out byte for byte, where it is 255 the picture. `edged`: shown instead of
    the matte's alpha. `despill`, 0..1: the share of the screen's light that is taken out where alpha is under 255. With
    1 what remains is the person's own light, as far as the screen is known; with 0 the picture is laid over the
    background at alpha as it is; between, a mixture of the two, never brighter than the brighter. Nothing is taken out
    where the matte knows no screen.

    Raises:
        ValueError: sizes, or how the samples are to be read, differ.
    """
    plate = matte.screen if isinstance(matte.screen, Picture) else None
    for other in (background, out, plate or out):
        if (other.size, other.matrix, other.full_range) != (picture.size, picture.matrix, picture.full_range):
            raise ValueError(f"{_described(other)} does not fit a picture of {_described(picture)}")
    shown = edged.alpha if edged is not None else matte.alpha
    factors = _factors(shown, picture.size)
    own, changed = _own(edged, picture.size)
    height, width = shown.shape
    alpha = np.ascontiguousarray(shown).reshape(-1)
    screen = matte.screen.grid if isinstance(matte.screen, ScreenColor) else _NO_GRID
    plates = plate.planes if plate is not None else (_NO_PLANE,) * 3
    person = edged.person if edged is not None and edged.person is not None else _NO_GRID
    blacks = (0 if picture.full_range or matte.screen is None else 16, 0, 0)
    taken = np.uint16(round(256 * despill))
    scratch = _scratch(picture.size.width)
    planes = zip(picture.planes, background.planes, factors, screen, plates, person, blacks, out.planes, strict=True)
    for sample, behind, factor, cells, known, beyond, black, result in planes:
        kernels.composite_plane(
            sample.samples,
            sample.stride,
            behind.samples,
            behind.stride,
            alpha,
            width,
            height,
            factor,
            own,
            changed,
            _across(cells, result.width),
            known.samples,
            known.stride,
            _across(beyond, result.width),
            taken,
            np.uint16(black),
            *scratch,
            result.samples,
            result.stride,
            result.width,
            result.height,
        )


def _own(edged: Edged | None, size: Size) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The alpha by which the picture is mixed, where it is another than the one shown, and where that is."""
    if edged is None:
        return _NOTHING, np.empty((0, 0), np.uint8)
    for alpha in (edged.alpha, edged.own):
        if alpha.shape != (size.height, size.width):
            raise ValueError(f"an edge of {alpha.shape[1]}x{alpha.shape[0]} does not fit {size.width}x{size.height}")
    own = np.ascontiguousarray(edged.own).reshape(-1)
    changed = np.empty((-(-size.height // kernels.BAND), -(-size.width // int(kernels.CHUNK))), np.uint8)
    kernels.compare(np.ascontiguousarray(edged.alpha).reshape(-1), own, *size, np.empty(size.width, np.uint8), changed)
    return own, changed


def _across(cells: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """A grid's rows stretched over the width of a plane."""
    stretched = np.empty((len(cells), width), np.float32)
    stretch(cells, stretched)
    return stretched


def full_size(alpha: NDArray[np.uint8], size: Size, out: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A matte's alpha at luma's size: itself, or interpolated into `out` (H, W) as the composite would.

    Raises:
        ValueError: alpha is of another size.
    """
    factor, _, _ = _factors(alpha, size)
    flat = np.ascontiguousarray(alpha)
    if factor == kernels.SAME:
        return flat
    height, width = alpha.shape
    _, eighths, pairs = _scratch(size.width)
    kernels.draw(flat.reshape(-1), width, height, factor, eighths, pairs, out.reshape(-1), size.width, *size)
    return out


def chroma_alpha(alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Where chroma is mixed: what the composite makes of an alpha (H, W) of luma's size."""
    height, width = alpha.shape
    size = Size(width, height).chroma
    out = np.empty((size.height, size.width), np.uint8)
    factor = _factors(alpha, Size(width, height))[1]
    _, eighths, pairs = _scratch(width)
    flat = np.ascontiguousarray(alpha).reshape(-1)
    kernels.draw(flat, width, height, factor, eighths, pairs, out.reshape(-1), size.width, *size)
    return out


def draw_alpha(matte: Matte, out: Picture) -> None:
    """Write alpha itself into `out`, which is of full range: 0 background to 255 foreground, without colour.

    Raises:
        ValueError: alpha is of another size.
    """
    height, width = matte.alpha.shape
    factor, _, _ = _factors(matte.alpha, out.size)
    y = out.y
    alpha = np.ascontiguousarray(matte.alpha).reshape(-1)
    _, eighths, pairs = _scratch(y.width)
    kernels.draw(alpha, width, height, factor, eighths, pairs, y.samples, y.stride, y.width, y.height)
    out.cb.rows[:] = out.cr.rows[:] = 128


def _scratch(width: int) -> tuple[NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint32]]:
    """The kernels' room for one row: light and what becomes of it, alpha, and alpha two by two."""
    pairs = np.empty((2, width // 2 + 1), np.uint32)
    return np.empty((5, width), np.uint16), pairs.view(np.uint16), pairs


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

"""What `transforms.kernels.unmix` computes, in plain numpy and double precision."""

from __future__ import annotations

import numpy as np

from tests.twins.composite import Floats

ORDER = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))


def covariance(moments: Floats) -> Floats:
    """3x3, of nine moments."""
    out = np.zeros((3, 3))
    for (a, b), product in zip(ORDER, moments[3:], strict=True):
        value = product - moments[a] * moments[b]
        out[a, b] = out[b, a] = max(value, 0) if a == b else value
    return out


def affine(
    person: Floats,
    screen: Floats,
    *,
    noise: tuple[float, float],
    deviations: tuple[float, float],
    margins: tuple[float, float],
    steeper: float,
) -> Floats:
    """The four coefficients of a cell from nine moments each; `steeper`: the factor for its distance.

    The screen's deviations count with the noise, the person's without.
    """
    between = person[:3] - screen[:3]
    own = np.diag((noise[0], noise[1], noise[1]))
    spreads = [covariance(side) for side in (screen, person)]
    mean = sum(spreads) / 2 + own
    weighted = np.linalg.solve(mean, between)
    g = weighted / max(float(weighted @ between), 0.5)
    low, high = (
        np.clip(times * np.sqrt(max(float(g @ spread @ g), 0)), least, 0.45)
        for spread, times, least in zip((spreads[0] + own, spreads[1]), deviations, margins, strict=True)
    )
    scale = steeper / (1 - high - low)
    return np.array((*g * scale, (-float(g @ screen[:3]) - low) * scale))


def raised(chroma: Floats, width: int, height: int) -> Floats:
    """Chroma at luma's samples: sited in the middle of four, 3/4 and 1/4 either way."""
    padded = np.pad(chroma, 1, mode="edge")
    own, above, below = padded[1:-1], padded[:-2], padded[2:]
    rows = np.stack((0.75 * own + 0.25 * above, 0.75 * own + 0.25 * below), axis=1).reshape(-1, padded.shape[1])
    here, left, right = rows[:, 1:-1], rows[:, :-2], rows[:, 2:]
    out = np.stack((0.75 * here + 0.25 * left, 0.75 * here + 0.25 * right), axis=2).reshape(len(rows), -1)
    return out[:height, :width]


def stretched(field: Floats, size: int, width: int, height: int) -> Floats:
    """A field of cells of `size` luma samples at every sample: bilinear between the cells' centres, level beyond."""
    rows, columns = field.shape
    down = np.clip((np.arange(height) + 0.5) / size - 0.5, 0, rows - 1)
    across = np.clip((np.arange(width) + 0.5) / size - 0.5, 0, columns - 1)
    narrow = np.stack([np.interp(down, np.arange(rows), column) for column in field.T], axis=1)
    return np.stack([np.interp(across, np.arange(columns), row) for row in narrow])


def alpha(y: Floats, cb: Floats, cr: Floats, fields: Floats, cell: int) -> Floats:
    """0..1 before the screen is set to 0. `fields`: (4, rows, columns), of cells of `cell` chroma samples."""
    height, width = y.shape
    g = [_doubled(stretched(field, cell, *cb.shape[::-1]), width, height) for field in fields]
    blue, red = (raised(plane - 128, width, height) for plane in (cb, cr))
    return np.clip(g[0] * (y - 128) + g[1] * blue + g[2] * red + g[3], 0, 1)


def weights(person: Floats, *, noise: tuple[float, float], is_core: bool) -> Floats:
    """The weights of Y, Cb and Cr, and the person's mean colour, of its nine moments."""
    variances = np.diag(covariance(person)) / 2 + (noise[0], noise[1], noise[1])
    return np.concatenate((np.zeros(3) if is_core else 1 / variances, person[:3]))


def alpha_before(
    picture: list[Floats],
    behind: list[Floats],
    fields: Floats,
    rough: Floats,
    *,
    cell: int,
    belief: float,
    margins: tuple[float, float],
) -> Floats:
    """0..1 before a background known sample by sample. `fields`: (6, rows, columns); `rough`: chroma's size.

    `rough` counts from 0 to 200, where it is 1, as `belief` squared deviations do, and from there on more.
    """
    height, width = picture[0].shape
    chroma = picture[1].shape[::-1]
    f = np.array([_doubled(stretched(field, cell, *chroma), width, height) for field in fields])
    seen, bare = (
        np.array((planes[0] - 128, *(raised(plane - 128, width, height) for plane in planes[1:])))
        for planes in (picture, behind)
    )
    apart = f[3:] - bare
    along, length = (f[:3] * apart * (seen - bare)).sum(axis=0), (f[:3] * apart * apart).sum(axis=0)
    told = _doubled(belief * (1 + 0.36 * np.maximum(rough - 200, 0)), width, height)
    level = (along + told * _doubled(np.minimum(rough / 200, 1), width, height)) / (length + told)
    out: Floats = np.clip((level - margins[0]) / (1 - sum(margins)), 0, 1)
    return out


def _doubled(field: Floats, width: int, height: int) -> Floats:
    return np.repeat(np.repeat(field, 2, 0), 2, 1)[:height, :width]

"""How the blocks of a small picture have moved since another, and a plane moved with them.

Each block's displacement is sought by its sum of absolute differences, from a few likely ones on (its own as found for
the picture before, its neighbours', none) downhill by ever smaller steps: the predictive search of video encoders
(Tourapis 2002, "Enhanced predictive zonal search"). Blocks overlap, so that an edge is seen from both of its sides.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float32, int64, types, void
from numpy.typing import NDArray

from transforms.kernels.compile import READ, WRITE, Levels, Samples, at, inlined, kernel

PITCH = 8
"""Small samples between the middles of neighbouring blocks."""

SIDE = 16
"""Small samples along a block."""

FIRST_STEP = 4
"""Small samples of the first steps downhill: at 90 lines, a twentieth of the picture."""

_LEVELS = types.Array(types.float32, 1, "C")
_LEVELS_READ = types.Array(types.float32, 1, "C", readonly=True)
_SUMS = types.Array(types.uint32, 1, "C")
_SHORTS = types.Array(types.int16, 1, "C")


@kernel(void(READ, int64, int64, int64, int64, _SUMS, WRITE))
def shrink(
    samples: Samples, stride: int, factor: int, columns: int, rows: int, sums: NDArray[np.uint32], out: Samples
) -> None:
    """The mean of each `factor` by `factor` samples: `out` (rows * columns). Scratch: `sums` (columns * factor)."""
    area = factor * factor
    for row in range(rows):
        for x in range(np.uint64(columns * factor)):
            sums[x] = 0
        for y in range(row * factor, (row + 1) * factor):
            of = at(stride, y, 0)
            for x in range(np.uint64(columns * factor)):
                sums[x] += samples[of + x]
        for column in range(columns):
            total = 0
            for x in range(column * factor, (column + 1) * factor):
                total += sums[x]
            out[row * columns + column] = (total + area // 2) // area


@inlined
def _difference(
    now: Samples, then: Samples, columns: int, x: int, y: int, wide: int, high: int, dx: int, dy: int
) -> Any:
    """The sum of absolute differences between the block at (x, y) and what lies `dx`, `dy` from there in `then`."""
    total = np.int32(0)
    for row in range(y, y + high):
        one, other = at(columns, row, x), at(columns, row + dy, x + dx)
        for i in range(np.uint64(wide)):
            total += np.int32(abs(np.int16(now[one + i]) - np.int16(then[other + i])))
    return total


@inlined
def _fraction(before: Any, least: Any, after: Any) -> Any:
    """Where between two neighbours a V through all three has its point: -0.5..0.5 from the least."""
    drop = max(before, after) - least
    return np.float32(before - after) / np.float32(2 * drop) if drop > 0 else np.float32(0)


@kernel(void(READ, READ, int64, int64, int64, int64, int64, _SHORTS, _LEVELS, _LEVELS))
def block_motion(
    now: Samples,
    then: Samples,
    columns: int,
    rows: int,
    across: int,
    down: int,
    reach: int,
    whole: NDArray[np.int16],
    vectors: Levels,
    unlike: Levels,
) -> None:
    """Where each block of `now` was in `then`, in small samples to the right and down, to a fraction.

    `across` by `down` blocks; `whole` (2 * blocks) holds what was found for the picture before, in whole samples, and
    gets what is found for this; `vectors` (2 * blocks): x of each, then y. None is longer than about `reach` each way.
    `unlike` (blocks): by how many levels a sample differs from the one it is said to have been.
    """
    blocks = across * down
    wide, high = min(SIDE, columns), min(SIDE, rows)
    noise = wide * high  # a level for each sample: nothing has moved there, and no move is worth less
    for block in range(blocks):
        i, j = block % across, block // across
        x = min(max(i * PITCH + (PITCH - SIDE) // 2, 0), columns - wide)
        y = min(max(j * PITCH + (PITCH - SIDE) // 2, 0), rows - high)
        left, right = max(-reach, -x), min(reach, columns - wide - x)
        up, low = max(-reach, -y), min(reach, rows - high - y)
        best_x, best_y = 0, 0
        best = _difference(now, then, columns, x, y, wide, high, 0, 0)
        fx, fy, least = np.float32(0), np.float32(0), best
        if best > noise:
            for near in range(3):
                other = block if near == 0 else block - 1 if near == 1 and i > 0 else block - across if j > 0 else block
                dx = min(max(int(whole[other]), left), right)
                dy = min(max(int(whole[blocks + other]), up), low)
                cost = _difference(now, then, columns, x, y, wide, high, dx, dy) + noise
                if cost < best:
                    best, best_x, best_y = cost, dx, dy
            step = FIRST_STEP
            while step > 0:
                from_x, from_y, was = best_x, best_y, best
                for side in range(4):
                    dx = from_x + (step if side == 0 else -step if side == 1 else 0)
                    dy = from_y + (step if side == 2 else -step if side == 3 else 0)
                    if left <= dx <= right and up <= dy <= low:
                        cost = _difference(now, then, columns, x, y, wide, high, dx, dy) + noise
                        if cost < best:
                            best, best_x, best_y = cost, dx, dy
                if best == was:
                    step //= 2
            least = _difference(now, then, columns, x, y, wide, high, best_x, best_y)
            if left < best_x < right:
                before = _difference(now, then, columns, x, y, wide, high, best_x - 1, best_y)
                fx = _fraction(before, least, _difference(now, then, columns, x, y, wide, high, best_x + 1, best_y))
            if up < best_y < low:
                before = _difference(now, then, columns, x, y, wide, high, best_x, best_y - 1)
                fy = _fraction(before, least, _difference(now, then, columns, x, y, wide, high, best_x, best_y + 1))
        whole[block], whole[blocks + block] = best_x, best_y
        vectors[block], vectors[blocks + block] = np.float32(best_x) + fx, np.float32(best_y) + fy
        unlike[block] = np.float32(least) / np.float32(noise)


@inlined
def _moved(plane: Samples, width: int, height: int, x: Any, y: Any) -> Any:
    """The plane at a place between samples, linearly; edges are repeated. It is at least 2 by 2."""
    x = min(max(x, np.float32(0)), np.float32(width - 1))
    y = min(max(y, np.float32(0)), np.float32(height - 1))
    left, top = min(int(x), width - 2), min(int(y), height - 2)
    s, t = x - np.float32(left), y - np.float32(top)
    upper, lower = at(width, top, left), at(width, top + 1, left)
    one = np.uint64(1)
    above = np.float32(plane[upper]) + s * (np.float32(plane[upper + one]) - np.float32(plane[upper]))
    below = np.float32(plane[lower]) + s * (np.float32(plane[lower + one]) - np.float32(plane[lower]))
    return np.uint8(above + t * (below - above) + np.float32(0.5))


@kernel(void(READ, int64, int64, _LEVELS_READ, int64, int64, float32, float32, WRITE))
def move_with(
    plane: Samples,
    width: int,
    height: int,
    vectors: Levels,
    across: int,
    down: int,
    scale_x: float,
    scale_y: float,
    out: Samples,
) -> None:
    """Fetch each sample from where it was: `out` (height * width) of `plane`, the same, at least 2 by 2.

    `vectors`: as `block_motion` gives them for the same field of view, at least 2 by 2 blocks; between their middles
    they are interpolated. `scale_x`, `scale_y`: samples of the plane per small sample.
    """
    blocks = across * down
    half = np.float32(0.5)
    pitch_x, pitch_y = scale_x * np.float32(PITCH), scale_y * np.float32(PITCH)
    for y in range(height):
        place = min(max((np.float32(y) + half) / pitch_y - half, np.float32(0)), np.float32(down - 1))
        j = min(int(place), down - 2)
        v = place - np.float32(j)
        end = 0
        for i in range(across - 1):
            start = end
            end = width if i == across - 2 else min(int((np.float32(i) + np.float32(1.5)) * pitch_x + half), width)
            of = j * across + i
            x0 = scale_x * (vectors[of] + v * (vectors[of + across] - vectors[of]))
            x1 = scale_x * (vectors[of + 1] + v * (vectors[of + across + 1] - vectors[of + 1]))
            of += blocks
            y0 = scale_y * (vectors[of] + v * (vectors[of + across] - vectors[of]))
            y1 = scale_y * (vectors[of + 1] + v * (vectors[of + across + 1] - vectors[of + 1]))
            if x0 == 0 and x1 == 0 and y0 == 0 and y1 == 0:
                row = at(width, y, 0)
                for x in range(np.uint64(start), np.uint64(end)):
                    out[row + x] = plane[row + x]
                continue
            for x in range(start, end):
                u = (np.float32(x) + half) / pitch_x - half - np.float32(i)
                u = min(max(u, np.float32(0)), np.float32(1))
                dx, dy = x0 + u * (x1 - x0), y0 + u * (y1 - y0)
                out[y * width + x] = _moved(plane, width, height, np.float32(x) + dx, np.float32(y) + dy)

"""What `transforms.kernels.outline` tells apart, in plain Python: sets of cells that hang together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Cell = tuple[int, int]
SCREEN, PERSON, BEYOND, RIM = range(4)


def labels(
    foreground: NDArray[np.bool_], *, known: NDArray[np.bool_], upper: int, rim: int = 2, shortest: int = 8
) -> NDArray[np.int64]:
    """(rows, columns) of SCREEN, PERSON, BEYOND or RIM. `known`: where the screen was seen of late."""
    rows, columns = foreground.shape
    out = np.where(foreground, -1, SCREEN)
    for turned in (out, out[:, ::-1], out.T):
        _mark_rim(turned, rim, shortest)
    patches = list(_patches(out == -1))
    standing = [patch for patch in patches if any(row == rows - 1 for row, _ in patch)]
    person = max(standing or patches, key=len, default=set())
    traits = []
    for patch in patches:
        edges = [
            any(row == 0 for row, _ in patch),
            any(column == 0 and row < upper for row, column in patch),
            any(column == columns - 1 and row < upper for row, column in patch),
        ]
        traits.append(edges)
    room = any(
        edges[0] and (edges[1] or edges[2] or len(patch) > 0.016 * rows * columns)
        for patch, edges in zip(patches, traits, strict=True)
        if patch is not person
    )
    for patch, edges in zip(patches, traits, strict=True):
        mostly_known = 2 * sum(known[cell] for cell in patch) > len(patch)
        is_guest = len(patch) > 0.4 * len(person)
        is_part = not any(edges) or (patch in standing and not edges[0]) or (sum(edges) == 1 and mostly_known)
        is_wall = edges[0] and (edges[1] or edges[2] or len(patch) > 0.016 * rows * columns)
        is_part = is_part and (is_guest or not room) and not is_wall
        for cell in patch:
            out[cell] = PERSON if patch is person or is_part else BEYOND
    return out


def _mark_rim(out: NDArray[np.int64], rim: int, shortest: int) -> None:
    """Along the left, of rows in which no more than `rim` cells lie before the screen, `shortest` or more in a row."""
    depths = [next((depth for depth in range(min(rim + 1, len(row))) if row[depth] == SCREEN), 0) for row in out]
    run: list[int] = []
    for row, depth in enumerate([*depths, 0]):
        if depth:
            run.append(row)
            continue
        if len(run) >= shortest:
            for within in run:
                out[within, : depths[within]] = RIM
        run = []


def _patches(foreground: NDArray[np.bool_]) -> Iterator[set[Cell]]:
    """What hangs together, corner to corner too, in the order of its first cell."""
    left = {(int(row), int(column)) for row, column in np.argwhere(foreground)}
    for first in sorted(left):
        if first not in left:
            continue
        patch, edge = {first}, [first]
        left.discard(first)
        for row, column in edge:
            beside = {(row + y, column + x) for y in (-1, 0, 1) for x in (-1, 0, 1)} & left
            left -= beside
            patch |= beside
            edge.extend(beside)
        yield patch

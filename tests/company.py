"""Who may be before a camera: nobody, one caller, a crowd, half a face; each picture with its true alpha."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from transforms.picture import Matrix, Picture, Size
from transforms.rgb import halve_chroma
from transforms.sample import SampleCaller
from transforms.sample.scenery import EVEN, scene

SIZE = Size(320, 240)

Truth = NDArray[np.uint8]
Shot = tuple[Picture, Truth]
Levels = NDArray[np.float32]
"""Y, Cb, Cr of each sample of luma: (3, height, width)."""


def picture(levels: Levels) -> Picture:
    drawn = Picture.blank(SIZE, matrix=Matrix.BT601, full_range=False)
    planes = levels[0], halve_chroma(levels[1]), halve_chroma(levels[2])
    for plane, values in zip(drawn.planes, planes, strict=True):
        plane.rows[:] = np.clip(np.rint(values), 0, 255)
    return drawn


def levels_of(shown: Picture) -> Levels:
    chroma = (plane.rows.repeat(2, axis=0).repeat(2, axis=1) for plane in (shown.cb, shown.cr))
    return np.stack([shown.y.rows, *chroma]).astype(np.float32)


@cache
def _caller(seed: int) -> SampleCaller:
    return SampleCaller(SIZE, screen=None, seed=seed)


@cache
def drawn(number: int, seed: int = 0) -> tuple[Levels, Truth]:
    """Picture `number` of a caller in her room."""
    frame, truth = _caller(seed).frame(number)
    return levels_of(Picture.of(frame)), truth


@cache
def _room(seed: int) -> Levels:
    behind = scene(SIZE, None, matrix=Matrix.BT601, light=EVEN, markers=False, seed=seed)
    return np.ascontiguousarray(behind.transpose(2, 0, 1), np.float32)


def room(number: int, seed: int = 0) -> Levels:
    """Nobody in it. `number`: of the picture, for its noise."""
    behind = _room(seed)
    return behind + np.random.default_rng((seed, number)).normal(0, 1, behind.shape).astype(np.float32)


def nobody() -> Truth:
    return np.zeros((SIZE.height, SIZE.width), np.uint8)


def call(numbers: Iterable[int], *, seed: int = 0) -> Iterator[Shot]:
    for number in numbers:
        levels, truth = drawn(number, seed)
        yield picture(levels), truth


def empty(count: int, *, seed: int = 0) -> Iterator[Shot]:
    for number in range(count):
        yield picture(room(number, seed)), nobody()


def lit(shots: Iterable[Shot], gains: Iterable[float]) -> Iterator[Shot]:
    """Each picture so many times as bright."""
    zero = np.array((16, 128, 128), np.float32)[:, None, None]
    for (shown, truth), gain in zip(shots, gains, strict=True):
        yield picture((levels_of(shown) - zero) * gain + zero), truth


def flat(count: int, y: int, cb: int = 128, cr: int = 128) -> Iterator[Shot]:
    levels = np.broadcast_to(np.array((y, cb, cr), np.float32)[:, None, None], (3, SIZE.height, SIZE.width))
    for _ in range(count):
        yield picture(levels), nobody()


def noise(count: int) -> Iterator[Shot]:
    random = np.random.default_rng(7)
    for _ in range(count):
        yield picture(random.integers(0, 256, (3, SIZE.height, SIZE.width)).astype(np.float32)), nobody()


def crowd(count: int) -> Iterator[Shot]:
    """Ten people in two rows, the one behind the other's shoulders."""
    for number in range(count):
        levels, truth = room(number), np.zeros((SIZE.height, SIZE.width), np.float32)
        for place in range(10):
            is_behind = place < 5
            left = (place % 5) * 60 - (18 if is_behind else 46)
            stand = number + 7 * place, place % 3, (0.44 if is_behind else 0.5), left, (52 if is_behind else 0)
            levels, cover = _placed(levels, *stand)
            truth = np.maximum(truth, cover)
        yield picture(levels), np.rint(255 * truth).astype(np.uint8)


def _placed(behind: Levels, number: int, seed: int, scale: float, left: int, above: int) -> tuple[Levels, Levels]:
    """A caller made smaller, her left edge at `left`, her lower one so far above the picture's."""
    levels, truth = drawn(number % 30, seed)
    width, height = round(SIZE.width * scale), round(SIZE.height * scale)
    small = np.stack([_resized(plane, width, height) for plane in (*levels, truth.astype(np.float32) / 255)])
    top, first, last = SIZE.height - above - height, max(left, 0), min(left + width, SIZE.width)
    cover = np.zeros((SIZE.height, SIZE.width), np.float32)
    person = np.zeros_like(behind)
    at = np.s_[top : top + height, first:last]
    cover[at], person[:, *at] = small[3][:, first - left : last - left], small[:3][:, :, first - left : last - left]
    return behind + cover * (person - behind), cover


def near(numbers: Iterable[int]) -> Iterator[Shot]:
    """A face that fills the picture."""
    part = np.s_[SIZE.height // 8 : SIZE.height * 11 // 24, SIZE.width * 3 // 8 : SIZE.width * 17 // 24]
    for number in numbers:
        levels, truth = drawn(number)
        big = np.stack([_resized(np.ascontiguousarray(plane[part]), *SIZE) for plane in levels])
        covered = _resized(np.ascontiguousarray(truth[part], np.float32), *SIZE)
        yield picture(big), np.clip(covered, 0, 255).astype(np.uint8)


def with_photograph(shots: Iterable[Shot]) -> Iterator[Shot]:
    """On the wall behind them, somebody before other furniture, who never moves."""
    photograph = np.stack([_resized(plane, 80, 60) for plane in drawn(0, 1)[0]])
    for number, (shown, truth) in enumerate(shots):
        levels = levels_of(shown)
        wall = levels[:, 12:72, 8:88]
        cover = truth[12:72, 8:88].astype(np.float32) / 255
        grain = np.random.default_rng(number).normal(0, 1, photograph.shape).astype(np.float32)
        wall[:] = cover * wall + (1 - cover) * (photograph + grain)
        yield picture(levels), truth


def _resized(plane: Levels, width: int, height: int) -> Levels:
    return np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.BOX), np.float32)

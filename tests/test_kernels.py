"""The kernels against their plain-numpy twins, and how they are compiled."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.twins import chromakey as chromakey_twin
from tests.twins import composite as composite_twin
from tests.twins import memory as memory_twin
from tests.twins import screen as screen_twin
from transforms.kernels import composite as kernels
from transforms.kernels import memory
from transforms.kernels.chromakey import chromakey
from transforms.kernels.screen import key_screen, measure
from transforms.matting import hat

Samples = NDArray[np.uint8]
Levels = NDArray[np.float32]

NO_GRID: Levels = np.empty((0, 1), np.float32)

SIZES = st.tuples(st.integers(1, 150), st.integers(1, 20))
SEEDS = st.integers(0, 2**32 - 1)


def drawn_alpha(random: np.random.Generator, width: int, height: int) -> Samples:
    """Runs of 0, of 255 and of anything along each row, as outlines make them."""
    alpha = random.integers(0, 256, (height, width), dtype=np.uint8)
    for row in alpha:
        for edge in random.integers(0, width, 3):
            row[edge : edge + random.integers(1, 100)] = random.choice([0, 255])
    return alpha


def strided(samples: Samples, padding: int) -> tuple[Samples, int]:
    """The same rows with bytes between them that nobody may read or write."""
    padded = np.pad(samples, ((0, 0), (0, padding)), constant_values=77)
    return padded.reshape(-1), samples.shape[1] + padding


def rounded_alike(levels: Samples, ideal: NDArray[np.float64]) -> bool:
    """Whether every level is the ideal's, rounded; within single precision of a half either will do."""
    return bool((np.abs(levels - ideal) <= 0.5 + 1e-3).all())


class Scratch(NamedTuple):
    light: NDArray[np.uint16]
    eighths: NDArray[np.uint16]
    pairs: NDArray[np.uint32]


def scratch(width: int) -> Scratch:
    pairs = np.empty((width + 1) // 2, np.uint32)
    return Scratch(np.empty(width, np.uint16), pairs.view(np.uint16), pairs)


def draw(alpha: Samples, size: tuple[int, int], out: Samples, stride: int) -> None:
    """Draw an alpha of half the size (width, height) of `out`."""
    width, height = size
    space = scratch(width)
    half = (width + 1) // 2, (height + 1) // 2
    kernels.draw(alpha.reshape(-1), *half, kernels.UP, space.eighths, space.pairs, out, stride, width, height)


def composite_plane(
    person: Samples, behind: Samples, alpha: Samples, *, grid: Levels = NO_GRID, black: int = 0, padding: int = 0
) -> Samples:
    height, width = person.shape
    factor = kernels.SAME if alpha.shape == person.shape else kernels.UP if alpha.size < person.size else kernels.DOWN
    out, stride = strided(np.full_like(person, 99), padding)
    front, front_stride = strided(person, padding)
    back, back_stride = strided(behind, 3)
    light, eighths, pairs = scratch(width)
    kernels.composite_plane(
        front,
        front_stride,
        back,
        back_stride,
        alpha.reshape(-1),
        alpha.shape[1],
        alpha.shape[0],
        factor,
        grid @ hat(grid.shape[1], width),
        np.uint16(black),
        light,
        eighths,
        pairs,
        out,
        stride,
        width,
        height,
    )
    rows = out.reshape(height, stride)
    assert (rows[:, width:] == 77).all(), "the padding was written to"
    return rows[:, :width]


@settings(max_examples=60, deadline=None)
@given(size=SIZES, seed=SEEDS, padding=st.integers(0, 40), factor=st.sampled_from(["up", "same", "down"]))
def test_a_composited_plane_is_its_twins(size: tuple[int, int], seed: int, padding: int, factor: str) -> None:
    random = np.random.default_rng(seed)
    width, height = size
    person, behind = random.integers(0, 256, (2, height, width), dtype=np.uint8)
    if factor == "up":
        alpha = drawn_alpha(random, (width + 1) // 2, (height + 1) // 2)
        opacity = composite_twin.upsampled(alpha.astype(float), width, height)
    elif factor == "down":
        alpha = drawn_alpha(random, 2 * width - seed % 2, 2 * height - seed // 2 % 2)
        opacity = composite_twin.downsampled(alpha.astype(float))
    else:
        alpha = drawn_alpha(random, width, height)
        opacity = alpha.astype(float)
    grid = random.uniform(0, 255, (seed % 5 + 1, seed % 3 + 1)).astype(np.float32)
    black = 16 if seed % 2 else 0
    screen = composite_twin.stretched(grid.astype(np.float64), width, height)
    out = composite_plane(person, behind, alpha, grid=grid, black=black, padding=padding)
    ideal = composite_twin.composite(person.astype(int), behind.astype(int), opacity, screen, black=black)
    assert (out == ideal)[np.abs(screen % 1 - 0.5) > 1e-3].all()  # at a half, single precision may round the other way
    assert np.abs(out - ideal).max() <= 1
    assert (out[opacity == 0] == behind[opacity == 0]).all()
    assert (out[opacity == 255] == person[opacity == 255]).all()


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, black=st.sampled_from([0, 16]))
def test_whole_numbers_stay_within_a_level_of_the_formula(seed: int, black: int) -> None:
    random = np.random.default_rng(seed)
    person, behind, alpha = random.integers(0, 256, (3, 16, 64), dtype=np.uint8)
    grid = random.uniform(0, 255, (1, 1)).astype(np.float32)
    person = np.maximum(person, np.uint8(black))
    out = composite_plane(person, behind, alpha, grid=grid, black=black)
    screen = np.full(person.shape, float(grid[0, 0]))
    ideal = composite_twin.formula(person.astype(float), behind.astype(float), alpha / 255, screen, black=black)
    assert np.abs(out - ideal).max() <= 1.6  # half a level of alpha and of the screen, and the rounding


@settings(max_examples=30, deadline=None)
@given(size=SIZES, seed=SEEDS)
def test_without_a_screen_the_person_is_taken_at_its_share(size: tuple[int, int], seed: int) -> None:
    random = np.random.default_rng(seed)
    width, height = size
    person, behind = random.integers(0, 256, (2, height, width), dtype=np.uint8)
    alpha = drawn_alpha(random, width, height)
    out = composite_plane(person, behind, alpha)
    assert np.abs(out - (alpha / 255 * person + (1 - alpha / 255) * behind)).max() <= 1.1


def test_alpha_of_chroma_size_is_sited_on_the_even_columns_and_between_the_rows() -> None:
    alpha = np.array([[0, 80], [160, 255]], np.uint8)
    out = np.empty(16, np.uint8)
    draw(alpha, (4, 4), out, 4)
    assert out.reshape(4, 4).tolist() == [
        [0, 40, 80, 80],
        [40, 82, 124, 124],  # 3/4 of 0, 80 and 1/4 of 160, 255: 40, 123.75
        [120, 166, 211, 211],
        [160, 208, 255, 255],
    ]


@given(alpha=st.sampled_from([0, 255]), width=st.integers(1, 9), height=st.integers(1, 9))
def test_a_uniform_alpha_stays_exactly_what_it_is(alpha: int, width: int, height: int) -> None:
    half = np.full(((height + 1) // 2) * ((width + 1) // 2), alpha, np.uint8)
    out = np.full(width * height, 7, np.uint8)
    draw(half, (width, height), out, width)
    assert (out == alpha).all()


@settings(max_examples=40, deadline=None)
@given(size=SIZES, seed=SEEDS, padding=st.integers(0, 20))
def test_the_drawn_alpha_is_its_twins(size: tuple[int, int], seed: int, padding: int) -> None:
    width, height = size
    alpha = drawn_alpha(np.random.default_rng(seed), (width + 1) // 2, (height + 1) // 2)
    out, stride = strided(np.zeros((height, width), np.uint8), padding)
    draw(alpha, size, out, stride)
    ideal = composite_twin.upsampled(alpha.astype(float), width, height)
    assert rounded_alike(out.reshape(height, stride)[:, :width], ideal)


@settings(max_examples=40, deadline=None)
@given(
    width=st.integers(1, 24),
    height=st.integers(1, 14),
    seed=SEEDS,
    blend=st.sampled_from([0.0, 0.00005, 0.05, 1.0]),
    similarity=st.floats(0.00001, 0.4),
)
def test_chromakey_is_ffmpegs_loops(width: int, height: int, seed: int, blend: float, similarity: float) -> None:
    random = np.random.default_rng(seed)
    cb, cr = random.integers(100, 180, (2, (height + 1) // 2, (width + 1) // 2), dtype=np.uint8)
    flat, stride = strided(cb, seed % 7)
    red, _ = strided(cr, seed % 7)
    alpha = np.zeros((height, width), np.uint8)
    distances, line = np.empty(cb.size, np.float32), np.empty(3 * cb.shape[1] + 1, np.float32)
    chromakey(flat, red, stride, width, height, 150, 120, similarity, blend, distances, line, alpha.ravel())
    ideal = chromakey_twin.chromakey(cb, cr, width, height, (150, 120), similarity, blend)
    if blend > 0.0001:
        assert np.abs(alpha.astype(int) - ideal).max() <= 1
    else:
        assert (alpha != ideal).mean() <= 0.01  # a mean that lands on the threshold itself may fall either way


@settings(max_examples=40, deadline=None)
@given(size=SIZES, seed=SEEDS, step=st.integers(1, 4), cells=st.tuples(st.integers(1, 5), st.integers(1, 7)))
def test_measuring_the_screen_is_its_twins(size: tuple[int, int], seed: int, step: int, cells: tuple[int, int]) -> None:
    random = np.random.default_rng(seed)
    width, height = size
    y = random.integers(16, 235, (2 * height, 2 * width), dtype=np.uint8)
    cb, cr = random.integers(120, 170, (2, height, width), dtype=np.uint8)
    key = np.array([20.0, 11.0]) / (20.0**2 + 11.0**2)
    sums = np.empty((4, *cells), np.float32)
    luma, stride = strided(y, 5)
    blue, chroma_stride = strided(cb, 3)
    red, _ = strided(cr, 3)
    lines = np.empty((5, width), np.float32)
    measure(luma, stride, blue, red, chroma_stride, height, key.astype(np.float32), 0.3, step, lines, sums)
    ideal = screen_twin.measured(y, cb, cr, key=key, cone=0.3, step=step, cells=cells)
    weight, ideal_weight = sums[0].sum(), ideal[0].sum()
    assert weight == pytest.approx(ideal_weight, rel=1e-3, abs=1e-3 + 2.0 * (ideal_weight > 0))
    if abs(weight - ideal_weight) < 1e-3 * max(1.0, ideal_weight):  # no sample lay on the cone's very edge
        np.testing.assert_allclose(sums, ideal, rtol=2e-3, atol=0.05)


@settings(max_examples=40, deadline=None)
@given(size=SIZES, seed=SEEDS, cells=st.tuples(st.integers(1, 5), st.integers(1, 7)))
def test_keying_the_screen_is_its_twins(size: tuple[int, int], seed: int, cells: tuple[int, int]) -> None:
    random = np.random.default_rng(seed)
    width, height = size
    cb, cr = random.integers(100, 180, (2, height, width), dtype=np.uint8)
    grid = np.stack([random.uniform(*span, cells) for span in ((50, 150), (140, 190), (60, 110))]).astype(np.float32)
    blue, stride = strided(cb, seed % 9)
    red, _ = strided(cr, seed % 9)
    alpha = np.zeros((height, width), np.uint8)
    wide = grid[1:] @ hat(cells[1], width)
    key_screen(blue, red, stride, height, wide, np.empty((2, width), np.float32), alpha.ravel())
    assert np.abs(alpha - screen_twin.keyed(cb, cr, grid.astype(np.float64))).max() <= 0.5 + 0.02


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, cells=st.tuples(st.integers(1, 16), st.integers(1, 16)))
def test_the_screens_memory_is_its_twins(seed: int, cells: tuple[int, int]) -> None:
    random = np.random.default_rng(seed)
    colors, trust = random.uniform(16, 235, (3, *cells)).astype(np.float32), np.zeros(cells, np.float32)
    total, grid, lines = np.empty(4, np.float32), np.empty_like(colors), np.empty((4, *cells), np.float32)
    down, across = (random.uniform(0.01, 1, (count, count)).astype(np.float32) for count in cells)
    for _ in range(3):
        weight = random.uniform(0, 9, cells) * random.integers(0, 2, cells)
        weight.flat[0] = 1
        seen = np.stack([weight, *(weight * random.uniform(16, 235, (3, *cells)))])
        ideal = memory_twin.remembered(seen, colors.astype(float), trust.astype(float))
        memory.remember(seen.astype(np.float32), colors, trust, total)
        np.testing.assert_allclose(colors, ideal[0], rtol=1e-4)
        np.testing.assert_allclose(trust, ideal[1], rtol=1e-4, atol=1e-12)
        np.testing.assert_allclose(total, seen.sum(axis=(1, 2)), rtol=1e-4)
    memory.spread(colors, trust, down, across, lines, grid)
    doubles = (array.astype(float) for array in (colors, trust, down, across))
    np.testing.assert_allclose(grid, memory_twin.spread(*doubles), rtol=1e-4)


def test_one_compile_serves_every_layout() -> None:
    """Contiguous, padded, read-only, and a view that starts inside a larger buffer."""
    person = np.zeros((6, 40), np.uint8)
    alpha = np.zeros((3, 20), np.uint8)
    for padding in (0, 8):
        composite_plane(person, person, alpha, padding=padding)
    read_only = person.copy()
    read_only.flags.writeable = False
    frozen = alpha.copy()
    frozen.flags.writeable = False
    composite_plane(read_only, person, frozen)
    composite_plane(np.zeros((8, 40), np.uint8)[2:], person, alpha)
    compiled: list[Any] = [kernels.composite_plane, kernels.draw, chromakey, measure, key_screen]
    assert [len(kernel.signatures) for kernel in compiled] == [1] * 5


def test_without_a_writable_cache_kernels_are_compiled_and_one_warning_says_so(tmp_path: Path) -> None:
    package = tmp_path / "transforms"
    shutil.copytree(Path(__file__).parents[1] / "transforms", package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "kernels" / "__pycache__").write_text("a file where a folder should be")
    script = "import logging; logging.basicConfig(); from transforms.kernels.chromakey import chromakey; print('ran')"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/dev/null",
        "XDG_CACHE_HOME": "/dev/null",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "ran\n", done.stderr
    assert done.stderr.count("WARNING") == 1
    assert "NUMBA_CACHE_DIR" in done.stderr

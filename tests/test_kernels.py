"""The kernels against their plain-numpy twins, and how they are compiled."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.planes import composite_plane, strided
from tests.twins import chromakey as chromakey_twin
from tests.twins import memory as memory_twin
from tests.twins import screen as screen_twin
from transforms.kernels import composite as kernels
from transforms.kernels import memory
from transforms.kernels.chromakey import chromakey
from transforms.kernels.screen import key_screen, measure
from transforms.matting import hat

SIZES = st.tuples(st.integers(1, 150), st.integers(1, 20))
SEEDS = st.integers(0, 2**32 - 1)


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

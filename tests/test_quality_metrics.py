from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from tests.benchmarks.quality import metrics
from tests.benchmarks.quality.metrics import Alpha

TOOLS = Path(__file__).parents[1].parent / "shared" / "tools"
SIZES = st.tuples(st.integers(1, 24), st.integers(1, 24))
GREY = arrays(np.uint8, SIZES, elements=st.sampled_from([0, 25, 26, 51, 76, 77, 128, 204, 229, 230, 254, 255]))


def square(side: int, *, at: int, size: int, level: int = 255) -> Alpha:
    alpha = np.zeros((size, size), np.uint8)
    alpha[at : at + side, at : at + side] = level
    return alpha


def test_mad_and_mse_are_means_in_thousandths() -> None:
    truth = np.array([[0, 255], [255, 255]], np.uint8)
    alpha = np.array([[51, 255], [153, 255]], np.uint8)  # off by 0.2 and by 0.4
    assert metrics.mad(alpha, truth) == pytest.approx(1e3 * (0.2 + 0.4) / 4)
    assert metrics.mse(alpha, truth) == pytest.approx(1e3 * (0.04 + 0.16) / 4)
    assert metrics.mad(alpha, truth, truth == 0) == pytest.approx(200)
    assert metrics.mse(alpha, truth, np.zeros((2, 2), bool)) == 0


def test_dtssd_forgives_an_error_that_stays() -> None:
    truth = square(4, at=2, size=8)
    wrong = np.full_like(truth, 51)
    assert metrics.dtssd(wrong, wrong, truth, truth) == 0
    flickering = metrics.dtssd(np.full_like(truth, 102), wrong, truth, truth)
    assert flickering == pytest.approx(1e2 * 0.2)


def test_grad_is_the_difference_of_smoothed_slopes() -> None:
    """Against a plain sum over the 9 by 9 window of the derivative of a Gaussian, of unit energy."""
    alpha = np.random.default_rng(1).integers(0, 256, (13, 17)).astype(np.uint8)
    alpha[0, 0], alpha[0, 1] = 0, 255
    x = np.arange(-4, 5)
    bell = np.exp(-(x**2) / (2 * 1.4**2))
    window = np.outer(bell, x * bell)
    window /= np.sqrt((window**2).sum())
    padded = np.pad(alpha / 255, 4, mode="edge")
    for y, column in ((0, 0), (6, 8), (12, 16), (3, 15)):
        seen = padded[y : y + 9, column : column + 9]
        expected = np.hypot((seen * window).sum(), (seen * window.T).sum())
        assert metrics.gradient(alpha)[y, column] == pytest.approx(expected, abs=1e-5)


def test_grad_sees_a_blurred_edge_and_no_flat_error() -> None:
    sharp = np.repeat(np.array([[0] * 20 + [255] * 20], np.uint8), 30, axis=0)
    soft = np.repeat(np.array([[0] * 16 + list(range(0, 256, 32)) + [255] * 16], np.uint8), 30, axis=0)
    assert metrics.grad(soft, sharp) > 0.1
    assert metrics.grad(np.full_like(sharp, 7), np.full_like(sharp, 200)) == 0


def test_conn_counts_what_has_no_link_to_the_main_part() -> None:
    person = square(10, at=2, size=30)
    island = square(3, at=20, size=30)
    assert metrics.conn(person, np.maximum(person, island)) == pytest.approx(9 * 1.0 / 1e3)
    half = np.maximum(person, square(3, at=20, size=30, level=128))
    assert metrics.conn(half, np.maximum(person, island)) == pytest.approx(9 * (1 - 128 / 255) / 1e3)
    faint = np.maximum(person, square(3, at=20, size=30, level=25))  # below what is forgiven
    assert metrics.conn(faint, person) == 0


@given(GREY)
def test_depth_is_how_far_up_a_pixel_stays_with_the_largest_part(both: Alpha) -> None:
    reached = metrics.depth(both)
    staying = np.ones(both.shape, bool)
    for step in range(1, metrics.STEPS + 1):
        parts = _flooded(both >= 25.5 * step)
        if not parts:
            assert (reached[staying] < step).all()
            return
        sizes = sorted(len(part) for part in parts)
        if len(sizes) > 1 and sizes[-1] == sizes[-2]:
            return  # either may be called the largest
        largest = np.zeros(both.shape, bool)
        largest[tuple(np.array(max(parts, key=len)).T)] = True
        staying &= largest
        assert ((reached >= step) == staying).all()


def _flooded(chosen: NDArray[np.bool_]) -> list[list[tuple[int, int]]]:
    """The 4-connected parts, by walking."""
    left = {(int(y), int(x)) for y, x in np.argwhere(chosen)}
    parts = []
    while left:
        found = [left.pop()]
        for y, x in found:
            for beside in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                if beside in left:
                    left.remove(beside)
                    found.append(beside)
        parts.append(found)
    return parts


@given(GREY)
def test_the_truth_is_without_error(truth: Alpha) -> None:
    part = metrics.band(truth)
    assert metrics.mad(truth, truth) == metrics.mse(truth, truth, part) == metrics.grad(truth, truth, part) == 0
    assert metrics.conn(truth, truth) == metrics.dtssd(truth, truth, truth, truth, part) == 0


def test_the_band_is_as_wide_on_both_sides_of_an_edge() -> None:
    truth = np.repeat(np.array([[0] * 30 + [255] * 30], np.uint8), 40, axis=0)
    columns = np.flatnonzero(metrics.band(truth)[20])
    assert (columns[0], columns[-1]) == (30 - metrics.BAND, 29 + metrics.BAND)
    truth[:, 30:34] = 100
    columns = np.flatnonzero(metrics.band(truth)[20])
    assert (columns[0], columns[-1]) == (30 - metrics.BAND, 33 + metrics.BAND)
    assert not metrics.band(np.full((20, 20), 255, np.uint8)).any()


def test_means_leave_out_what_was_not_measured() -> None:
    unknown = float("nan")
    both = metrics.Errors.mean([metrics.Errors(1, 2, unknown, 4, unknown), metrics.Errors(3, 4, 5, 6, unknown)])
    assert (both.mad, both.mse, both.grad, both.conn) == (2, 3, 5, 5)
    assert np.isnan(both.dtssd)


def test_the_figures_agree_with_the_field_s_own_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    tool = _tool(monkeypatch)
    random = np.random.default_rng(3)
    truth = np.clip(np.cumsum(random.normal(0, 30, (90, 120)), axis=1) + 60, 0, 255).astype(np.uint8)
    for spread in (0, 10, 80):
        errors = random.normal(0, spread, truth.shape) * (random.random(truth.shape) < 0.4)
        alpha = np.asarray(np.clip(truth + errors, 0, 255), np.uint8)
        one, other = alpha.astype(np.float32) / 255, truth.astype(np.float32) / 255
        for name in ("mad", "mse", "grad", "conn"):
            expected = getattr(tool, name)(one, other)
            assert getattr(metrics, name)(alpha, truth) == pytest.approx(expected, rel=1e-4, abs=1e-6), name
        expected = tool.dtssd(one, one[::-1], other, other[::-1])
        assert metrics.dtssd(alpha, alpha[::-1], truth, truth[::-1]) == pytest.approx(expected, rel=1e-4, abs=1e-6)


def _tool(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    pytest.importorskip("cv2", reason="the tool needs OpenCV")
    if not TOOLS.is_dir():
        pytest.skip("the shared folder beside the checkout has no tools")
    monkeypatch.setattr(sys, "path", [str(TOOLS), *sys.path])
    import matte_metrics  # type: ignore[import-not-found]

    return matte_metrics  # type: ignore[no-any-return]

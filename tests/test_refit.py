from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.background import plain
from transforms.effect import Color
from transforms.picture import Look, Matrix, Picture, Size
from transforms.refit import refit

LOOKS = [
    Look(Size(64, 48), Matrix.BT601, False),
    Look(Size(48, 64), Matrix.BT709, True),
    Look(Size(33, 21), Matrix.BT709, False),
]


@pytest.mark.parametrize("before", LOOKS, ids=str)
@pytest.mark.parametrize("after", LOOKS, ids=str)
def test_a_colour_stays_what_it_is(before: Look, after: Look) -> None:
    color = Color(180, 90, 40)
    found = refit(plain(before, color), after)
    assert Look.of(found) == after
    for plane, level in zip(found.planes, after.matrix.to_ycbcr(color, full_range=after.full_range), strict=True):
        assert np.abs(plane.rows.astype(int) - level).max() <= 2


def test_the_middle_is_kept_unstretched() -> None:
    """A ramp of 4 levels a pixel, cropped to its middle half and doubled, is one of 2 about the same middle."""
    ramp = Picture.blank(Size(64, 32), matrix=Matrix.BT601, full_range=True)
    ramp.y.rows[:] = np.arange(64) * 3 + 20
    found = refit(ramp, Look(Size(64, 64), Matrix.BT601, True)).y.rows
    middle = found[:, 2:-2].astype(int)
    assert np.abs(middle - ((np.arange(2, 62) + 0.5) / 2 + 16 - 0.5) * 3 - 20).max() <= 2


@given(
    size=st.builds(Size, st.integers(2, 80), st.integers(2, 80)),
    shape=st.builds(Size, st.integers(2, 80), st.integers(2, 80)),
)
@settings(deadline=None)
def test_any_size_becomes_any_other(size: Size, shape: Size) -> None:
    found = refit(plain(Look(size, Matrix.BT709, False), Color(99, 99, 99)), Look(shape, Matrix.BT709, False))
    assert found.size == shape
    assert np.ptp(found.y.rows) <= 1

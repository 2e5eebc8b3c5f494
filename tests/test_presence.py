"""Where a matte must be transparent for a screen to be there."""

from __future__ import annotations

import numpy as np
import pytest

from transforms.presence import presence


def matte(height: int = 640, width: int = 360) -> np.ndarray:
    return np.zeros((height, width), np.uint8)


def test_an_empty_screen_is_all_screen() -> None:
    assert presence(matte()) == (1.0, 1.0, 1.0)


def test_a_room_is_none() -> None:
    assert presence(matte() + 255) == (0.0, 0.0, 0.0)


def test_half_transparent_samples_are_not_screen() -> None:
    assert presence(matte() + 65) == (0.0, 0.0, 0.0)
    assert presence(matte() + 64) == (1.0, 1.0, 1.0)


def test_shoulders_below_the_upper_sides_leave_the_border_clear() -> None:
    alpha = matte()
    alpha[330:] = 255
    seen = presence(alpha)
    assert seen.border == 1.0
    assert seen.picture == pytest.approx(330 / 640, abs=0.02)


def test_a_side_that_is_no_screen_is_the_poorest_part() -> None:
    alpha = matte()
    alpha[:, :40] = 255
    seen = presence(alpha)
    assert seen.poorest == 0.0
    assert seen.border == pytest.approx((0 + 0.89 * 360 + 288) / (360 + 2 * 288), abs=0.02)


def test_the_top_counts_by_its_length() -> None:
    wide, tall = matte(360, 640), matte(640, 360)
    for alpha in (wide, tall):
        alpha[:30] = 255
    assert presence(wide).border < presence(tall).border


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 3), (5, 5), (33, 200)])
def test_every_size_has_an_answer(shape: tuple[int, int]) -> None:
    assert presence(np.zeros(shape, np.uint8)) == (1.0, 1.0, 1.0)

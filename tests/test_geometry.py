from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.geometry import Rect, cover
from transforms.picture import Size

sides = st.integers(1, 8192)
sizes = st.builds(Size, sides, sides)


def test_cover_of_a_wide_image_in_a_tall_picture_crops_the_sides() -> None:
    assert cover(Size(1600, 900), Size(720, 1280)) == pytest.approx(Rect(546.875, 0, 506.25, 900))


def test_cover_of_a_tall_image_in_a_wide_picture_crops_top_and_bottom() -> None:
    assert cover(Size(720, 1280), Size(1280, 720)) == pytest.approx(Rect(0, 437.5, 720, 405))


def test_cover_of_the_same_shape_is_everything() -> None:
    assert cover(Size(360, 640), Size(720, 1280)) == Rect(0, 0, 360, 640)


@given(source=sizes, target=sizes)
def test_cover_is_centred_inside_and_of_the_target_s_shape(source: Size, target: Size) -> None:
    window = cover(source, target)
    assert window.x >= 0 and window.x + window.width <= source.width * (1 + 1e-12)
    assert window.y >= 0 and window.y + window.height <= source.height * (1 + 1e-12)
    assert window.width / window.height == pytest.approx(target.width / target.height)
    assert max(window.width / source.width, window.height / source.height) == pytest.approx(1)
    assert window.x == pytest.approx((source.width - window.width) / 2)

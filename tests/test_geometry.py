from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.effect import Placement
from transforms.geometry import Placed, Rect, cover, placed
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


WIDE, PORTRAIT = Size(1600, 900), Size(720, 1280)
shares = st.floats(0, 1)
placements = st.builds(
    Placement,
    fit=st.sampled_from(("cover", "contain", "fill", "none")),
    focus=st.tuples(shares, shares),
    offset=st.tuples(st.floats(-3000, 3000), st.floats(-3000, 3000)),
    scale=st.floats(0.05, 20),
)


def close(found: Placed, source: tuple[float, ...], target: tuple[float, ...]) -> bool:
    return found.source == pytest.approx(source, abs=1e-6) and found.target == pytest.approx(target, abs=1e-6)


def test_cover_keeps_the_focus_in_view() -> None:
    assert close(placed(WIDE, PORTRAIT, Placement()), (546.875, 0, 506.25, 900), (0, 0, 720, 1280))
    assert close(placed(WIDE, PORTRAIT, Placement(focus=(0, 0.5))), (0, 0, 506.25, 900), (0, 0, 720, 1280))
    assert close(placed(WIDE, PORTRAIT, Placement(focus=(1, 0.5))), (1093.75, 0, 506.25, 900), (0, 0, 720, 1280))


def test_contain_shows_all_of_it_and_leaves_room() -> None:
    assert close(placed(WIDE, PORTRAIT, Placement("contain")), (0, 0, 1600, 900), (0, 437.5, 720, 405))
    assert close(placed(WIDE, PORTRAIT, Placement("contain", focus=(0.5, 0))), (0, 0, 1600, 900), (0, 0, 720, 405))


def test_fill_stretches_it_over_everything() -> None:
    assert close(placed(WIDE, PORTRAIT, Placement("fill")), (0, 0, 1600, 900), (0, 0, 720, 1280))


def test_none_shows_it_as_large_as_it_is() -> None:
    assert close(placed(WIDE, PORTRAIT, Placement("none")), (440, 0, 720, 900), (0, 190, 720, 900))


def test_a_crop_of_a_wallpaper_is_an_offset_from_its_corner() -> None:
    """As `gm convert -crop 720x1280+2000+1200` cuts it."""
    placement = Placement("none", focus=(0, 0), offset=(-2000, -1200))
    assert close(placed(Size(5120, 2880), PORTRAIT, placement), (2000, 1200, 720, 1280), (0, 0, 720, 1280))


def test_an_offset_moves_it_and_uncovers_what_lies_behind() -> None:
    moved = placed(Size(720, 1280), PORTRAIT, Placement(offset=(100.5, -80)))
    assert close(moved, (0, 80, 619.5, 1200), (100.5, 0, 619.5, 1200))


def test_a_scale_is_about_the_focus() -> None:
    assert close(placed(PORTRAIT, PORTRAIT, Placement(scale=2)), (180, 320, 360, 640), (0, 0, 720, 1280))
    assert close(placed(PORTRAIT, PORTRAIT, Placement(scale=2, focus=(0, 1))), (0, 640, 360, 640), (0, 0, 720, 1280))
    assert close(placed(PORTRAIT, PORTRAIT, Placement(scale=0.5)), (0, 0, 720, 1280), (180, 320, 360, 640))


def test_what_was_moved_out_of_sight_shows_nowhere() -> None:
    assert placed(PORTRAIT, PORTRAIT, Placement(offset=(720, 0))).is_empty
    assert placed(PORTRAIT, PORTRAIT, Placement(offset=(0, -1281))).is_empty


@given(source=sizes, target=sizes, placement=placements)
def test_both_windows_are_inside_and_only_fill_stretches(source: Size, target: Size, placement: Placement) -> None:
    found = placed(source, target, placement)
    if found.is_empty:
        return
    for window, size in zip(found, (source, target), strict=True):
        for start, extent, limit in ((window.x, window.width, size.width), (window.y, window.height, size.height)):
            assert start >= 0
            assert start + extent <= limit * (1 + 1e-9) + 1e-6
    across = found.target.width / max(found.source.width, 1e-9)
    down = found.target.height / max(found.source.height, 1e-9)
    if placement.fit != "fill" and min(found.source.width, found.source.height) > 1e-3:
        assert across == pytest.approx(down, rel=1e-6)

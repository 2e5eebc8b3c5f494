"""A still image laid under pictures, against what its own formula says at each place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.planes import strided
from tests.twins.passing import laid, mixed
from transforms import fitting
from transforms.effect import BLACK, Color, Placement
from transforms.fitting import CalledOff, fit
from transforms.kernels.lay_image import lay
from transforms.kernels.passing import WHOLE, mix
from transforms.picture import Look, Matrix, Picture, Size
from transforms.rgb import picture_from_rgb, ycbcr_from_rgb
from transforms.small_copy import SmallCopy

IMAGE = Size(301, 203)
AROUND = Color(200, 30, 90)
LOOK = Look(Size(90, 160), Matrix.BT709, False)
LOOKS = [LOOK, Look(Size(161, 91), Matrix.BT601, True), Look(Size(64, 64), Matrix.BT601, False)]
PLACEMENTS = [
    Placement(),
    Placement(focus=(0.1, 0.9)),
    Placement("contain"),
    Placement("fill"),
    Placement("none", offset=(-20.25, 7.5)),
    Placement("none", focus=(0, 0), offset=(-100, -40)),
    Placement(scale=0.4),
    Placement("contain", scale=1.7, offset=(3.3, -60.6)),
    Placement(offset=(5000, 0)),
]

Floats = NDArray[np.float64]


def painted(x: Floats, y: Floats) -> Floats:
    """Waves of colour, (..., 3), too long for any scaler to change."""
    red = 128 + 90 * np.sin(x / 25) * np.cos(y / 31)
    green = 128 + 80 * np.cos(x / 40 + y / 27)
    return np.stack((red, green, np.full_like(red, 60.0)), axis=-1)


def image() -> NDArray[np.uint8]:
    y, x = np.mgrid[0 : IMAGE.height, 0 : IMAGE.width] + 0.5
    return np.rint(painted(x, y)).astype(np.uint8)


def seen(x: Floats, y: Floats, look: Look, placement: Placement) -> tuple[Floats, NDArray[np.bool_]]:
    """The Y'CbCr at points of the picture, and which of them are at least a pixel inside the image."""
    width, height = look.size.width / IMAGE.width, look.size.height / IMAGE.height
    across, down = {
        "cover": (max(width, height),) * 2,
        "contain": (min(width, height),) * 2,
        "fill": (width, height),
        "none": (1.0, 1.0),
    }[placement.fit]
    across, down = across * placement.scale, down * placement.scale
    left = (look.size.width - IMAGE.width * across) * placement.focus[0] + placement.offset[0]
    top = (look.size.height - IMAGE.height * down) * placement.focus[1] + placement.offset[1]
    u, v = (x - left) / across, (y - top) / down
    rgb = painted(u, v).astype(np.float32)
    levels = ycbcr_from_rgb(rgb, matrix=look.matrix, full_range=look.full_range).astype(np.float64)
    margin = 3.0
    inside = (x > left + margin) & (x < left + IMAGE.width * across - margin)
    inside &= (y > top + margin) & (y < top + IMAGE.height * down - margin)
    return levels, inside


def errors(picture: Picture, placement: Placement) -> list[float]:
    """The largest error of each plane inside the image."""
    look, worst = Look.of(picture), []
    for channel, plane in enumerate(picture.planes):
        y, x = np.mgrid[0 : plane.height, 0 : plane.width].astype(np.float64)
        x, y = (x + 0.5, y + 0.5) if channel == 0 else (2 * x + 0.5, np.minimum(2 * y + 1, look.size.height - 0.5))
        levels, inside = seen(x, y, look, placement)
        off = np.abs(plane.rows - levels[..., channel])[inside]
        worst.append(float(off.max()) if off.size else 0.0)
    return worst


@pytest.mark.parametrize("look", LOOKS, ids=str)
@pytest.mark.parametrize("placement", PLACEMENTS, ids=str)
def test_each_place_shows_what_lies_there(look: Look, placement: Placement) -> None:
    picture = fit(image(), look, placement=placement, color=AROUND)
    assert Look.of(picture) == look
    assert max(errors(picture, placement)) < 2


@pytest.mark.parametrize("look", LOOKS, ids=str)
@pytest.mark.parametrize("placement", PLACEMENTS, ids=str)
def test_the_small_copy_is_put_to_the_same_place(look: Look, placement: Placement) -> None:
    """Bilinear errs where waves turn; a shift by half a pixel would be three times that."""
    at_once = SmallCopy(image(), IMAGE).fit(look, placement=placement, color=AROUND)
    assert Look.of(at_once) == look
    assert max(errors(at_once, placement)) < 2.5


def test_the_colour_shows_around_it() -> None:
    placement = Placement("contain")
    levels = LOOK.matrix.to_ycbcr(AROUND, full_range=False)
    for picture in (
        fit(image(), LOOK, placement=placement, color=AROUND),
        SmallCopy(image(), IMAGE).fit(LOOK, placement=placement, color=AROUND),
    ):
        assert (picture.y.rows[:49] == levels[0]).all() and (picture.y.rows[111:] == levels[0]).all()
        assert (picture.y.rows[52:108] != levels[0]).any(axis=1).all()
        assert (picture.cb.rows[:24] == levels[1]).all()


def test_where_it_ends_within_a_pixel_it_covers_its_share_of_it() -> None:
    white = np.full((40, 40, 3), 255, np.uint8)
    look = Look(Size(60, 60), Matrix.BT601, True)
    picture = fit(white, look, placement=Placement("none", focus=(0, 0), offset=(10.25, 20.5)))
    row, column = picture.y.rows[30].astype(int), picture.y.rows[:, 30].astype(int)
    assert [row[x] for x in (9, 10, 11, 49, 50, 51)] == pytest.approx([0, 191, 255, 255, 64, 0], abs=1)
    assert [column[y] for y in (19, 20, 21, 59)] == pytest.approx([0, 128, 255, 255], abs=1)


def test_whole_pixels_are_cut_out_as_they_are() -> None:
    """As `gm convert -crop 90x160+120+30` cuts a wallpaper."""
    random = np.random.default_rng(8).integers(0, 256, (IMAGE.height, IMAGE.width, 3), dtype=np.uint8)
    cut = picture_from_rgb(random[30:190, 120:210], matrix=LOOK.matrix, full_range=LOOK.full_range)
    laid = fit(random, LOOK, placement=Placement("none", focus=(0, 0), offset=(-120, -30)))
    for one, other in zip(laid.planes, cut.planes, strict=True):
        assert np.array_equal(one.rows, other.rows)


def test_strips_leave_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    in_strips = [fit(image(), LOOK, placement=placement) for placement in PLACEMENTS]
    monkeypatch.setattr(fitting, "STRIP", 1000)
    for picture, placement in zip(in_strips, PLACEMENTS, strict=True):
        whole = fit(image(), LOOK, placement=placement)
        for one, other in zip(picture.planes, whole.planes, strict=True):
            off = np.abs(one.rows.astype(int) - other.rows)
            assert off.max() <= 2 and off.mean() < 0.1, placement  # weights are rounded by strip


def test_an_image_made_smaller_to_be_kept_lies_where_it_would() -> None:
    half = image()[:200, :300].reshape(100, 2, 150, 2, 3).mean(axis=(1, 3)).round().astype(np.uint8)
    for placement in (Placement("none", focus=(0, 0), offset=(-100.5, -20)), Placement("none", scale=0.7)):
        whole = fit(image()[:200, :300], LOOK, placement=placement)
        kept = fit(half, LOOK, placement=placement, size=Size(300, 200))
        assert np.abs(whole.y.rows.astype(int) - kept.y.rows)[4:-4, 4:-4].max() <= 3


def test_it_is_called_off_between_two_strips() -> None:
    asked = iter((True, False))
    with pytest.raises(CalledOff):
        fit(image(), LOOK, is_wanted=lambda: next(asked))


@given(
    width=st.integers(16, 90),
    height=st.integers(16, 90),
    target=st.builds(Size, st.integers(1, 70), st.integers(1, 70)),
    fit_=st.sampled_from(("cover", "contain", "fill", "none")),
    scale=st.floats(0.05, 20),
    offset=st.tuples(st.floats(-100, 100), st.floats(-100, 100)),
)
def test_any_placement_gives_a_picture(
    width: int, height: int, target: Size, fit_: str, scale: float, offset: tuple[float, float]
) -> None:
    """A plain image stays plain: nothing from beyond its edges gets in."""
    placement = Placement(fit_, scale=scale, offset=offset)  # type: ignore[arg-type]
    plain = np.full((height, width, 3), 180, np.uint8)
    look = Look(target, Matrix.BT709, True)
    for picture in (
        fit(plain, look, placement=placement, color=Color(180, 180, 180)),
        SmallCopy(plain, Size(width, height)).fit(look, placement=placement, color=Color(180, 180, 180)),
    ):
        assert (np.abs(picture.y.rows.astype(int) - 180) <= 1).all()
        assert (np.abs(picture.cb.rows.astype(int) - 128) <= 1).all()


@given(seed=st.integers(0, 2**32 - 1), weight=st.integers(0, WHOLE), width=st.integers(1, 70))
def test_the_mixing_kernel_is_its_twin(seed: int, weight: int, width: int) -> None:
    random = np.random.default_rng(seed)
    planes = random.integers(0, 256, (3, 5, width), dtype=np.uint8)
    pads = zip(planes, (3, 0, 5), strict=True)
    (before, one), (after, other), (out, stride) = (strided(plane, pad) for plane, pad in pads)
    mix(before, one, after, other, weight, out, stride, width, 5)
    rows = out.reshape(5, stride)
    assert np.abs(rows[:, :width] - mixed(planes[0], planes[1], weight)).max() <= 0.5
    assert (rows[:, width:] == 77).all()


@given(seed=st.integers(0, 2**32 - 1))
def test_the_laying_kernel_is_its_twin(seed: int) -> None:
    random = np.random.default_rng(seed)
    image = random.integers(0, 256, (3, 9, 13), dtype=np.uint8)
    width, height, stride = 21, 17, 24
    down, across = np.sort(random.uniform(0, 8, height)), np.sort(random.uniform(0, 12, width))
    weights = np.array((0.3, 0.6, -0.2, 20), np.float32)
    top, bottom, left, right = 2, 15, 3, 20
    out, line = np.full(height * stride, 77, np.uint8), np.empty(13, np.float32)

    def places(points: Floats, most: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        first = np.floor(points).astype(np.int32)
        return np.stack((first, np.minimum(first + 1, most))), (points - first).astype(np.float32)

    vertical, horizontal = places(down, 8), places(across, 12)
    flat = image.reshape(-1)
    lay(flat, 13, 9, *vertical, top, bottom, *horizontal, left, right, weights, 99, line, out, stride)
    rows, expected = out.reshape(height, stride), np.full((height, width), 99.0)
    expected[top:bottom, left:right] = laid(image, down, across, weights)[top:bottom, left:right]
    assert np.abs(rows[:, :width] - expected).max() <= 0.51
    assert (rows[:, width:] == 77).all()


def test_a_picture_of_one_colour_is_that_colour_in_every_look() -> None:
    plain = np.full((40, 60, 3), (250, 120, 30), np.uint8)
    for look in LOOKS:
        levels = look.matrix.to_ycbcr(Color(250, 120, 30), full_range=look.full_range)
        pictures = (fit(plain, look), SmallCopy(plain, Size(60, 40)).fit(look, placement=Placement(), color=BLACK))
        for picture in pictures:
            for plane, level in zip(picture.planes, levels, strict=True):
                assert np.abs(plane.rows.astype(int) - level).max() <= 1

"""A sender changes its picture's size, or is turned, in mid-call: every matting is right from the first picture on."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import av
import numpy as np
import pytest
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray
from PIL import Image

from tests.screens import GREEN, SKIN, drawn
from transforms.cells import Cells
from transforms.compositor import full_size
from transforms.effect import Color
from transforms.ffmpeg_key import FfmpegKeyer
from transforms.first_frames import FirstFramesPlate
from transforms.geometry import is_same_shape
from transforms.learned_plate import LearnedPlate
from transforms.looks import LOOKS_KEPT, Looks, scaled
from transforms.matting import Matte, Matting, NotReady, ScreenColor
from transforms.picture import Matrix, Picture, Size
from transforms.plate import PlateKeyer
from transforms.relative_key import RelativeKeyer
from transforms.sample import SampleCaller
from transforms.screen import ScreenKeyer

FULL, HALF, THIRD = Size(640, 360), Size(320, 180), Size(214, 120)
STEPS = (FULL, HALF, FULL, THIRD, HALF, THIRD, FULL)
TEAL = Color.parse("2a6a84")

Shown = tuple[Picture, NDArray[np.uint8]]


@cache
def _caller(size: Size, screen: Color | None) -> SampleCaller:
    return SampleCaller(size, screen=screen, matrix=Matrix.BT601)


@cache
def _sent(number: int, size: Size, screen: Color | None) -> Shown:
    """Frame `number` as its sender scales it, and its alpha."""
    frame, alpha = _caller(FULL, screen).frame(number)
    small = VideoReformatter().reformat(frame, *size, format="yuv420p", interpolation=Interpolation.BICUBIC)
    small.colorspace = frame.colorspace
    return Picture.of(small), np.asarray(Image.fromarray(alpha).resize(size, Image.Resampling.BOX))


@cache
def _empty(size: Size) -> Picture:
    """The room without her."""
    room = np.concatenate([band.transpose(1, 2, 0) for band in _caller(FULL, None)._scene])
    frame = av.VideoFrame(FULL.width, FULL.height, "yuv420p")
    picture = Picture.of(frame, matrix=Matrix.BT601)
    for plane, levels in zip(picture.planes, (room[..., 0], room[::2, ::2, 1], room[::2, ::2, 2]), strict=True):
        plane.rows[:] = np.clip(np.rint(levels), 0, 255)
    small = VideoReformatter().reformat(frame, *size, format="yuv420p", interpolation=Interpolation.BICUBIC)
    return Picture.of(small, matrix=Matrix.BT601)


def error(matte: Matte, alpha: NDArray[np.uint8]) -> float:
    """Thousandths, the mean over the picture."""
    height, width = alpha.shape
    full = full_size(matte.alpha, Size(width, height), np.zeros(alpha.shape, np.uint8))
    return float(1000 * np.abs(full.astype(float) - alpha).mean() / 255)


def first_frames() -> Matting:
    return PlateKeyer(FirstFramesPlate(6))


def learned() -> Matting:
    return PlateKeyer(LearnedPlate())


def fast() -> Matting:
    return RelativeKeyer(None)


def typed_fast() -> Matting:
    return RelativeKeyer(TEAL)


def found() -> Matting:
    return ScreenKeyer(None)


def typed() -> Matting:
    return ScreenKeyer(TEAL)


def exact() -> Matting:
    return FfmpegKeyer(TEAL, similarity=0.12, blend=0.05)


def shown_the_room(matting: Matting, size: Size, seconds: float) -> float:
    """Learn it; returns the stream's time afterwards."""
    random, now = np.random.default_rng(1), 0.0
    while now < seconds:
        now += 1 / 30
        picture = Picture.blank(size, matrix=Matrix.BT601, full_range=False)
        for plane, empty in zip(picture.planes, _empty(size).planes, strict=True):
            plane.rows[:] = np.clip(np.rint(empty.rows + random.normal(0, 1.0, empty.rows.shape)), 0, 255)
        try:
            matting.matte(picture, now)
        except NotReady:
            continue
    return now


def begun(make: Callable[[], Matting], size: Size) -> tuple[Matting, float]:
    """A matting, and the stream's time when it is ready for somebody to come in."""
    matting = make()
    if not isinstance(matting, PlateKeyer):
        return matting, 0.0
    return matting, shown_the_room(matting, size, 0.3 if isinstance(matting.plate, FirstFramesPlate) else 2.5)


@pytest.mark.parametrize("make", [found, typed, fast, typed_fast, exact, first_frames, learned])
def test_the_first_picture_of_a_size_is_as_right_as_if_there_had_been_no_other(make: Callable[[], Matting]) -> None:
    """And nothing is found or learned anew: no matte has anything to tell after the first size."""
    matting, now = begun(make, FULL)
    screen = None if isinstance(matting, PlateKeyer) else TEAL
    for step, size in enumerate(STEPS):
        other, begins = begun(make, size)
        for turn in range(4):
            now += 1 / 30
            picture, alpha = _sent(4 * step + turn, size, screen)
            matte, expected = matting.matte(picture, now), other.matte(picture, begins + (turn + 1) / 30)
            assert matte.is_sure, (step, turn, matte.reason)
            assert step == 0 or matte.note is None
            assert error(matte, alpha) < 1.3 * error(expected, alpha) + 1, (step, turn)


@pytest.mark.parametrize("make", [found, typed, fast, typed_fast, exact])
def test_a_phone_that_is_turned_keeps_its_key(make: Callable[[], Matting]) -> None:
    matting, number = make(), 0
    for size in (Size(180, 320), Size(320, 180)) * 3:
        other = make()
        for _ in range(3):
            frame, alpha = _caller(size, TEAL).frame(number)
            number += 1
            matte, expected = (keyer.matte(Picture.of(frame), number / 30) for keyer in (matting, other))
            assert matte.is_sure
            assert number == 1 or matte.note is None
            assert error(matte, alpha) < 1.3 * error(expected, alpha) + 1


@pytest.mark.parametrize(("keyer", "most"), [(ScreenKeyer(GREEN), 12), (RelativeKeyer(GREEN), 24)])
def test_the_light_under_a_hand_is_known_at_another_size(keyer: Matting, most: float) -> None:
    """It came in with the first picture of that size: only at the size before was there anything to be seen of it."""
    light = np.ones((120, 160))
    light[50:70, 70:90] = 1.5 if isinstance(keyer, RelativeKeyer) else 1.25
    for time in range(10):
        matte = keyer.matte(drawn(GREEN, SKIN, np.zeros_like(light), light=light), float(time))
    assert isinstance(matte.screen, ScreenColor)
    brightest = matte.screen.grid[0].max()
    hand = np.zeros((240, 320))
    hand[90:150, 130:190] = 1
    matte = keyer.matte(drawn(GREEN, SKIN, hand, light=light.repeat(2, 0).repeat(2, 1)), 10.0)
    assert isinstance(matte.screen, ScreenColor)
    assert abs(matte.screen.grid[0].max() - brightest) < most


def test_a_plate_taken_while_a_browser_finds_its_size_is_taken_once() -> None:
    """Its votes go from size to size: six pictures of three sizes make one plate."""
    plates = FirstFramesPlate(6)
    for number, size in enumerate((THIRD, THIRD, HALF, HALF, FULL)):
        with pytest.raises(NotReady, match=rf"{100 * (number + 1) // 6} %"):
            plates.observe(_empty(size), measured(_empty(size)), number / 30)
    plate = plates.observe(_empty(FULL), measured(_empty(FULL)), 1.0)
    assert plate.reason is None
    assert np.abs(plate.picture.y.rows.astype(float) - _empty(FULL).y.rows).mean() < 1


def measured(picture: Picture) -> Cells:
    cells = Cells(picture)
    cells.measure(picture)
    return cells


def test_a_turned_phone_has_no_plate_until_it_is_turned_back() -> None:
    matting = first_frames()
    shown_the_room(matting, FULL, 0.3)
    turned = Picture.blank(Size(180, 320), matrix=Matrix.BT601, full_range=False)
    with pytest.raises(NotReady, match="the picture has another shape than the plate"):
        matting.matte(turned, 1.0)
    picture, alpha = _sent(0, FULL, None)
    assert error(matting.matte(picture, 1.1), alpha) < 12


@pytest.mark.parametrize(
    ("size", "other", "is_same"), [(FULL, HALF, True), (FULL, THIRD, True), (FULL, Size(640, 480), False)]
)
def test_sizes_are_of_one_shape_to_the_rounding_of_their_sides(size: Size, other: Size, is_same: bool) -> None:
    assert is_same_shape(size, other) is is_same_shape(other, size) is is_same


@pytest.mark.parametrize("size", [HALF, THIRD, Size(1280, 720), FULL])
def test_a_scaled_picture_lies_where_it_lay(size: Size) -> None:
    picture, _ = _sent(0, FULL, None)
    there = scaled(picture, size)
    assert (there.size, there.matrix, there.full_range) == (size, picture.matrix, picture.full_range)
    back = scaled(there, FULL)
    for plane, again in zip(picture.planes, back.planes, strict=True):
        assert np.abs(plane.rows.astype(float) - again.rows).mean() < 4


def test_each_cell_is_found_in_the_other_size() -> None:
    large, small = Cells(_empty(FULL)), Cells(_empty(THIRD))
    assert (large.places_in(large) == np.arange(large.count)).all()
    places = large.places_in(small).reshape(large.shape)
    assert places[0, 0] == 0
    assert places[-1, -1] == small.count - 1
    rows, columns = places // small.shape[1], places % small.shape[1]
    assert (np.diff(rows, axis=0) >= 0).all()
    assert (np.diff(columns, axis=1) >= 0).all()


class Note:
    """Something known of a look."""

    def __init__(self, size: Size, *, is_ready: bool = True, of: Note | None = None) -> None:
        self.picture = Picture.blank(size, matrix=Matrix.BT601, full_range=False)
        self.is_ready = is_ready
        self.of = of

    def resized(self, picture: Picture, cells: Cells) -> Note:
        return Note(picture.size, is_ready=self.is_ready, of=self)


def at(looks: Looks[Note], size: Size) -> Note | None:
    picture = Picture.blank(size, matrix=Matrix.BT601, full_range=False)
    return looks.at(picture, Cells(picture))


def test_what_is_known_is_kept_for_its_size_and_made_of_the_largest_for_others() -> None:
    looks: Looks[Note] = Looks()
    assert at(looks, FULL) is None
    full = looks.keep(Note(FULL))
    half = at(looks, HALF)
    third = at(looks, THIRD)
    assert half is not None
    assert third is not None
    assert (half.of, third.of) == (full, full)
    assert at(looks, HALF) is half
    assert at(looks, FULL) is full
    assert at(looks, Size(180, 320)) is None


def test_what_is_of_use_goes_before_what_is_still_to_be_learned() -> None:
    looks: Looks[Note] = Looks()
    looks.keep(Note(FULL, is_ready=False))
    half = looks.keep(Note(HALF))
    assert looks.ready is half
    full = at(looks, FULL)
    assert full is not None
    assert full.of is half


def test_only_the_last_few_looks_are_kept() -> None:
    looks: Looks[Note] = Looks()
    first = looks.keep(Note(Size(64, 48)))
    for number in range(LOOKS_KEPT):
        looks.keep(Note(Size(80 + 2 * number, 200)))
    assert at(looks, Size(64, 48)) is None
    assert looks.ready is not first

"""The plate keyer: who differs from the empty room, in any light, and when it must not be trusted."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.rooms import exposed, room, shown
from tests.screens import BLACK, SIZE, SKIN, WHITE, bust, error
from transforms.cells import Cells
from transforms.compositor import composite
from transforms.effect import Color, Shadow
from transforms.first_frames import FirstFramesPlate
from transforms.matting import NotReady
from transforms.picture import Matrix, Picture, Size
from transforms.plate import PlateKeyer
from transforms.plate_image import plate_from_image
from transforms.rgb import picture_from_rgb

SHARED = Path(__file__).parents[1].parent / "shared"
EMPTY = 4
"""Pictures of the empty room before anyone comes in."""


def keyer(empty: Picture, *, count: int = EMPTY, shadow: Shadow = "remove") -> PlateKeyer:
    """One that has seen the empty room."""
    made = PlateKeyer(FirstFramesPlate(count), shadow=shadow)
    for time in range(count - 1):
        with pytest.raises(NotReady, match="learning the plate"):
            made.matte(shown(empty, seed=100 + time), time / 30)
    assert made.matte(shown(empty, seed=99), count / 30).is_sure
    return made


@pytest.mark.parametrize("person", [SKIN, BLACK, WHITE])
@pytest.mark.parametrize("gain", [0.8, 1.0, 1.2])
def test_whoever_comes_in_is_cut_out_in_any_light(person: Color, gain: float) -> None:
    mask, plate = bust(), keyer(room())
    for time in range(3):
        matte = plate.matte(shown(room(), exposed(gain, 0.03), person=person, mask=mask, seed=time), 1 + time / 30)
    assert matte.is_sure
    assert error(matte, mask) < 14


def test_an_empty_room_is_empty() -> None:
    plate = keyer(room())
    for time in range(5):
        matte = plate.matte(shown(room(), exposed(1 + 0.05 * time), seed=time), 1 + time / 30)
        assert matte.is_sure
        assert (matte.alpha == 0).mean() > 0.999


def test_a_cast_shadow_is_background() -> None:
    mask, plate = bust(), keyer(room())
    y, x = np.mgrid[: SIZE.height, : SIZE.width]
    light = 1 - 0.35 * np.exp(-(((x - 120) / 16) ** 2) - ((y - 60) / 40) ** 2)
    for time in range(3):
        matte = plate.matte(shown(room(), person=SKIN, mask=mask, light=light, seed=time), 1 + time / 30)
    assert error(matte, mask) < 16


def test_a_kept_shadow_darkens_the_new_background_by_as_much_as_it_did_the_room() -> None:
    """What comes through is the share of the light that the shadow leaves; the rest stays all background."""
    empty, background = room(), room(seed=3)
    plate = keyer(empty, shadow="keep")
    y, x = np.mgrid[: SIZE.height, : SIZE.width]
    light = 1 - 0.4 * np.exp(-(((x - 120) / 20) ** 2) - ((y - 50) / 30) ** 2)
    out = shown(empty)
    for time in range(3):
        picture = shown(empty, light=light, noise=0.5, seed=time)
        matte = plate.matte(picture, 1 + time / 30)
    composite(picture, background, matte, out)
    ideal = (background.y.rows - 16.0) * light + 16
    off = np.abs(out.y.rows - ideal)
    assert off.mean() < 3
    assert off[40:60, 110:130].mean() < 6 < np.abs(background.y.rows - ideal)[40:60, 110:130].mean() / 4
    assert (matte.alpha[:, :60] == 0).mean() > 0.99


def test_where_no_plate_is_known_the_person_is_what_joins_them() -> None:
    plate, mask = keyer(room()), bust()
    plate.matte(shown(room()), 0.5)
    known = plate.plate.observe(shown(room()), Cells(room()), 0.6).known
    cells = Cells(room())
    grid = known.reshape(cells.shape)
    grid[20:28, 16:24] = 0  # amid the body
    grid[2:6, 2:6] = 0  # far from it
    for time in range(3):
        matte = plate.matte(shown(room(), person=SKIN, mask=mask, seed=time), 1 + time / 30)
    assert matte.is_sure
    assert matte.alpha[80:112, 64:96].min() == 255
    assert matte.alpha[8:24, 8:24].max() == 0


def test_that_the_plate_is_learned_is_told_once() -> None:
    plate = PlateKeyer(FirstFramesPlate(3))
    notes = []
    for time in range(6):
        try:
            notes.append(plate.matte(shown(room(), seed=time), time / 30).note)
        except NotReady:
            notes.append("not ready")
    assert notes == ["not ready"] * 2 + ["the plate is learned"] + [None] * 3


def test_lights_off_and_on_again() -> None:
    mask, plate = bust(), keyer(room())
    lit = shown(room(), person=SKIN, mask=mask)
    dark = shown(room(), exposed(0.04), person=SKIN, mask=mask)
    mattes = [plate.matte(picture, 1 + time / 30) for time, picture in enumerate([lit] * 3 + [dark] * 5 + [lit] * 5)]
    assert [matte.is_sure for matte in mattes[:3]] == [True] * 3
    assert not any(matte.is_sure for matte in mattes[3:8])
    assert all(matte.reason for matte in mattes[3:8])
    assert mattes[-1].is_sure


@pytest.mark.parametrize("level", [16, 235])
def test_a_black_or_white_source_is_unsure(level: int) -> None:
    plate = keyer(room())
    flat = room()
    flat.y.rows[:], flat.cb.rows[:], flat.cr.rows[:] = level, 128, 128
    assert not plate.matte(flat, 1.0).is_sure


def test_another_room_is_unsure_and_the_first_is_sure_again() -> None:
    plate = keyer(room())
    for time in range(4):
        matte = plate.matte(shown(room(seed=7), seed=time), 1 + time / 30)
        assert not matte.is_sure
        assert matte.reason
    for time in range(6):
        matte = plate.matte(shown(room(), seed=time), 2 + time / 30)
    assert matte.is_sure


def test_a_person_who_fills_most_of_the_picture_is_still_cut_out() -> None:
    plate, mask = keyer(room()), np.ones((SIZE.height, SIZE.width))
    mask[:42], mask[:, :24] = 0, 0
    for time in range(3):
        matte = plate.matte(shown(room(), exposed(0.9), person=SKIN, mask=mask, seed=time), 1 + time / 30)
    assert matte.is_sure
    assert error(matte, mask) < 30


def test_a_person_who_covers_everything_is_unsure_and_says_why() -> None:
    plate = keyer(room())
    matte = plate.matte(shown(room(), person=SKIN, mask=np.ones((SIZE.height, SIZE.width))), 1.0)
    assert not matte.is_sure
    assert matte.reason


def test_a_frozen_source_keeps_its_matte() -> None:
    plate, mask = keyer(room()), bust()
    frozen = shown(room(), person=SKIN, mask=mask)
    for time in range(30):
        matte = plate.matte(frozen, 1 + time / 30)
        assert matte.is_sure
    assert error(matte, mask) < 14


def test_a_person_who_stands_still_is_never_taken_for_the_room() -> None:
    """Ten seconds, and the plate has gone on learning all the while."""
    plate, mask = keyer(room()), bust()
    for time in range(300):
        matte = plate.matte(shown(room(), person=SKIN, mask=mask, seed=time % 7), 1 + time / 30)
    assert error(matte, mask) < 14


def test_another_aspect_is_refused_in_words(tmp_path: Path) -> None:
    Image.new("RGB", (300, 100)).save(tmp_path / "plate.png")
    plate = PlateKeyer(plate_from_image(tmp_path / "plate.png"))
    with pytest.raises(NotReady, match="300x100"):
        plate.matte(shown(room()), 0.0)


def test_a_plate_of_another_size_is_scaled(tmp_path: Path) -> None:
    mask, path = bust(), tmp_path / "plate.png"
    patches = np.random.default_rng(0).integers(60, 200, (12, 16, 3)).astype(np.uint8)
    Image.fromarray(np.kron(patches, np.ones((20, 20, 1), np.uint8))).save(path)
    small = np.kron(patches, np.ones((10, 10, 1), np.uint8))
    empty = picture_from_rgb(small, matrix=Matrix.BT601, full_range=False)
    plate = PlateKeyer(plate_from_image(path))
    for time in range(3):
        matte = plate.matte(shown(empty, person=SKIN, mask=mask, seed=time), time / 30)
    assert matte.is_sure
    assert error(matte, mask) < 16


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), level=st.integers(0, 255))
def test_nothing_that_a_picture_holds_raises(seed: int, level: int) -> None:
    plate = keyer(room(), count=2)
    random = np.random.default_rng(seed)
    for time in range(4):
        picture = room(seed=seed)
        for plane in picture.planes:
            kind = random.integers(0, 3)
            plane.rows[:] = (
                level if kind == 0 else random.integers(0, 256, plane.rows.shape) if kind == 1 else plane.rows
            )
        matte = plate.matte(picture, 1.0 + time)
        assert matte.alpha.shape == (SIZE.height, SIZE.width)
        assert 0 <= matte.confidence <= 1


def test_a_picture_of_another_shape_is_not_held_to_the_plate() -> None:
    plate = PlateKeyer(FirstFramesPlate(1))
    for time, size in enumerate((Size(160, 120), Size(121, 77), Size(1, 1), Size(160, 120))):
        if size == Size(160, 120):
            matte = plate.matte(shown(room(size)), float(time))
            assert (matte.is_sure, matte.note) == (True, None)
            continue
        with pytest.raises(NotReady, match="the picture has another shape than the plate"):
            plate.matte(shown(room(size)), float(time))


def test_a_kept_shadow_leaves_the_person_as_they_are() -> None:
    mask, plate = bust(), keyer(room(), shadow="keep")
    for time in range(3):
        matte = plate.matte(shown(room(), person=SKIN, mask=mask, seed=time), 1 + time / 30)
    assert error(matte, mask) < 14


CLIPS = {"df_arch_c8": 3.6, "df_arch_denim": 4.8, "df_room_curly": 5.6, "df_room_long": 5.6}
"""Thousandths. The sketch in the shared folder reaches 14.9 on average, ffmpeg's backgroundkey, searched, 78."""


@pytest.mark.parametrize(("clip", "floor"), CLIPS.items())
def test_bench_clips_stay_under_their_error(clip: str, floor: float) -> None:
    """The first twelve pictures are the plate; mean over six of those after, as the light drifts by 10 %."""
    folder = SHARED / "bench" / clip
    if not folder.exists():
        pytest.skip("needs the shared folder beside the checkout")
    plate, errors = PlateKeyer(FirstFramesPlate(12)), []
    with av.open(str(folder / "in.mp4")) as pictures, av.open(str(folder / "alpha.mkv")) as truths:
        for number, (frame, truth) in enumerate(zip(pictures.decode(video=0), truths.decode(video=0), strict=True)):
            try:
                matte = plate.matte(Picture.of(frame), number / 25)
            except NotReady:
                assert number < 11
                continue
            assert matte.is_sure
            if number >= 12 and number % 4 == 0:
                errors.append(error(matte, truth.to_ndarray(format="gray") / 255))
    assert np.mean(errors) < floor

"""The caller's own room, out of focus."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tests.rooms import room
from tests.test_compositor import noise
from tests.twins.blur import blurred, most
from transforms import catalog, effect
from transforms.blur import blur_background
from transforms.kernels.blur import PASSES, average, divide, paint, smooth, turn
from transforms.matting import Matte
from transforms.picture import Look, Matrix, Picture, Size

PORTRAIT, LANDSCAPE, ODD = Size(360, 640), Size(640, 360), Size(173, 131)


def person(size: Size, *, soft: float = 3.0) -> NDArray[np.uint8]:
    """The alpha of somebody in the middle, their outline `soft` pixels wide."""
    x, y = np.meshgrid(np.arange(size.width) / size.width - 0.5, np.arange(size.height) / size.height - 0.6)
    inside = (1 - np.hypot(x / 0.25, y / 0.45)) * 0.25 * size.width
    return np.asarray(np.clip(inside / soft, 0, 1) * 255, np.uint8)


def before(behind: Picture, alpha: NDArray[np.uint8], colour: tuple[int, int, int]) -> Picture:
    """Somebody of one colour in front of a room."""
    out = Picture.blank(behind.size, matrix=behind.matrix, full_range=behind.full_range)
    for plane, room_plane, level in zip(out.planes, behind.planes, colour, strict=True):
        step = behind.y.width // plane.width
        cover = (alpha if step == 1 else alpha[::2, ::2]) / 255
        plane.rows[:] = np.round(cover * level + (1 - cover) * room_plane.rows)
    return out


def planes(picture: Picture) -> list[NDArray[np.int64]]:
    return [plane.rows.astype(int) for plane in picture.planes]


def difference(one: Picture, other: list[NDArray[np.int64]]) -> int:
    return max(int(np.abs(mine - its).max()) for mine, its in zip(planes(one), other, strict=True))


@settings(max_examples=40, deadline=None)
@given(
    width=st.integers(1, 90),
    height=st.integers(1, 90),
    cell=st.integers(1, 16),
    stay=st.floats(0.01, 0.75),
    halved=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_the_kernels_do_what_their_twin_says(
    width: int, height: int, cell: int, stay: float, halved: bool, seed: int
) -> None:
    size, random = Size(width, height), np.random.default_rng(seed)
    picture, of = noise(size, seed), size.chroma if halved else size
    alpha = random.choice([0, 1, 40, 63, 255], (of.height, of.width)).astype(np.uint8)
    alpha[: of.height // 2, : of.width // 2] = 255
    alpha[-2:, -2:] = 0
    rows, columns = -(-size.chroma.height // cell), -(-size.chroma.width // cell)
    y, cb, cr = picture.planes
    cells, turned = np.empty((rows, 4 * columns), np.float32), np.empty((columns, 4 * rows), np.float32)
    grid, lines = np.zeros((3, rows, columns), np.float32), np.empty((2, width + 1), np.uint16)
    source = (y.samples, y.stride, width, height, cb.samples, cr.samples, cb.stride, alpha.reshape(-1))
    average(*source, cell, lines, np.empty((4, size.chroma.width), np.uint16), cells, np.empty(4, np.float32))
    smooth(cells, stay, np.empty((PASSES, 4 * columns), np.float32))
    turn(cells, turned)
    smooth(turned, stay, np.empty((PASSES, 4 * rows), np.float32))
    divide(turned, 1.0, grid)
    out = Picture.blank(size, matrix=Matrix.BT601, full_range=False)
    for plane, levels, samples in zip(out.planes, grid, (2 * cell, cell, cell), strict=True):
        stretched = np.empty((2, plane.width), np.float32)
        paint(levels, samples, stretched, lines, plane.samples, plane.stride, plane.width, plane.height)
    for mine, its in zip(planes(out), blurred(picture, alpha, cell, stay), strict=True):
        assert np.abs(mine - its).max() <= 0.6


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("colour", [(235, 128, 128), (16, 128, 128), (80, 90, 240)])
def test_nothing_of_the_person_is_in_it(strength: float, colour: tuple[int, int, int]) -> None:
    behind, alpha = room(PORTRAIT), person(PORTRAIT, soft=6)
    alone = planes(blur_background(strength).picture(behind, Matte(alpha), 0.0))
    assert difference(blur_background(strength).picture(before(behind, alpha, colour), Matte(alpha), 0.0), alone) <= 2


@cache
def lettered(height: float) -> Picture:
    """A white wall full of black capitals, `height` of the short side tall."""
    picture = Picture.blank(LANDSCAPE, matrix=Matrix.BT709, full_range=False)
    drawn = Image.new("L", LANDSCAPE, 235)
    font = ImageFont.load_default(round(height * min(LANDSCAPE) / 0.72))  # its capitals are 0.72 em tall
    text = "\n".join(["HEBEN KREDIT FUND SAFE MIX"] * 12)
    ImageDraw.Draw(drawn).multiline_text((4, 4), text, fill=16, font=font, spacing=2)
    picture.y.rows[:] = np.asarray(drawn)
    return picture


def strokes(luma: NDArray[np.uint8], height: float) -> float:
    """The strongest contrast, in levels, of strokes half a letter apart, across or down."""
    step, levels = max(1, round(height * min(LANDSCAPE) / 4)), luma.astype(int)
    down = levels[2 * step :] - 2 * levels[step:-step] + levels[: -2 * step]
    across = levels[:, 2 * step :] - 2 * levels[:, step:-step] + levels[:, : -2 * step]
    return float(max(np.abs(down).max(), np.abs(across).max())) / 2


@pytest.mark.parametrize(
    ("height", "strength"),
    [(height, strength) for height in (1 / 40, 1 / 20, 1 / 10) for strength in (0.0, 0.25, 0.5, 0.75, 1.0)]
    + [(1 / 7, 0.5), (1 / 5, 1.0)],
)
def test_no_text_can_be_read_at_any_strength(height: float, strength: float) -> None:
    """What is left of 219 levels is less than an eye sees, and less than a codec keeps."""
    empty = np.zeros((LANDSCAPE.height, LANDSCAPE.width), np.uint8)
    assert strokes(lettered(height).y.rows, height) == 219
    assert strokes(blur_background(strength).picture(lettered(height), Matte(empty), 0.0).y.rows, height) <= 2


@pytest.mark.parametrize("full_range", [False, True])
def test_plain_grey_stands_where_nothing_is_known_of_the_room(full_range: bool) -> None:
    behind = room(ODD)
    source = Picture(*behind.planes, matrix=behind.matrix, full_range=full_range)
    everywhere = np.full((ODD.height, ODD.width), 255, np.uint8)
    background = blur_background(0.5)
    for matte in (None, Matte(everywhere), Matte(np.full((ODD.chroma.height, ODD.chroma.width), 64, np.uint8))):
        background.picture(source, Matte(person(ODD)), 0.0)  # what was seen before shows no more
        grey = background.picture(source, matte, 0.0)
        assert [set(np.unique(plane.rows)) for plane in grey.planes] == [{128 if full_range else 126}, {128}, {128}]


def test_it_is_of_each_picture_s_size_matrix_and_range() -> None:
    background = blur_background(0.5)
    for size in (PORTRAIT, LANDSCAPE, ODD, PORTRAIT):
        for matrix in Matrix:
            shown = background.picture(room(size, matrix=matrix), Matte(person(size)), 0.0)
            assert Look.of(shown) == Look(size, matrix, False)


@pytest.mark.parametrize("size", [PORTRAIT, ODD])
def test_a_matte_of_chroma_s_size_gives_the_same(size: Size) -> None:
    behind, alpha = room(size), person(size)
    whole = planes(blur_background(0.5).picture(behind, Matte(alpha), 0.0))
    assert difference(blur_background(0.5).picture(behind, Matte(most(alpha)), 0.0), whole) == 0


def test_a_matte_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="alpha of 9x7 does not fit 360x640"):
        blur_background(0.5).picture(room(PORTRAIT), Matte(np.zeros((7, 9), np.uint8)), 0.0)


def test_a_plain_wall_comes_out_plain() -> None:
    """Behind the person and along every border too: a normalised convolution darkens nothing."""
    wall = plain(180)
    for plane, level in zip(wall.planes[1:], (110, 150), strict=True):
        plane.rows[:] = level
    for strength in (0.0, 1.0):
        shown = blur_background(strength).picture(wall, Matte(person(ODD)), 0.0)
        assert [set(np.unique(plane.rows)) for plane in shown.planes] == [{180}, {110}, {150}]


def test_it_is_still_while_an_outline_trembles() -> None:
    """What noise does to a matte moves the room beside it by a level at most, and hardly ever by that."""
    behind, alpha, random = room(PORTRAIT), person(PORTRAIT, soft=6), np.random.default_rng(0)
    background, shown = blur_background(0.0), []
    for number in range(8):
        shaken = np.clip(alpha + random.normal(0, 12, alpha.shape) * (alpha > 0) * (alpha < 255), 0, 255)
        noisy = before(behind, alpha, (90, 110, 150))
        noisy.y.rows[:] = np.clip(noisy.y.rows + random.normal(0, 2, alpha.shape), 0, 255)
        shown.append(planes(background.picture(noisy, Matte(shaken.astype(np.uint8)), number / 30))[0])
    change = np.abs(np.diff(shown, axis=0))[:, alpha < 255]
    assert change.max() <= 1
    assert change.mean() < 0.02


def plain(level: int) -> Picture:
    wall = Picture.blank(ODD, matrix=Matrix.BT601, full_range=False)
    wall.y.rows[:] = level
    return wall


def test_a_lamp_that_is_lit_lights_the_room_within_a_third_of_a_second() -> None:
    background, matte = blur_background(0.5), Matte(person(ODD))
    background.picture(plain(60), matte, 0.0)
    levels = [int(background.picture(plain(160), matte, number / 30).y.rows[0, 0]) for number in range(1, 11)]
    assert levels == sorted(levels)
    assert levels[0] in range(86, 91)
    assert levels[-1] >= 156


def test_after_a_cover_nothing_is_remembered_of_the_room() -> None:
    background, matte = blur_background(0.5), Matte(person(ODD))
    background.picture(plain(60), matte, 0.0)
    background.picture(plain(60), None, 0.01)
    assert (background.picture(plain(160), matte, 0.02).y.rows == 160).all()


def test_the_same_moment_looks_the_same_again() -> None:
    """A snapshot is drawn once more at the time of the last picture."""
    background, matte = blur_background(0.5), Matte(person(ODD))
    background.picture(plain(60), matte, 0.0)
    shown = planes(background.picture(plain(160), matte, 0.03))
    assert difference(background.picture(plain(160), matte, 0.03), shown) == 0


def test_no_step_is_left_of_the_cells() -> None:
    """From sample to sample a blurred edge of 219 levels never rises by more than a Gaussian's steepest rise."""
    edge = Picture.blank(PORTRAIT, matrix=Matrix.BT601, full_range=False)
    edge.y.rows[:, PORTRAIT.width // 2 :] = 235
    empty = np.zeros((PORTRAIT.height, PORTRAIT.width), np.uint8)
    luma = blur_background(0.0).picture(edge, Matte(empty), 0.0).y.rows.astype(int)
    steepest = 219 / np.sqrt(2 * np.pi) / (min(PORTRAIT) / 14)
    assert np.diff(luma).max() <= steepest * 1.1 + 1
    assert not np.diff(luma, axis=0).any()


def test_behind_an_unsure_matte_all_is_grey() -> None:
    """Whatever is held or covered: before a room without a screen nothing of it is shown, blurred or not."""
    pipeline = catalog.pipeline(effect.Effect(effect.ScreenKey(effect.Color(0, 255, 0)), effect.BlurBackground(0)))
    try:
        for number in range(4):
            shown = pipeline(room(PORTRAIT), number / 30)
            assert shown.shown == "cover"
            assert [set(np.unique(plane.rows)) for plane in shown.picture.planes] == [{126}, {128}, {128}]
            del shown
    finally:
        pipeline.close()


def test_without_a_matting_the_picture_passes_as_it_is() -> None:
    pipeline, source = catalog.pipeline(effect.Effect(effect.NoMatting(), effect.BlurBackground(1))), room(PORTRAIT)
    shown = pipeline(source, 0.0)
    assert shown.shown == "passthrough"
    assert difference(shown.picture, planes(source)) == 0
    del shown
    pipeline.close()

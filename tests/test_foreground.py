"""The person alone: over black, and as straight colours beside alpha."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from transforms.compositor import chroma_alpha, composite
from transforms.foreground import straight
from transforms.matting import Matte
from transforms.picture import FramePool, Matrix, Picture, Size

SIZES = st.builds(Size, st.integers(1, 40), st.integers(1, 40))
PERSON, SCREEN = (150, 108, 156), (90, 160, 100)

Planes = list[NDArray[np.float64]]


def soft(size: Size, seed: int = 0) -> NDArray[np.uint8]:
    """An alpha that falls off from left to right over all of the picture, with holes."""
    alpha = np.linspace(300, -45, size.width)[None].repeat(size.height, 0).clip(0, 255)
    alpha[np.random.default_rng(seed).random(alpha.shape) < 0.1] = 0
    return alpha.astype(np.uint8)


def flat(*levels: int, size: Size, full_range: bool = False) -> Picture:
    picture = FramePool().lease(size, matrix=Matrix.BT709, full_range=full_range)
    for plane, level in zip(picture.planes, levels, strict=True):
        plane.rows[:] = level
    return picture


def over_black(picture: Picture, alpha: NDArray[np.uint8]) -> av.VideoFrame:
    """What the foreground view shows."""
    out, black = (flat(16, 128, 128, size=picture.size, full_range=picture.full_range) for _ in range(2))
    black.clear()
    composite(picture, black, Matte(alpha), out)
    assert out.frame is not None
    return out.frame


def planes(frame: av.VideoFrame) -> Planes:
    made = []
    for plane in frame.planes:
        samples = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)  # type: ignore[call-overload]
        made.append(samples[:, : plane.width].astype(float))
    return made


@settings(max_examples=25, deadline=None)
@given(size=SIZES, seed=st.integers(0, 1000), full_range=st.booleans(), full_chroma=st.booleans())
def test_alpha_times_what_comes_out_is_what_went_in(size: Size, seed: int, full_range: bool, full_chroma: bool) -> None:
    alpha = soft(size, seed)
    picture = flat(0, 0, 0, size=size, full_range=full_range)
    random, black = np.random.default_rng(seed), 0 if full_range else 16
    picture.y.rows[:] = random.integers(black, 236, picture.y.rows.shape)
    picture.cb.rows[:], picture.cr.rows[:] = random.integers(16, 241, (2, *picture.cb.rows.shape))
    shown = over_black(picture, alpha)
    y, cb, cr, beside = planes(straight(shown, alpha, full_chroma=full_chroma))
    assert (beside == alpha).all()
    np.testing.assert_allclose(black + (y - black) * alpha / 255, planes(shown)[0], atol=1.01)
    if not full_chroma:
        mixed = chroma_alpha(alpha) / 255
        kept = mixed * 255 >= 32
        for straightened, was in zip((cb, cr), planes(shown)[1:], strict=True):
            np.testing.assert_allclose((128 + (straightened - 128) * mixed)[kept], was[kept], atol=1.01)


@pytest.mark.parametrize("full_chroma", [True, False])
def test_a_person_of_one_colour_is_of_that_colour_to_the_last_trace_of_them(full_chroma: bool) -> None:
    """Though beyond the outline chroma is grey, for want of a person."""
    size = Size(96, 32)
    alpha = soft(size)
    y, cb, cr, _ = planes(straight(over_black(flat(*PERSON, size=size), alpha), alpha, full_chroma=full_chroma))
    seen = alpha >= 24
    assert np.abs(y - PERSON[0])[seen].max() <= 8  # half a level of 24
    if not full_chroma:
        cb, cr = (plane.repeat(2, 0).repeat(2, 1) for plane in (cb, cr))
    for plane, level in ((cb, PERSON[1]), (cr, PERSON[2])):
        assert np.abs(plane - level)[seen].max() <= 8


def test_nothing_of_the_room_lies_under_an_alpha_of_0() -> None:
    size = Size(64, 48)
    picture = flat(*SCREEN, size=size)
    picture.y.rows[::3] = 220
    alpha = np.zeros((48, 64), np.uint8)
    alpha[:, :20] = 255
    for full_chroma in (True, False):
        y, cb, cr, _ = planes(straight(over_black(picture, alpha), alpha, full_chroma=full_chroma))
        assert (y[:, 20:] == 16).all()
        beyond = 24 if full_chroma else 12
        assert (cb[:, beyond:] == 128).all()
        assert (cr[:, beyond:] == 128).all()


def test_time_matrix_and_range_are_the_frames() -> None:
    size = Size(16, 8)
    frame = over_black(flat(*PERSON, size=size, full_range=True), soft(size))
    frame.pts, frame.time_base = 1234, Fraction(1, 90000)
    out = straight(frame, soft(size), full_chroma=True)
    assert (out.format.name, out.pts, out.time_base) == ("yuva444p", 1234, Fraction(1, 90000))
    assert (out.colorspace, out.color_range) == (Colorspace.ITU709, ColorRange.JPEG)
    assert straight(frame, soft(size), full_chroma=False).format.name == "yuva420p"


def test_an_alpha_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="an alpha of 8x8 does not fit 16x8"):
        straight(over_black(flat(*PERSON, size=Size(16, 8)), soft(Size(16, 8))), soft(Size(8, 8)), full_chroma=True)

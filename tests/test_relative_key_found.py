"""The relative key before a colour that nobody typed."""

from __future__ import annotations

import numpy as np
import pytest

from tests.screens import BLUE, GREEN, SIZE, SKIN, TEAL, bust, drawn
from transforms.effect import Color
from transforms.key_search import CONFIRMED, OTHER
from transforms.matting import Matte
from transforms.picture import Picture
from transforms.relative_key import RelativeKeyer

MASK = bust()
GREY = Color.parse("808080")


def before(screen: Color, seed: int = 0) -> Picture:
    return drawn(screen, SKIN, MASK, noise=1.0, seed=seed)


def error(matte: Matte) -> float:
    """Mean absolute difference at the chroma samples, in thousandths."""
    return float(np.abs(matte.alpha / 255 - MASK[::2, ::2]).mean() * 1e3)


@pytest.mark.parametrize("screen", [TEAL, GREEN, BLUE])
def test_the_colour_is_found_in_the_first_picture_and_told_once(screen: Color) -> None:
    keyer = RelativeKeyer(None)
    mattes = [keyer.matte(before(screen, number), number / 30) for number in range(8)]
    assert all(matte.is_sure for matte in mattes)
    assert max(map(error, mattes)) < 25
    assert keyer.key_color is not None
    told = mattes[0].note or ""
    assert told.startswith("key colour ")
    assert told.endswith(" found, confidence 1.00")
    assert [matte.note for matte in mattes[1:]] == [None] * 7


def test_where_there_is_no_screen_nothing_is_keyed() -> None:
    keyer = RelativeKeyer(None)
    for number in range(8):
        matte = keyer.matte(before(GREY, number), number / 30)
        assert not matte.is_sure
        assert matte.reason
        assert (matte.alpha == 255).all()
        assert matte.note is None


def test_a_first_picture_that_lied_is_withdrawn() -> None:
    keyer = RelativeKeyer(None)
    keyer.matte(before(GREEN), 0.0)
    notes = [keyer.matte(before(BLUE, number), number / 30).note for number in range(1, CONFIRMED + 1)]
    assert any(note is not None and "withdrawn: " in note for note in notes)
    for number in range(10, 10 + CONFIRMED):
        matte = keyer.matte(before(BLUE, number), number / 30)
    assert matte.is_sure
    assert error(matte) < 25


def test_a_screen_that_comes_back_is_keyed_at_once() -> None:
    keyer = RelativeKeyer(None)
    for number in range(10):
        keyer.matte(before(TEAL, number), number / 30)
    for number in range(10, 40):
        assert not keyer.matte(before(GREY, number), number / 30).is_sure
    assert keyer.matte(before(TEAL, 40), 40 / 30).is_sure


def test_another_screen_is_keyed_once_it_was_there_for_a_while() -> None:
    keyer = RelativeKeyer(None)
    for number in range(10):
        keyer.matte(before(TEAL, number), number / 30)
    mattes = [keyer.matte(before(GREEN, number), number / 30) for number in range(10, 12 + OTHER)]
    assert not mattes[OTHER // 2].is_sure
    assert mattes[-1].is_sure
    assert error(mattes[-1]) < 25
    assert sum(matte.note is not None for matte in mattes) == 1


def test_after_closing_it_begins_anew() -> None:
    keyer = RelativeKeyer(None)
    keyer.matte(before(TEAL), 0.0)
    keyer.close()
    assert keyer.matte(before(TEAL), 1.0).alpha.shape == (SIZE.height // 2, SIZE.width // 2)

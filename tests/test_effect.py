"""What is asked of a picture, and what cannot be asked."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from transforms.effect import Color, Edge, EffectError, FirstFrames, PlateKey, ScreenKey


@pytest.mark.parametrize("typed", ["2a6a84", "0x2a6a84", "0X2A6A84", "#2a6a84"])
def test_a_colour_is_read_as_users_write_it(typed: str) -> None:
    assert Color.parse(typed) == Color(0x2A, 0x6A, 0x84)
    assert str(Color.parse(typed)) == "2a6a84"


def test_an_exact_colour_is_a_colour() -> None:
    assert ScreenKey(Color(0, 177, 64), exact=True).exact
    with pytest.raises(EffectError, match="an exact colour was asked for, but none was given"):
        ScreenKey(exact=True)


def test_a_plate_of_the_first_frames_is_learned_in_seconds() -> None:
    assert PlateKey(FirstFrames(600)).plate == FirstFrames(600)
    for count in (0, -1, 601):
        with pytest.raises(EffectError, match=f"a plate of the first {count} frames: expected 1 to 600"):
            FirstFrames(count)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Edge(clip=(0.5, 0.5)), "clip 0.5,0.5: expected 0 <= low < high <= 1"),
        (lambda: Edge(clip=(-0.1, 0.5)), "clip -0.1,0.5: expected"),
        (lambda: Edge(clip=(0.1, 1.5)), "clip 0.1,1.5: expected"),
        (lambda: Edge(clip=(math.nan, 1)), "clip nan,1: expected"),
        (lambda: Edge(shrink=20.5), "shrink 20.5 is outside -20 to 20 pixels"),
        (lambda: Edge(shrink=math.nan), "shrink nan is outside"),
        (lambda: Edge(feather=-1), "feather -1 is outside 0 to 20 pixels"),
        (lambda: Edge(feather=math.inf), "feather inf is outside"),
        (lambda: Edge(despill=1.01), "despill 1.01 is outside 0 to 1"),
    ],
)
def test_an_edge_that_cannot_be_names_what_is_wrong(make: Callable[[], Edge], sentence: str) -> None:
    with pytest.raises(EffectError, match=f"^{sentence}"):
        make()


def test_the_limits_themselves_are_allowed() -> None:
    Edge(clip=(0, 1), shrink=-20, feather=20, despill=0)
    Edge(clip=(0.99, 1), shrink=20, feather=0, despill=1)

"""From picture to picture: found, confirmed, withdrawn, lost, and found again."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from tests.screens import BLUE, GREEN, SKIN, TEAL, Mask, bust, drawn
from transforms.effect import Color, EffectError
from transforms.key_search import CONFIRMED, OTHER, KeyColorSearch, measure_key_color
from transforms.picture import Picture


def before(screen: Color, mask: Mask | None = None, *, seed: int = 0) -> Picture:
    return drawn(screen, SKIN, bust() if mask is None else mask, noise=1.0, seed=seed)


def room(seed: int = 0) -> Picture:
    return drawn(Color.parse("b09a80"), SKIN, bust(), noise=4.0, seed=seed)


def test_what_is_found_in_the_first_picture_is_used_and_confirmed_by_five() -> None:
    search = KeyColorSearch()
    for seed in range(CONFIRMED + 1):
        assert search.look(before(GREEN, seed=seed)).accepted
        assert search.is_confirming == (seed < CONFIRMED)
    key = search.key
    assert search.look(room()) is key, "a confirmed key is not measured again until it is lost"


@pytest.mark.parametrize("at", range(1, CONFIRMED + 1))
def test_another_screen_in_the_next_five_withdraws_it_at_once(at: int) -> None:
    search = KeyColorSearch()
    for seed in range(at):
        search.look(before(GREEN, seed=seed))
    found = search.look(before(BLUE))
    assert found.is_withdrawn
    assert not found.accepted
    assert "is seen now" in found.reasons[0]


def test_one_picture_without_a_screen_is_a_doubt_and_two_withdraw_it() -> None:
    search = KeyColorSearch()
    search.look(before(GREEN))
    assert search.look(room()).accepted
    found = search.look(room(1))
    assert found.is_withdrawn
    assert found.reasons[0].startswith("withdrawn: ")


def test_after_it_was_withdrawn_five_pictures_must_show_it() -> None:
    search = KeyColorSearch()
    for picture in (before(GREEN), room(), room(1)):
        search.look(picture)
    accepted = [search.look(before(GREEN, seed=seed)).accepted for seed in range(CONFIRMED + 1)]
    assert accepted == [False] * (CONFIRMED - 1) + [True] * 2


@pytest.mark.parametrize(("other", "needed"), [(GREEN, CONFIRMED), (BLUE, OTHER)])
def test_after_it_was_lost_another_hue_must_be_seen_for_long(other: Color, needed: int) -> None:
    search = KeyColorSearch()
    for seed in range(CONFIRMED + 1):
        search.look(before(GREEN, seed=seed))
    search.lose(search.key)
    accepted = [search.look(before(other, seed=seed)).accepted for seed in range(needed + 1)]
    assert accepted == [False] * (needed - 1) + [True] * 2


def test_a_typed_colour_is_believed_at_once_when_it_comes_back() -> None:
    search = KeyColorSearch(GREEN)
    search.look(before(GREEN))
    search.lose(search.key)
    assert search.look(before(GREEN)).accepted


def test_six_pictures_say_what_a_call_would_find() -> None:
    assert measure_key_color(before(TEAL, seed=seed) for seed in range(6)).accepted
    title = drawn(GREEN, SKIN, np.zeros_like(bust()))
    assert measure_key_color([title, *(before(TEAL, seed=seed) for seed in range(5))]).is_withdrawn is False
    assert not measure_key_color([title, before(TEAL)]).accepted
    assert not measure_key_color(room(seed) for seed in range(6)).accepted
    assert not measure_key_color([]).accepted
    with pytest.raises(EffectError, match="too grey"):
        measure_key_color([], seed=Color.parse("808080"))


def test_the_search_loads_no_alpha_core() -> None:
    """So that `keycolor` and the quick key compile nothing they do not use."""
    code = "import sys, transforms.key_search; print([name for name in sys.modules if 'unmix' in name])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"

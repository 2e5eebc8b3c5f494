from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks.quality import clips
from tests.benchmarks.quality.clips import GREEN, RECIPES, Clip
from tests.benchmarks.quality.composites import GREY, Ideal, ideals
from tests.benchmarks.quality.methods import Matted
from tests.benchmarks.quality.studio import BLACK, Recipe, Studio, halved
from transforms.effect import Color
from transforms.matting import Matte, ScreenColor
from transforms.picture import Size

SMALL = Size(128, 96)
EASY = Recipe("ck_easy", GREEN, SMALL, frames=4)
HARD = replace(EASY, name="ck_hard", is_veiled=True, is_windblown=True, shutter=0.6, sway=8, spill=0.4, shadow=0.4)


@cache
def studio(recipe: Recipe) -> Studio:
    """Painted once."""
    return Studio(recipe)


@pytest.mark.parametrize("recipe", [EASY, HARD], ids=lambda recipe: recipe.name)
def test_what_is_seen_of_the_screen_is_exactly_one_minus_alpha(recipe: Recipe) -> None:
    """Before two screens: the difference is the screens' own, weighted. Spill is the screen's, so it is left out."""
    dark, light = (studio(replace(recipe, screen=color, spill=0, shadow=0)) for color in (Color(0, 90, 20), GREEN))
    before, after = dark.shot(2), light.shot(2)
    assert (before.alpha == after.alpha).all()
    assert ((before.alpha > 0) & (before.alpha < 255)).mean() > 0.02
    bare = after.alpha == 0
    difference = after.seen - before.seen
    own = difference[:, bare][:, :1, None]
    assert np.abs(difference - (1 - after.alpha / 255) * own).max() < 1e-3


def test_spill_and_shadow_change_what_is_seen_and_nothing_of_the_truth() -> None:
    plain, lit = studio(replace(HARD, spill=0, shadow=0)).shot(1), studio(HARD).shot(1)
    assert (plain.alpha == lit.alpha).all() and (plain.person == lit.person).all()
    person, screen = lit.alpha == 255, lit.alpha == 0
    key = plain.seen[1:, screen].mean(axis=1)
    assert (key @ (lit.seen - plain.seen)[1:, person]).mean() > 0.005 * (key @ key)  # greener
    shade = lit.seen[0, screen] - plain.seen[0, screen]
    assert shade.min() < -10 and shade.max() < 1e-3


def test_a_shot_is_its_person_over_what_is_behind() -> None:
    shot = studio(EASY).shot(0)
    share = shot.alpha / np.float32(255)
    behind = shot.seen[:, shot.alpha == 0][:, :1, None]
    assert np.abs(shot.seen - shot.person - (1 - share) * behind).max() < 1e-3


def test_a_shot_depends_on_its_number_alone() -> None:
    one, other = studio(HARD), Studio(HARD)
    other.shot(0)
    first, second = one.shot(3), other.shot(3)
    assert (first.seen == second.seen).all()
    pictures = one.picture(3, first), other.picture(3, second)
    assert all((a.rows == b.rows).all() for a, b in zip(pictures[0].planes, pictures[1].planes, strict=True))


def test_nothing_moves_while_she_holds_still() -> None:
    still = studio(replace(EASY, name="ck_still", frames=80, hold=(1.0, 2.0)))
    held = still.recipe.held
    assert held == range(25, 50)
    alphas = [still.shot(number).alpha for number in (held.start, held.stop - 1, held.stop + 8)]
    assert (alphas[0] == alphas[1]).all() and (alphas[0] != alphas[2]).any()
    pictures = [still.picture(number, still.shot(number)).y.rows for number in (25, 26)]
    assert (pictures[0] != pictures[1]).mean() > 0.3  # the camera's noise goes on


def test_the_plate_is_empty_and_the_light_drifts_after_it() -> None:
    room = studio(Recipe("df_small", None, SMALL, frames=30, plate=4, drift=0.1))
    assert not room.shot(3).alpha.any() and room.shot(28).alpha.any()
    plate, late = room.shot(0), room.shot(28)
    bare = late.alpha == 0
    gain = late.seen[0, bare].mean() / plate.seen[0, bare].mean()
    assert 1.06 < gain < 1.1
    assert late.seen[2, bare].mean() > plate.seen[2, bare].mean()  # and it turns warmer


def test_a_shaking_camera_moves_the_room_by_less_than_its_margin() -> None:
    steady, shaking = (studio(Recipe("df_shake", None, SMALL, plate=4, shake=shake)) for shake in (0, 1.5))
    one, other = steady.shot(1).seen[0], shaking.shot(1).seen[0]
    assert 0.5 < np.abs(one - other).mean() < 20
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.9  # the same room


@cache
def clip(directory: Path) -> Clip:
    return clips.draw(replace(EASY, frames=52), directory, frames=52)


@pytest.fixture(scope="module")
def easy(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return clip(tmp_path_factory.mktemp("clips"))


def test_a_clip_is_coded_as_a_call_codes_it(easy: Clip) -> None:
    assert len(easy.pictures) == len(easy.truth) == 52
    assert [number for number, is_key in enumerate(easy.is_keyframe) if is_key] == [0, 50]
    assert easy.path.stat().st_size * 8 * 25 / 52 < 1.3 * EASY.bitrate
    shot = studio(EASY).shot(1)
    assert easy.studio is not None and (easy.truth[1] == shot.alpha).all()
    for plane, drawn, black in zip(easy.pictures[1].planes, halved(shot.seen), BLACK.flat, strict=True):
        assert np.abs(plane.rows - (drawn + black)).mean() < 3


def test_the_measured_key_is_what_the_codec_left_of_the_screen(easy: Clip) -> None:
    nominal = easy.pictures[0].matrix.to_ycbcr(GREEN, full_range=False)
    assert np.abs(np.subtract(easy.key, nominal)).max() <= 2


def test_the_true_matte_shows_the_true_composite(easy: Clip) -> None:
    ideal = ideals(easy)[0]
    alpha, picture = easy.truth[0], easy.pictures[0]
    grid = np.array(easy.key, np.float32)[:, None, None]
    true = ideal.fringe(Matted(alpha, Matte(alpha, ScreenColor(grid)), picture))
    kept = ideal.fringe(Matted(alpha, Matte(alpha), picture))
    nothing = np.zeros_like(alpha)
    lost = ideal.fringe(Matted(nothing, Matte(nothing), picture))
    assert max(true.red, true.grey, true.white) < 1
    assert kept.residue > 2 * true.residue and kept.grey > true.grey  # the screen's share was left in
    assert lost.white > 20 * true.white


def test_the_residue_is_the_share_of_the_screens_chroma(easy: Clip) -> None:
    """All of the screen left in: in the band its chroma is seen as far as the person does not cover it."""
    shot = studio(EASY).shot(0)
    opaque = np.full_like(shot.alpha, 255)
    all_in = Ideal(easy, 0, shot).fringe(Matted(opaque, Matte(opaque), easy.pictures[0])).residue
    assert 30 < all_in < 70


def test_every_recipe_can_be_told_by_its_name() -> None:
    assert all(name.startswith("ck_") == (recipe.screen is not None) for name, recipe in RECIPES.items())
    assert {recipe.size.width > recipe.size.height for recipe in RECIPES.values()} == {True, False}
    assert all(recipe.plate == clips.PLATE for name, recipe in RECIPES.items() if name.startswith("df_"))
    drifting, steady = RECIPES["df_room_drift"], RECIPES["df_room_enters"]
    assert replace(drifting, name=steady.name, drift=0) == steady  # what drift costs can be read off
    held = RECIPES["ck_blue_hold"]
    assert held.frames >= 250 and len(held.held) == 75
    assert any(number % clips.KEYFRAMES == 0 for number in held.held[1:])


def test_a_recorded_clip_is_read(tmp_path: Path, easy: Clip) -> None:
    if not clips.BENCH.is_dir():
        pytest.skip("the shared folder beside the checkout has no bench")
    names = [name for name in clips.names(clips.BENCH) if name.startswith("bench:")]
    recorded = clips.make(names[0], tmp_path, is_quick=True)
    assert len(recorded.pictures) == len(recorded.truth) == recorded.plate + clips.QUICK
    assert recorded.shot(0) is None and ideals(recorded) == {}
    assert GREY is not None and easy.shot(0) is not None

"""How long cells keep still, in any light; which of them hang together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.footage import Footage, Person, cover_of, measured
from tests.twins import stillness as twin
from transforms.kernels.stillness import flood, follow, label, settle
from transforms.patches import Patches
from transforms.stillness import Stillness

SEEDS = st.integers(0, 2**32 - 1)
SIDES = st.integers(1, 30)


@settings(max_examples=30, deadline=None)
@given(count=st.integers(1, 50), seed=SEEDS)
def test_cells_are_followed_as_their_twins(count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    moments = random.normal(0, 20, (9, count)).astype(np.float32)
    moments[3] = moments[0] ** 2 + random.uniform(0, 100, count)
    gain, offset, tint = random.uniform(0.5, 2, 3), random.normal(0, 5, 3), random.normal(0, 0.05, 2)
    undo = np.concatenate((1 / gain, offset, tint)).astype(np.float32)
    anchor = random.uniform(50, 200, (4, count)).astype(np.float32)
    smooth = anchor + random.normal(0, 3, anchor.shape).astype(np.float32)
    seen = twin.look(moments.astype(np.float64), gain, offset, tint)
    after = smooth + 0.35 * (seen - smooth)
    sudden, off = np.zeros(count, np.float32), np.zeros((3, count), np.float32)
    follow(moments, undo, smooth, anchor, sudden, off)
    assert np.allclose(smooth, after, atol=0.05)
    assert np.allclose(sudden, np.abs(seen - anchor)[:3].max(axis=0), atol=0.05)
    differences = np.abs(after - anchor)
    ideal = np.stack((differences[0], np.maximum(differences[1], differences[2]), differences[3]))
    assert np.allclose(off, ideal, atol=0.05)


def test_a_cell_beyond_a_limit_begins_anew_and_the_others_wait_on() -> None:
    smooth = np.array([[10, 20, 30, 40]] * 4, np.float32)
    anchor = smooth - np.array([0, 1, 2, 0], np.float32)
    off = np.array([[0, 1, 2, 0], [0, 0, 0, 3], [0, 0, 0, 0]], np.float32)
    sudden = np.array([0, 0, 11, 0], np.float32)
    looks, quiet, strong = (np.full(4, value, np.float32) for value in (3, 1.0, 60.0))
    settle(smooth, off, sudden, np.full(3, 1.5, np.float32), 0.5, 0.1, anchor, looks, quiet, strong)
    assert quiet.tolist() == [1.5, 1.5, 0, 0]
    assert strong.tolist() == [60.5, 60.5, 0, 60.5]
    assert looks.tolist() == [4, 4, 1, 1]
    assert anchor[0].tolist() == [10, 19.25, 30, 40]


@settings(max_examples=40, deadline=None)
@given(rows=SIDES, columns=SIDES, share=st.floats(0.2, 0.9), seed=SEEDS)
def test_floods_and_labels_are_their_twins(rows: int, columns: int, share: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    passable, seeds = random.random((rows, columns)) < share, random.random((rows, columns)) < 0.1
    out, (stack, numbers) = np.zeros(seeds.size, np.uint8), (np.zeros(seeds.size, np.int32) for _ in range(2))
    flood(seeds.view(np.uint8).reshape(-1), passable.view(np.uint8).reshape(-1), columns, rows, stack, out)
    assert (out.reshape(rows, columns) == twin.flooded(seeds, passable)).all()
    label(passable.view(np.uint8).reshape(-1), columns, rows, stack, numbers)
    pairs = set(zip(numbers.tolist(), twin.labelled(passable).reshape(-1).tolist(), strict=True))
    assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})


def test_a_room_is_still_and_a_breath_is_not() -> None:
    footage = Footage()
    still: Stillness | None = None
    for number in range(60):
        person = Person(breath=0.004 * np.sin(2 * np.pi * number / 60))
        cells = measured(footage.frame(person))
        still = still or Stillness(cells)
        still.look(cells, number / 15)
    assert still is not None
    cover = cover_of(Person(), cells, footage.size)
    moved = Patches(cells.shape).without_specks(still.quiet < 3, least=4)
    assert moved[cover == 0].mean() < 0.01
    assert moved[(cover > 0.2) & (cover < 0.8)].mean() > 0.2


@pytest.mark.parametrize("flicker", [0.05, 0.15])
def test_light_that_flickers_is_no_motion(flicker: float) -> None:
    footage = Footage()
    still: Stillness | None = None
    for number in range(45):
        cells = measured(footage.frame(gain=1 + flicker * np.sin(number)))
        still = still or Stillness(cells)
        still.look(cells, number / 15)
    assert still is not None
    assert not Patches(cells.shape).without_specks(still.quiet < 2, least=4).mean() > 0.005


def test_the_very_same_picture_may_be_no_time() -> None:
    cells = measured(Footage().frame())
    still = Stillness(cells)
    for number in range(30):
        still.look(cells, number / 15, frozen_is_still=number < 10)
    assert still.quiet.max() == pytest.approx(9 / 15, abs=0.01)


def test_what_moves_casts_a_shadow_over_where_its_person_may_be() -> None:
    patches = Patches((20, 20))
    moving = np.zeros((20, 20), np.bool_)
    moving[10, 9:11] = True
    shadow = patches.shadow(moving.reshape(-1), headroom=0.2).reshape(20, 20)
    assert shadow[10, 9:11].all()
    assert shadow[13, 6:14].all()
    assert not shadow[13, :6].any()
    assert shadow[6:10, 9:11].all()
    assert not shadow[:6].any()
    assert not patches.shadow(np.zeros(400, np.bool_), headroom=0.2).any()


def test_specks_fall_away_and_what_lies_off_the_edge_is_enclosed() -> None:
    patches = Patches((9, 9))
    ring = np.zeros((9, 9), np.bool_)
    ring[2:7, 2:7] = True
    ring[3:6, 3:6] = False
    speck = ring.copy()
    speck[0, 8] = True
    assert (patches.without_specks(speck.reshape(-1)) == ring.reshape(-1)).all()
    outside = patches.joined_to_edge(~ring.reshape(-1)).reshape(9, 9)
    assert outside[8].all()
    assert not outside[3:6, 3:6].any()
    open_below = ring.copy()
    open_below[6:, 4] = False
    open_below[7:, :4] = open_below[7:, 5:] = True
    assert not patches.joined_to_edge(~open_below.reshape(-1)).reshape(9, 9)[4, 4]

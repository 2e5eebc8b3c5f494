"""Chances gathered over time: what stays is remembered, what changes is not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.twins import steady as twin
from transforms.kernels.steady import compare_seen, gather_evidence, show_evidence, weigh
from transforms.person.sampling import Box
from transforms.person.steadying import Steadying
from transforms.picture import Matrix, Picture, Size

SIZE = Size(320, 180)
RATE = 30
Answer = NDArray[np.float32]


def plain(level: int = 120) -> Picture:
    picture = Picture.blank(SIZE, matrix=Matrix.BT709, full_range=False)
    picture.y.rows[:] = level
    return picture


def answer(chance: float) -> Answer:
    return np.full((18, 32), chance, np.float32)


class Stream:
    """Pictures at 30 a second."""

    def __init__(self) -> None:
        self.steadying, self.time = Steadying(), 0.0

    def show(
        self, picture: Picture, said: float, *, box: Box | None = None, after: float = 1 / RATE
    ) -> NDArray[np.uint8]:
        self.time += after
        self.steadying.watch(picture, self.time)
        return self.steadying.add(picture, answer(said), box or Box.whole(picture.size)).copy()


def test_the_first_answer_counts_at_once() -> None:
    assert Stream().show(plain(), 1.0).min() == 255
    assert Stream().show(plain(), 0.1).max() == 0


def test_one_mistaken_answer_changes_nothing_where_nothing_moved() -> None:
    stream = Stream()
    for _ in range(10):
        stream.show(plain(), 0.0)
    assert stream.show(plain(), 1.0).max() == 0


def test_a_person_does_not_blink() -> None:
    stream = Stream()
    for _ in range(10):
        stream.show(plain(), 1.0)
    assert stream.show(plain(), 0.0).min() == 255


def test_what_is_said_every_other_time_is_room() -> None:
    stream = Stream()
    for _ in range(10):
        last = stream.show(plain(), 1.0), stream.show(plain(), 0.0)
    assert max(each.max() for each in last) < 128


def test_where_something_moved_only_the_new_answer_counts() -> None:
    stream, arm = Stream(), plain()
    arm.y.rows[60:120, 100:200] = 60
    for _ in range(10):
        stream.show(plain(), 0.0)
    chance = stream.show(arm, 1.0)
    assert chance[70:110, 110:190].min() == 255
    assert chance[:50].max() == 0


def test_what_moved_is_told() -> None:
    steadying, arm = Steadying(), plain()
    arm.y.rows[60:120, 100:200] = 60
    assert not steadying.watch(plain(), 0.0).any()
    steadying.add(plain(), answer(0), Box.whole(SIZE))
    moved = steadying.watch(arm, 0.1)
    assert moved[32:58, 52:98].all()
    assert not moved[:28].any()


def test_noise_is_no_movement() -> None:
    stream, random = Stream(), np.random.default_rng(0)
    for _ in range(12):
        noisy = plain()
        noisy.y.rows[:] = np.clip(random.normal(120, 3, noisy.y.rows.shape), 0, 255).astype(np.uint8)
        last = stream.show(noisy, 0.0)
    assert stream.show(noisy, 1.0).mean() < 5
    assert last.max() == 0


def test_the_room_beside_the_box_is_nobody() -> None:
    chance = Stream().show(plain(), 1.0, box=Box(100, 50, 80, 60))
    assert chance[52:108, 102:178].min() == 255
    assert chance[:, :98].max() == chance[:48].max() == 0


def test_what_was_not_looked_at_is_as_it_was() -> None:
    stream, elsewhere = Stream(), Box(0, 0, 60, 60)
    for _ in range(5):
        stream.show(plain(), 0.0, box=elsewhere)
    assert stream.show(plain(), 1.0)[70:, 70:].min() == 255


def test_the_part_of_the_people_that_was_not_looked_at_is_as_it_was() -> None:
    stream, people = Stream(), Box(20, 20, 200, 100)
    left, right = Box(20, 20, 100, 100), Box(120, 20, 100, 100)
    stream.show(plain(), 1.0, box=left)
    stream.time += 1 / RATE
    stream.steadying.watch(plain(), stream.time)
    chance = stream.steadying.add(plain(), answer(1.0), right, people=people)
    assert chance[22:118, 22:218].min() == 255
    assert chance[:18].max() == chance[:, 222:].max() == 0


def test_what_was_said_long_ago_does_not_count() -> None:
    stream = Stream()
    for _ in range(10):
        stream.show(plain(), 0.0)
    assert stream.show(plain(), 1.0, after=30.0).min() == 255


def test_forgotten_is_nobody_and_the_next_answer_counts() -> None:
    stream = Stream()
    kept = stream.steadying.add(plain(), answer(1), Box.whole(SIZE))
    stream.steadying.forget()
    assert kept.max() == 0
    assert stream.show(plain(), 1.0).min() == 255


def test_a_picture_of_another_shape_begins_anew() -> None:
    stream = Stream()
    stream.show(plain(), 0.0)
    tall = Picture.blank(Size(180, 320), matrix=Matrix.BT709, full_range=False)
    chance = stream.show(tall, 1.0)
    assert chance.shape == (320, 180)
    assert chance.min() == 255


def test_kernels_do_what_numpy_does() -> None:
    random = np.random.default_rng(4)
    rows, columns = 7, 11
    now, before = (random.uniform(0, 9, (rows, columns)).astype(np.float32) for _ in range(2))
    shares = random.uniform(0, 0.5, (rows, columns)).astype(np.float32)
    seen, kept = before.copy().reshape(-1), np.ones(rows * columns, np.float32)
    lines = np.empty((2, columns + 2), np.float32)
    compare_seen(now.reshape(-1), columns, rows, 1.0, 3.0, 0.1, lines, shares.reshape(-1), seen, kept)
    doubles = (each.astype(np.float64) for each in (now, before, shares))
    stays, follows = twin.seen(*doubles, same=1.0, other=3.0, slowest=0.1)
    assert np.allclose(kept.reshape(rows, columns), stays, atol=1e-4)
    assert np.allclose(seen.reshape(rows, columns), follows, atol=1e-3)
    counts = np.full(kept.shape, 4, np.float32)
    weights = np.empty_like(counts)
    weigh(kept, columns, rows, 2, 1, 9, 5, 0.5, 0.25, counts, weights)
    looked_at = np.zeros((rows, columns), np.bool_)
    looked_at[1:5, 2:9] = True
    assert np.allclose(counts, np.maximum(4 * kept * 0.5, 0.25) + looked_at.reshape(-1))
    assert np.allclose(weights[looked_at.reshape(-1)], 1 / counts[looked_at.reshape(-1)])
    assert not weights[~looked_at.reshape(-1)].any()


def test_the_answer_is_gathered_as_numpy_gathers_it() -> None:
    random = np.random.default_rng(5)
    said, evidence = random.random((5, 6)).astype(np.float32), random.random((10, 14)).astype(np.float32)
    shares = random.random((5, 7)).astype(np.float32)
    # Cells 2..12 across and 3..8 down, of an answer that is 6 by 5 there.
    x = np.clip((np.arange(10) + 0.5) * 6 / 10 - 0.5, 0, 5)
    y = np.clip((np.arange(5) + 0.5) * 5 / 5 - 0.5, 0, 4)
    before_x, before_y = np.minimum(x.astype(np.int32), 4), np.minimum(y.astype(np.int32), 3)
    kept, chance = evidence.copy().reshape(-1), np.empty(140, np.uint8)
    gather_evidence(
        said.reshape(-1), 6, before_y, (y - before_y).astype(np.float32), before_x, (x - before_x).astype(np.float32),
        2, 3, 14, shares.reshape(-1), 2, np.empty((2, 14), np.float32), kept,
    )  # fmt: skip
    spread = np.repeat(np.repeat(shares, 2, 0), 2, 1).astype(np.float64)
    doubles = (each.astype(np.float64) for each in (said, evidence, spread))
    expected = twin.gathered(*doubles, left=2, top=3, right=12, bottom=8)
    assert np.allclose(kept.reshape(10, 14), expected, atol=1e-5)
    looks = np.ones((5, 7), np.float32)
    looks[1, 2] = 0
    show_evidence(14, 10, 1, 1, 13, 9, 2, 0.6, 2.0, looks.reshape(-1), kept, chance)
    shown = np.zeros(expected.shape)
    shown[1:9, 1:13] = 255 * np.clip((expected - 0.6) * 2 + 0.5, 0, 1)[1:9, 1:13]
    shown[2:4, 4:6] = 0
    assert np.abs(chance.reshape(10, 14) - shown).max() <= 0.51

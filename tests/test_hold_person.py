"""Whom and what a camera may show a person matting: the room never leaves, and nobody leaves a ghost."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image, ImageFilter

from tests.company import SIZE, Shot, Truth, call, crowd, empty, flat, lit, near, noise, with_photograph
from tests.drawn_tflite import drawn_tflite
from tests.mattings import BACKDROP
from tests.peers.programs import require_mediapipe
from transforms import catalog
from transforms.effect import ColorBackground, Effect, EffectError, MediapipeKey, SelfieKey
from transforms.effect import Matting as Key
from transforms.picture import Matrix, Picture, Size
from transforms.pipeline import Shown

BEGINNING, DURING = 8, 6
"""Pictures of a call before anything happens, and until it is over."""

FRINGE = 6
"""Samples around the person in which hair and a soft edge are."""

MOST_ROOM, MOST_MISSING = 0.004, 0.03
"""Shares of the room beyond that fringe that may show in any picture, and of the person that may not."""


class Seen(NamedTuple):
    """What was shown of one picture; the shares shown of the room and missing of the person."""

    shown: Shown
    room: float
    missing: float
    reason: str | None


@pytest.fixture(autouse=True)
def _strict_arithmetic() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


def watch(shots: Iterable[Shot], key: Key | None = None) -> list[Seen]:
    effect = Effect(key or SelfieKey(), ColorBackground(BACKDROP), view="alpha", on_unsure="cover")
    pipeline = catalog.pipeline(effect)
    seen = []
    for number, (picture, truth) in enumerate(shots):
        rendered = pipeline(picture, number / 30)
        assert np.isfinite(rendered.confidence)
        seen.append(Seen(rendered.shown, *shares(rendered.picture.y.rows, truth), rendered.reason))
    pipeline.close()
    return seen


def shares(alpha: Truth, truth: Truth) -> tuple[float, float]:
    """Of the room, beyond the fringe, what `alpha` shows; of the person what it does not."""
    near_person = Image.fromarray((truth > 5).astype(np.uint8) * 255).filter(ImageFilter.BoxBlur(FRINGE))
    far, core = np.asarray(near_person) == 0, truth == 255
    room = float(alpha[far].mean()) / 255 if far.any() else 0.0
    return room, 1 - float(alpha[core].mean()) / 255 if core.any() else 0.0


def most_room(seen: Iterable[Seen]) -> float:
    return max(each.room for each in seen)


def gains(*runs: tuple[int, float]) -> Iterator[float]:
    """So many pictures with each gain."""
    return chain.from_iterable(repeat(gain, count) for count, gain in runs)


NOBODY: dict[str, Callable[[], Iterator[Shot]]] = {
    "a room": lambda: empty(DURING),
    "a photograph of somebody on its wall": lambda: with_photograph(empty(DURING)),
    "black": lambda: flat(DURING, 16),
    "white": lambda: flat(DURING, 235),
    "skin all over": lambda: flat(DURING, 150, 110, 155),
    "noise": lambda: noise(DURING),
    "a caller in darkness": lambda: lit(call(range(DURING)), repeat(0.04, DURING)),
}


@pytest.mark.parametrize("name", NOBODY)
def test_where_nobody_is_seen_the_background_is_alone(name: str) -> None:
    seen = watch(NOBODY[name]())
    assert most_room(seen) == 0
    if "darkness" in name:
        assert {(each.shown, each.reason) for each in seen} == {("cover", "too dark to see anybody")}


COMPANY: dict[str, Callable[[], Iterator[Shot]]] = {
    "a caller": lambda: call(range(BEGINNING)),
    "a face that fills the picture": lambda: near(range(BEGINNING)),
    "a photograph of another behind her": lambda: with_photograph(call(range(BEGINNING))),
    "a lamp that flickers": lambda: lit(call(range(BEGINNING)), gains(*[(1, 1.0), (1, 0.7)] * (BEGINNING // 2))),
    "half the light": lambda: lit(call(range(BEGINNING)), repeat(0.4, BEGINNING)),
}


@pytest.mark.parametrize("name", COMPANY)
def test_who_is_there_is_shown_from_the_first_picture_on_and_nothing_else(name: str) -> None:
    seen = watch(COMPANY[name]())
    assert {each.shown for each in seen} == {"composite"}
    assert most_room(seen) < MOST_ROOM
    assert max(each.missing for each in seen) < MOST_MISSING


def test_a_crowd_is_shown_and_the_room_above_it_is_not() -> None:
    """What shows between ten heads is no wider than they are apart."""
    seen = watch(crowd(BEGINNING))
    assert {each.shown for each in seen} == {"composite"}
    assert most_room(seen) < 5 * MOST_ROOM
    assert max(each.missing for each in seen) < 2 * MOST_MISSING


INTERRUPTIONS: dict[str, Callable[[], Iterator[Shot]]] = {
    "nobody": lambda: empty(DURING),
    "somebody else elsewhere": lambda: call(range(DURING), seed=3),
    "an empty place elsewhere": lambda: empty(DURING, seed=3),
    "the light out": lambda: lit(call(range(BEGINNING, BEGINNING + DURING)), repeat(0.04, DURING)),
    "a flash": lambda: lit(call(range(BEGINNING, BEGINNING + DURING)), gains((2, 1.0), (1, 1.7), (3, 1.0))),
    "black": lambda: flat(DURING, 16),
    "red": lambda: flat(DURING, 90, 100, 220),
    "noise": lambda: noise(DURING),
}


@pytest.mark.parametrize("name", INTERRUPTIONS)
def test_what_happens_in_between_shows_nothing_and_leaves_nothing(name: str) -> None:
    after = range(BEGINNING + DURING, BEGINNING + 2 * DURING)
    seen = watch(chain(call(range(BEGINNING)), INTERRUPTIONS[name](), call(after)))
    assert most_room(seen) < MOST_ROOM
    assert {each.shown for each in seen[BEGINNING + DURING :]} == {"composite"}
    assert max(each.missing for each in seen[BEGINNING + DURING + 2 :]) < MOST_MISSING


def test_a_camera_that_is_pushed_shows_no_room() -> None:
    def pushed(shot: Shot) -> Shot:
        picture, truth = shot
        for plane, by in zip(picture.planes, (40, 20, 20), strict=True):
            plane.rows[:] = np.roll(plane.rows, by, axis=1)
        return picture, np.roll(truth, 40, axis=1)

    seen = watch(chain(call(range(BEGINNING)), map(pushed, call(range(BEGINNING, BEGINNING + DURING)))))
    assert most_room(seen) < MOST_ROOM
    assert {each.shown for each in seen} == {"composite"}
    assert max(each.missing for each in seen[BEGINNING + 2 :]) < MOST_MISSING


def test_a_network_that_answers_nonsense_is_refused_before_the_call(tmp_path: Path) -> None:
    require_mediapipe()
    model = tmp_path / "nonsense.tflite"
    model.write_bytes(drawn_tflite({"person": (float("nan"), 0, 0, 0)}, softmax=False))
    with pytest.raises(EffectError, match=r"nonsense\.tflite cannot be run: .* no number$"):
        watch(call(range(1)), MediapipeKey(model))


def test_a_network_that_answers_nonsense_in_mid_call_is_not_believed(tmp_path: Path) -> None:
    """Its numbers overflow where a picture is bright, which the grey one it is tried with is not."""
    require_mediapipe()
    model = tmp_path / "overflow.tflite"
    model.write_bytes(drawn_tflite({"person": (1.6e38, 1.6e38, 1.6e38, 0)}, softmax=False))
    seen = watch(chain(flat(1, 126), flat(3, 235)), MediapipeKey(model))
    assert {(each.shown, each.room, each.reason) for each in seen[1:]} == {
        ("cover", 0.0, "the network's answer holds what is no number")
    }


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 3), (17, 33), (2, 64), (64, 2), (960, 17)])
@pytest.mark.parametrize("levels", [(0, 0, 0), (150, 110, 155)])
def test_no_size_and_no_level_is_too_odd(size: tuple[int, int], levels: tuple[int, int, int]) -> None:
    pipeline = catalog.pipeline(Effect(SelfieKey(), ColorBackground(BACKDROP), view="alpha", on_unsure="cover"))
    for number in range(3):
        picture = Picture.blank(Size(*size), matrix=Matrix.BT601, full_range=bool(number % 2))
        for plane, level in zip(picture.planes, levels, strict=True):
            plane.rows[:] = level
        assert np.isfinite(pipeline(picture, number / 30).confidence)
    pipeline.close()


def test_a_size_that_changes_in_mid_call_shows_no_room() -> None:
    def larger(shot: Shot) -> Shot:
        picture, truth = shot
        big = Picture.blank(Size(2 * SIZE.width, 2 * SIZE.height), matrix=picture.matrix, full_range=False)
        for target, source in zip(big.planes, picture.planes, strict=True):
            target.rows[:] = source.rows.repeat(2, axis=0).repeat(2, axis=1)
        return big, np.asarray(truth.repeat(2, axis=0).repeat(2, axis=1))

    seen = watch(chain(call(range(BEGINNING)), map(larger, call(range(BEGINNING, BEGINNING + DURING)))))
    assert most_room(seen) < MOST_ROOM
    assert max(each.missing for each in seen) < MOST_MISSING

"""People as the embedded models see them: the drawn caller, whom they know for a person, in her drawn room."""

from __future__ import annotations

import hashlib
import platform
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.no_way_out import NETWORK_CALLS
from transforms.person import network_segmenter
from transforms.person.segmenter import Segmentation
from transforms.person.selfie import SelfieSegmenter, selfie_model
from transforms.picture import Matrix, Picture, Size
from transforms.rgb import picture_from_rgb
from transforms.sample import SampleCaller
from transforms.sample.scenery import room

ROOT = Path(__file__).parents[1]
WIDE, TALL = Size(320, 180), Size(180, 320)
RATE = 30
Alpha = NDArray[np.float64]


@cache
def caller(size: Size, *, seed: int = 0) -> SampleCaller:
    return SampleCaller(size, screen=None, seed=seed)


@cache
def seen(size: Size, number: int, *, seed: int = 0) -> tuple[Picture, Alpha]:
    """The caller in her room, and her alpha, 0..1."""
    frame, alpha = caller(size, seed=seed).frame(number)
    return Picture.of(frame), alpha / 255


def empty(size: Size, *, noise: int = 0) -> Picture:
    """Her room without her."""
    grain = np.random.default_rng(noise).normal(0, 1.5, (size.height, size.width, 1))
    rgb = np.clip(room(size) + grain, 0, 255).astype(np.uint8)
    return picture_from_rgb(rgb, matrix=Matrix.BT601, full_range=False)


@cache
def far_away(share: float) -> tuple[Picture, Alpha]:
    """A large room, and she at the foot of it, so much smaller."""
    size, small = Size(640, 360), Size(round(640 * share) // 2 * 2, round(360 * share) // 2 * 2)
    frame, part = SampleCaller(small, screen=None).frame(0)
    person, alpha = np.zeros((size.height, size.width, 3)), np.zeros((size.height, size.width))
    place = np.s_[-small.height :, 190 : 190 + small.width]
    person[place], alpha[place] = frame.to_ndarray(format="rgb24"), part / 255
    rgb = alpha[..., None] * person + (1 - alpha[..., None]) * room(size)
    return picture_from_rgb(rgb.astype(np.uint8), matrix=Matrix.BT601, full_range=False), alpha


def error(found: Segmentation, alpha: Alpha) -> float:
    """MAD, thousandths, of the chance stretched over the picture."""
    shape = (alpha.shape[1], alpha.shape[0])
    stretched = np.asarray(Image.fromarray(found.chance).resize(shape, Image.Resampling.BILINEAR)) / 255
    return float(np.abs(stretched - alpha).mean() * 1000)


class Stream:
    """A call's pictures, at 30 a second."""

    def __init__(self) -> None:
        self.segmenter, self.time = SelfieSegmenter(), 0.0

    def show(self, picture: Picture, *, after: float = 1 / RATE) -> Segmentation:
        self.time += after
        return self.segmenter.segment(picture, self.time)


@pytest.fixture
def stream() -> Stream:
    return Stream()


@pytest.mark.parametrize("name", ["landscape", "general"])
def test_the_models_are_those_that_the_notice_names(name: str) -> None:
    digest = hashlib.sha256(selfie_model(name)).hexdigest()  # type: ignore[arg-type]
    assert digest in (ROOT / "NOTICE").read_text()


@pytest.mark.parametrize(("size", "most"), [(WIDE, 9), (TALL, 14)])
def test_a_person_is_seen_in_wide_and_tall_pictures(stream: Stream, size: Size, most: float) -> None:
    errors = [error(stream.show(picture), alpha) for picture, alpha in (seen(size, number) for number in range(6))]
    assert max(errors) < most


def test_an_empty_room_is_nobody_from_the_first_picture_on(stream: Stream) -> None:
    for number in range(8):
        found = stream.show(empty(WIDE, noise=number))
        assert found.chance.max() < 26
        assert found.confidence == 1


def test_who_stands_far_away_is_found(stream: Stream) -> None:
    picture, alpha = far_away(0.35)
    for _ in range(6):
        found = stream.show(picture)
    assert error(found, alpha) < 0.25 * 1000 * alpha.mean()


def test_nothing_is_left_of_who_has_gone(stream: Stream) -> None:
    for number in range(6):
        stream.show(seen(WIDE, number)[0])
    assert [int(stream.show(empty(WIDE, noise=number)).chance.max() > 26) for number in range(4)] == [0] * 4


def test_who_comes_into_an_empty_room_is_seen_at_once(stream: Stream) -> None:
    for number in range(6):
        stream.show(empty(WIDE, noise=number))
    picture, alpha = seen(WIDE, 0)
    assert error(stream.show(picture), alpha) < 20


def test_a_still_person_is_still(stream: Stream) -> None:
    picture, _ = seen(WIDE, 0)
    chances = [stream.show(picture).chance.astype(int) for _ in range(40)]
    changes = [np.abs(one - other).mean() for one, other in pairwise(chances[20:])]
    assert max(changes) < 0.3


def test_it_goes_on_when_the_picture_changes_its_shape(stream: Stream) -> None:
    for size in (WIDE, TALL, Size(160, 90), Size(36, 20), WIDE):
        picture, alpha = seen(size, 3)
        found = stream.show(picture)
        assert found.chance.shape[0] <= size.height
    assert error(found, alpha) < 12


def test_it_may_be_asked_now_and_then(stream: Stream) -> None:
    stream.show(seen(WIDE, 0)[0])
    stream.show(empty(WIDE), after=0.5)
    picture, alpha = seen(WIDE, 40)
    assert error(stream.show(picture, after=0.5), alpha) < 20
    assert error(stream.show(picture, after=30.0), alpha) < 20


@pytest.mark.parametrize("level", [16, 24])
def test_in_the_dark_it_knows_nothing_and_says_so(stream: Stream, level: int) -> None:
    stream.show(seen(WIDE, 0)[0])
    picture = Picture.blank(WIDE, matrix=Matrix.BT601, full_range=False)
    picture.y.rows[:] = level
    found = stream.show(picture)
    assert (found.confidence, found.reason) == (0, "too dark to see anybody")
    assert not found.chance.any()


def test_two_streams_do_not_see_each_others_people() -> None:
    one, other = Stream(), Stream()
    for number in range(4):
        picture, alpha = seen(WIDE, number)
        first, second = one.show(picture), other.show(empty(WIDE, noise=number))
    assert error(first, alpha) < 9
    assert second.chance.max() < 26


def test_the_whole_picture_is_looked_over_for_who_comes_in_beside(stream: Stream) -> None:
    """Two callers, of whom the second is in the picture for as long as it takes to be looked for."""
    half = Size(160, 180)
    left = _rgb(seen(half, 0)[0])
    alone = np.concatenate((left, room(half).astype(np.uint8)), axis=1)
    both = np.concatenate((left, _rgb(seen(half, 20, seed=2)[0])), axis=1)
    for _ in range(4):
        stream.show(picture_from_rgb(alone, matrix=Matrix.BT601, full_range=False))
    for _ in range(round(2 * network_segmenter.LOOKING_OVER * RATE) + 2):
        found = stream.show(picture_from_rgb(both, matrix=Matrix.BT601, full_range=False))
    for side in np.split(found.chance, 2, axis=1):
        assert side.mean() > 60


def _rgb(picture: Picture) -> NDArray[np.uint8]:
    assert picture.frame is not None
    return np.asarray(picture.frame.to_ndarray(format="rgb24"), np.uint8)


@pytest.mark.skipif(platform.machine() not in NETWORK_CALLS, reason="needs the numbers of this machine's system calls")
def test_nobody_is_called_and_nothing_printed() -> None:
    """Whoever calls the network in that process is killed by the kernel (`tests.no_way_out`)."""
    script = (
        "from tests.no_way_out import forbid_the_network; forbid_the_network()\n"
        "from transforms.person.selfie import SelfieSegmenter\n"
        "from transforms.picture import Matrix, Picture, Size\n"
        "segmenter = SelfieSegmenter()\n"
        "picture = Picture.blank(Size(64, 36), matrix=Matrix.BT601, full_range=False)\n"
        "picture.y.rows[:] = 90\n"
        "print(segmenter.segment(picture, 0.0).confidence)\n"
        "segmenter.close()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == ("1.0\n", "")

"""Networks by LiteRT, and many streams that share one."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from transforms.person.network_segmenter import NetworkSegmenter
from transforms.person.selfie import selfie_model
from transforms.picture import Matrix, Picture, Size
from transforms.runtime.litert import LiteRtNetwork
from transforms.runtime.network import InferenceFailed, ModelError, Network
from transforms.runtime.pool import NetworkPool

LANDSCAPE = Size(256, 144)


@pytest.fixture
def network() -> LiteRtNetwork:
    return LiteRtNetwork(selfie_model("landscape"), name="landscape.tflite")


def test_the_answer_is_a_chance_for_each_pixel(network: LiteRtNetwork) -> None:
    assert network.size == LANDSCAPE
    chance = network.run(np.full((144, 256, 3), 90, np.uint8))
    assert chance.shape == (144, 256)
    assert chance.dtype == np.float32
    assert 0 <= chance.min() <= chance.max() <= 1


def test_an_answer_is_not_overwritten_by_the_next(network: LiteRtNetwork) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (144, 256, 3)).astype(np.uint8)
    first = network.run(rgb)
    kept = first.copy()
    network.run(rgb[::-1].copy())
    assert np.array_equal(first, kept)


@pytest.mark.parametrize(
    "model",
    [b"", b"\x00" * 4096, b"not a model at all", selfie_model("general")[:100_000], selfie_model("general")[1:]],
    ids=["empty", "zeros", "text", "truncated", "shifted"],
)
def test_what_is_no_model_is_refused_in_one_line(model: bytes) -> None:
    with pytest.raises(ModelError, match=r"^wrong\.tflite .*") as refused:
        LiteRtNetwork(model, name="wrong.tflite")
    assert "\n" not in str(refused.value)


def test_weights_that_are_no_numbers_are_no_answer() -> None:
    """The same network, its first bias overwritten with a NaN."""
    broken = np.frombuffer(selfie_model("landscape"), np.uint8).copy()
    broken[len(broken) // 2 : len(broken) // 2 + 4000].view(np.uint8)[:] = 0xFF
    network = LiteRtNetwork(bytes(broken), name="broken.tflite")
    with pytest.raises(InferenceFailed, match="no number"):
        network.run(np.full((144, 256, 3), 90, np.uint8))


class Brightness:
    """Calls bright pixels people; counts how many of it there are. `answer`: what it says instead."""

    made = 0
    closed = 0

    def __init__(self, answer: float | None = None) -> None:
        self.size = Size(32, 32)
        self.answer = answer
        self.together: threading.Barrier | None = None
        type(self).made += 1

    def run(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        if self.together is not None:
            self.together.wait(10)
        if self.answer is not None:
            raise InferenceFailed("the network's answer holds what is no number")
        return np.asarray(rgb.mean(axis=2) > 128, np.float32)

    def close(self) -> None:
        type(self).closed += 1


@pytest.fixture(autouse=True)
def none_counted() -> None:
    Brightness.made = Brightness.closed = 0


def test_many_streams_share_what_one_needs() -> None:
    pool = NetworkPool(Brightness)
    streams = [pool.join() for _ in range(20)]
    for stream in streams:
        stream.run(np.zeros((32, 32, 3), np.uint8))
    assert Brightness.made == 1
    for stream in streams[1:]:
        stream.close()
        stream.close()
    assert Brightness.closed == 0
    assert streams[0].run(np.full((32, 32, 3), 200, np.uint8)).all()
    streams[0].close()
    assert Brightness.closed == 1


def test_two_at_once_have_one_each_and_both_are_closed() -> None:
    together = threading.Barrier(2)

    def make() -> Network:
        network = Brightness()
        network.together = together
        return network

    pool = NetworkPool(make)
    streams = [pool.join(), pool.join()]
    with ThreadPoolExecutor(2) as threads:
        answers = threads.map(
            lambda each: each[0].run(np.full((32, 32, 3), each[1], np.uint8)), zip(streams, (0, 200), strict=True)
        )
        assert [bool(answer.any()) for answer in answers] == [False, True]
    assert Brightness.made == 2
    for stream in streams:
        stream.close()
    assert Brightness.closed == 2


def test_a_share_that_nobody_closed_is_left_with_the_last_who_held_it() -> None:
    pool = NetworkPool(Brightness)
    stream = pool.join()
    assert Brightness.closed == 0
    del stream
    assert Brightness.closed == 1


def test_a_closed_share_cannot_be_used() -> None:
    stream = NetworkPool(Brightness).join()
    stream.close()
    with pytest.raises(ValueError, match="closed"):
        stream.run(np.zeros((32, 32, 3), np.uint8))


def test_a_network_that_cannot_be_made_leaves_the_pool_as_it_was() -> None:
    made: list[Network] = []

    def make() -> Network:
        if not made:
            made.append(Brightness())
            raise ModelError("model x.tflite cannot be loaded")
        return Brightness()

    pool = NetworkPool(make)
    with pytest.raises(ModelError):
        pool.join()
    pool.join().close()
    assert Brightness.closed == 1


def test_a_network_that_fails_is_no_confidence_and_its_reason() -> None:
    segmenter = NetworkSegmenter(Brightness(answer=float("nan")))
    picture = Picture.blank(Size(64, 36), matrix=Matrix.BT601, full_range=False)
    picture.y.rows[:] = 200
    found = segmenter.segment(picture, 0.0)
    assert (found.confidence, found.reason) == (0, "the network's answer holds what is no number")
    assert not found.chance.any()


def test_any_network_of_any_shape_makes_a_segmenter() -> None:
    segmenter = NetworkSegmenter(Brightness())
    picture = Picture.blank(Size(320, 180), matrix=Matrix.BT601, full_range=False)
    picture.y.rows[40:120, 60:140] = 220
    for number in range(4):
        chance = segmenter.segment(picture, number / 30).chance
    assert chance[44:116, 64:136].min() == 255
    assert chance[:36].max() == chance[:, 146:].max() == 0
    segmenter.close()
    assert Brightness.closed == 1

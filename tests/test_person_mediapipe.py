from __future__ import annotations

import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.drawn_tflite import drawn_tflite
from tests.mattings import BACKDROP
from tests.peers.programs import require_mediapipe
from transforms import catalog
from transforms.effect import ColorBackground, Effect, EffectError, MediapipeKey
from transforms.person.mediapipe import mediapipe_segmenter
from transforms.person.selfie import SelfieSegmenter
from transforms.picture import Matrix, Picture, Size
from transforms.rgb import picture_from_rgb
from transforms.sample import SampleCaller


@pytest.fixture(autouse=True, scope="module")
def system_libraries() -> None:
    require_mediapipe()


SIZE = Size(320, 240)
RED, GREEN, GREY = (200, 30, 30), (30, 200, 30), (120, 120, 120)

MODEL = drawn_tflite(
    {"background": (0, 0, 0, 4), "person": (20, -20, -20, 0), "chair": (-20, 20, -20, 0)}, width=64, height=48
)
"""Certain of red and green things; whatever else is background."""


@pytest.fixture(autouse=True)
def nothing_left_open() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() <= before


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "colors.tflite"
    path.write_bytes(MODEL)
    return path


def red_on_the_left_green_on_the_right() -> Picture:
    rgb = np.full((SIZE.height, SIZE.width, 3), GREY, np.uint8)
    rgb[80:200, 64:128], rgb[80:200, 192:256] = RED, GREEN
    return picture_from_rgb(rgb, matrix=Matrix.BT601, full_range=False)


def foreground(key: MediapipeKey) -> tuple[float, float, float]:
    """Mean chance, 0..1, of the red thing, the green one and the rest's lower left."""
    segmenter = mediapipe_segmenter(key)
    for number in range(12):
        found = segmenter.segment(red_on_the_left_green_on_the_right(), number / 30)
    assert found.confidence == 1
    segmenter.close()
    rows, columns = found.chance.shape
    band = found.chance[rows * 5 // 12 : rows * 9 // 12] / 255
    at = [band[:, round(columns * place) : round(columns * place) + 2].mean() for place in (0.3, 0.7, 0.05)]
    return at[0], at[1], at[2]


def test_it_sees_what_the_embedded_models_see_in_litert() -> None:
    """Two libraries, one pair of models: the same chances but for rounding."""
    ours, theirs = SelfieSegmenter(), mediapipe_segmenter(MediapipeKey())
    caller = SampleCaller(SIZE, screen=None)
    for number in range(5):
        picture = Picture.of(caller.frame(number)[0])
        a, b = (each.segment(picture, number / 30).chance.astype(int) for each in (ours, theirs))
        assert a.shape == b.shape
        assert a.max() > 200
        assert np.abs(a - b).mean() < 0.5
        assert np.quantile(np.abs(a - b), 0.99) <= 8
    ours.close()
    theirs.close()


def test_a_model_of_the_users_own_is_asked_for_persons(model: Path) -> None:
    person, chair, rest = foreground(MediapipeKey(model))
    assert (person, chair, rest) == pytest.approx((1, 0, 0), abs=0.02)


def test_the_chair_belongs_to_the_person_when_it_is_asked_for(model: Path) -> None:
    assert foreground(MediapipeKey(model, chair=True)) == pytest.approx((1, 1, 0), abs=0.02)


def test_other_categories_are_foreground_by_name_or_number(model: Path) -> None:
    assert foreground(MediapipeKey(model, categories=("2",))) == pytest.approx((0, 1, 0), abs=0.02)
    assert foreground(MediapipeKey(model, categories=("Chair",))) == pytest.approx((0, 1, 0), abs=0.02)


def test_a_bundle_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "colors.task"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("segmenter.tflite", MODEL)
        bundle.writestr("hand_landmarks.tflite", b"another model")
    assert foreground(MediapipeKey(path)) == pytest.approx((1, 0, 0), abs=0.02)


def test_a_pipeline_mattes_by_it(model: Path) -> None:
    pipeline = catalog.pipeline(Effect(MediapipeKey(model), ColorBackground(BACKDROP), on_unsure="cover"))
    picture = red_on_the_left_green_on_the_right()
    for number in range(12):
        rendered = pipeline(picture, number / 30)
    assert rendered.shown == "composite"
    luma, behind = rendered.picture.y.rows, Matrix.BT601.to_ycbcr(BACKDROP, full_range=False)[0]
    assert (luma[100:180, 80:112] == picture.y.rows[100:180, 80:112]).all()
    assert (luma[100:180, 200:248] == behind).all()
    pipeline.close()


@pytest.mark.parametrize("chosen", [{"categories": ("hat",)}, {"chair": True}])
def test_the_embedded_model_knows_persons_only(chosen: dict[str, object]) -> None:
    with pytest.raises(EffectError, match=r"^the embedded model selfie_general\.tflite .*it knows 0 selfie$"):
        mediapipe_segmenter(MediapipeKey(**chosen))  # type: ignore[arg-type]


def test_streams_share_what_asks_the_same_of_a_model() -> None:
    one = mediapipe_segmenter(MediapipeKey())
    threads = threading.active_count()
    other = mediapipe_segmenter(MediapipeKey())
    assert threading.active_count() == threads > 1
    picture = Picture.of(SampleCaller(SIZE, screen=None).frame(0)[0])
    seen = one.segment(picture, 0.0).chance.copy()
    one.close()
    assert (other.segment(picture, 0.0).chance == seen).all()
    other.close()


def test_who_asks_for_something_else_shares_nothing(model: Path) -> None:
    persons, chairs = (mediapipe_segmenter(MediapipeKey(model, categories=(name,))) for name in ("person", "chair"))
    picture = red_on_the_left_green_on_the_right()
    red, green = (each.segment(picture, 0.0).chance for each in (persons, chairs))
    assert red[:, : red.shape[1] // 2].max() > 200 > 50 > green[:, : green.shape[1] // 2].max()
    persons.close()
    chairs.close()

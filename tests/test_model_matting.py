"""Drawn models as mattings: what they answer is the matte, and what they remember is a call's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests import drawn_models
from transforms import catalog
from transforms.effect import Color, ColorBackground, Effect, FirstFrames, ModelKey, Quality
from transforms.matting import Matte, Matting, Paced, set_pace
from transforms.model.loading import Model, load
from transforms.model.matting import ModelMatting
from transforms.model.network import segmenter_of
from transforms.model.segmenter import ModelSegmenter
from transforms.person.matting import PersonKeyer
from transforms.person.network_segmenter import NetworkSegmenter
from transforms.picture import Matrix, Picture, Size
from transforms.rgb import picture_from_rgb

SIZE = Size(64, 48)
RED, GREY, BLUE = (230, 10, 10), (100, 100, 100), (20, 40, 200)
LEFT, RIGHT = slice(0, 24), slice(40, 64)
PLAIN = ColorBackground(Color.parse("204060"))


def seen(where: slice | None = LEFT, *, size: Size = SIZE, person: tuple[int, int, int] = RED) -> Picture:
    """Somebody in red before a grey wall with a blue border, who fills the columns `where`."""
    rgb = np.full((size.height, size.width, 3), GREY, np.uint8)
    rgb[:4] = BLUE
    if where is not None:
        rgb[8:, where] = person
    return picture_from_rgb(rgb, matrix=Matrix.BT601, full_range=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn models, by the interfaces that they have."""
    where = tmp_path_factory.mktemp("models")
    (where / "reddish.onnx").write_bytes(drawn_models.reddish())
    (where / "rvm.onnx").write_bytes(drawn_models.recurrent())
    (where / "counting.onnx").write_bytes(drawn_models.recurrent(answer="count"))
    (where / "ratio.onnx").write_bytes(drawn_models.recurrent(answer="ratio"))
    (where / "nan.onnx").write_bytes(drawn_models.nan_where_blue())
    (where / "against_plate.onnx").write_bytes(drawn_models.against_plate())
    (where / "classes.onnx").write_bytes(drawn_models.scored("Softmax", size=(48, 64)))
    return where


def model(folder: Path, name: str, *, quality: Quality = "balanced") -> Model:
    return load(folder / f"{name}.onnx", quality=quality)


def matting(folder: Path, name: str, *, quality: Quality = "balanced") -> ModelMatting:
    return ModelMatting(ModelSegmenter(model(folder, name, quality=quality)))


def effect(key: ModelKey) -> Effect:
    return Effect(key, PLAIN)


def alpha(matting: Matting, picture: Picture, time: float = 0.0) -> NDArray[np.uint8]:
    matte = matting.matte(picture, time)
    assert matte.is_sure, matte.reason
    return matte.alpha.copy()


def showings(matting: Matting, picture: Picture, time: float) -> float:
    """How often the drawn model has seen a picture since it began; it answers with a twentieth of that, everywhere."""
    return float(alpha(matting, picture, time).mean()) / 255 * 20


def test_a_model_that_answers_with_alpha_is_used_as_it_is(folder: Path) -> None:
    made = catalog.matting(effect(ModelKey(folder / "reddish.onnx")))
    found = alpha(made, seen())
    assert isinstance(made, ModelMatting)
    assert found.shape == (48, 64)
    assert found[16:, 4:20].min() > 200
    assert found[:, 28:].max() < 10
    made.close()


def test_a_model_that_tells_where_people_are_leads_to_the_matting_of_persons(folder: Path) -> None:
    made = catalog.matting(effect(ModelKey(folder / "classes.onnx")))
    assert isinstance(made, PersonKeyer)
    made.close()


def test_a_model_for_people_close_is_shown_them_alone(folder: Path, tmp_path: Path) -> None:
    spec = tmp_path / "close.toml"
    spec.write_text("[input]\nclose = true")
    classes = folder / "classes.onnx"
    assert isinstance(segmenter_of(load(classes, spec), None), NetworkSegmenter)
    assert isinstance(segmenter_of(load(classes), None), ModelSegmenter)


def test_every_picture_with_nobody_in_it_is_background(folder: Path) -> None:
    assert alpha(matting(folder, "reddish"), seen(None)).max() < 10


def test_a_model_with_states_goes_on_from_what_it_saw_before(folder: Path) -> None:
    followed = matting(folder, "counting")
    counted = [showings(followed, seen(), number / 30) for number in range(3)]
    assert counted == pytest.approx([3, 4, 5], abs=0.1)  # the first picture is shown three times


def test_what_a_model_remembers_is_one_calls_own(folder: Path) -> None:
    one, other = matting(folder, "rvm"), matting(folder, "rvm")
    for number in range(6):
        mine = alpha(one, seen(LEFT), number / 30)
        theirs = alpha(other, seen(RIGHT), number / 30)
    assert mine[20, 10] > 150 > 20 > mine[20, 54]
    assert theirs[20, 54] > 150 > 20 > theirs[20, 10]
    one.close()
    assert alpha(other, seen(RIGHT), 0.3)[20, 54] > 150


def test_calls_share_the_weights_of_a_model(folder: Path) -> None:
    one, other = model(folder, "rvm"), model(folder, "rvm")
    assert one.graph is not other.graph
    assert vars(one.graph)["_shared"] is vars(other.graph)["_shared"]


def test_a_model_with_states_begins_anew_when_the_pictures_change_their_size(folder: Path) -> None:
    followed, fresh = matting(folder, "rvm"), matting(folder, "rvm")
    for number in range(4):
        alpha(followed, seen(LEFT), number / 30)
    for size in (Size(96, 64), Size(48, 80)):
        picture = seen(slice(30, 44), size=size)
        assert np.array_equal(alpha(followed, picture, 0.5), alpha(fresh, picture, 0.5))


def test_a_model_with_states_begins_anew_after_a_gap(folder: Path) -> None:
    followed = matting(folder, "counting")
    for number in range(4):
        last = showings(followed, seen(), number / 30)
    assert last == pytest.approx(6, abs=0.1)
    assert showings(followed, seen(), 0.9) == pytest.approx(7, abs=0.1)
    assert showings(followed, seen(), 2.0) == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize(
    ("size", "quality", "expected"),
    [
        (Size(400, 224), "balanced", 384 / 400),
        (Size(360, 640), "balanced", 384 / 640),
        (Size(1280, 720), "balanced", 384 / 960),  # shown at 960x540
        (Size(1280, 720), "fast", 256 / 640),
        (Size(1280, 720), "best", 512 / 1280),
    ],
)
def test_the_ratio_is_chosen_by_size_and_quality(folder: Path, size: Size, quality: Quality, expected: float) -> None:
    found = alpha(matting(folder, "ratio", quality=quality), seen(size=size)) / 255  # it answers with half of it
    assert 2 * found.mean() == pytest.approx(expected, abs=0.01)


def test_the_foreground_of_a_model_tells_what_is_behind(folder: Path) -> None:
    """The drawn foreground is the picture without blue: what is behind where alpha is half has twice the blue."""
    matte = matting(folder, "rvm").matte(seen(person=(160, 20, 60)), 0.0)
    assert isinstance(matte.screen, Picture)
    share = 1 - matte.alpha[24, 12] / 255
    expected = Matrix.BT601.to_ycbcr(Color(160, 20, round(60 / share)), full_range=False)
    found = [plane.rows[24 // step, 12 // step] for plane, step in zip(matte.screen.planes, (1, 2, 2), strict=True)]
    assert found == pytest.approx(expected, abs=4)


def test_a_model_is_shown_the_plate_that_the_call_begins_with(folder: Path) -> None:
    made = catalog.matting(effect(ModelKey(folder / "against_plate.onnx", plate=FirstFrames(2))))
    before = made.matte(seen(None), 0.0)
    assert (before.is_sure, before.reason) == (False, "learning the plate: 50 %")
    assert alpha(made, seen(None), 1 / 30).max() < 20
    found = alpha(made, seen(RIGHT), 2 / 30)
    assert found[20, 54] > 100
    assert found[20, 10] < 20


def test_a_model_is_asked_at_some_pictures_only_when_the_machine_is_short(folder: Path) -> None:
    made = matting(folder, "counting")
    assert isinstance(made, Paced)
    set_pace(made, 3)
    counted = [showings(made, seen(), number / 30) for number in range(7)]
    assert counted == pytest.approx([3, 3, 3, 4, 4, 4, 5], abs=0.1)


def test_what_is_behind_is_used_for_each_picture_or_for_none(folder: Path) -> None:
    made = matting(folder, "rvm")
    assert made.matte(seen(), 0.0).screen is not None
    set_pace(made, 2)
    assert [made.matte(seen(), number / 30).screen for number in range(1, 5)] == [None] * 4


def unsure(matte: Matte) -> str:
    assert not matte.is_sure
    assert matte.reason
    return matte.reason


def test_an_answer_that_is_no_number_is_not_used_nor_remembered(folder: Path) -> None:
    made = matting(folder, "nan")
    assert alpha(made, seen(LEFT), 0.0)[20, 10] > 100
    assert "no number" in unsure(made.matte(seen(LEFT, person=(0, 0, 255)), 0.1))
    assert alpha(made, seen(LEFT), 0.2)[20, 10] > 100


def test_what_shows_nothing_or_is_all_foreground_is_not_trusted(folder: Path) -> None:
    made = matting(folder, "reddish")
    dark = Picture.blank(SIZE, matrix=Matrix.BT601, full_range=False)
    assert "too dark" in unsure(made.matte(dark, 0.0))
    filled = seen(slice(0, 64))
    filled.copy_from(picture_from_rgb(_all_red(), matrix=Matrix.BT601, full_range=False))
    assert "everything" in unsure(made.matte(filled, 0.1))


def test_the_room_never_leaves_a_pipeline_whose_model_fails(folder: Path) -> None:
    pipeline = catalog.pipeline(effect(ModelKey(folder / "nan.onnx")))
    rendered = pipeline(seen(LEFT, person=(0, 0, 255)), 0.0)
    assert rendered.shown == "cover"
    assert len(np.unique(rendered.picture.y.rows)) == 1
    pipeline.close()


def _all_red() -> NDArray[np.uint8]:
    rgb = np.full((48, 64, 3), RED, np.uint8)
    rgb[::2] = (250, 30, 30)
    return rgb

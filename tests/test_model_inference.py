"""What is found out of a model by its tensors' names, shapes and first answers."""

from __future__ import annotations

import pytest

from transforms.model.answers import Answer, foreground_of, matte_of
from transforms.model.inference import inputs_of, known_as, with_known
from transforms.model.spec import ForegroundOutput, MatteOutput, ModelInputs, PictureInput, State
from transforms.model.spec_words import Words, parse
from transforms.picture import Size
from transforms.runtime.graph import Tensor
from transforms.runtime.network import ModelError

OPEN = (None, 3, None, None)


def tensors(**shapes: tuple[int | None, ...]) -> tuple[Tensor, ...]:
    return tuple(Tensor(name, shape, "float32") for name, shape in shapes.items())


def inputs(taken: tuple[Tensor, ...], given: tuple[Tensor, ...] = (), **said: object) -> ModelInputs:
    return inputs_of(parse(said, name="net"), taken, given, name="net")


def answer(name: str, *shape: int, least: float = 0.0, most: float = 1.0, dtype: str = "float32") -> Answer:
    return Answer(name, shape, dtype, least, most)


def matte(*answers: Answer, **said: object) -> MatteOutput:
    shown = Size(16, 12)
    words: Words = parse({"output": said}, name="net")
    return matte_of(words, ModelInputs(PictureInput("image", "nchw", shown)), answers, shown, name="net")


def test_the_place_of_three_channels_is_the_layout_and_fixed_sides_the_size() -> None:
    first = inputs(tensors(x=(1, 3, 224, 398))).picture
    assert (first.layout, first.size) == ("nchw", Size(398, 224))
    last = inputs(tensors(x=(None, 144, 256, 3))).picture
    assert (last.layout, last.size) == ("nhwc", Size(256, 144))
    assert inputs(tensors(x=OPEN)).picture.size is None
    assert inputs(tensors(x=(1, 3, 320, None))).picture.size == Size(320, 320)


def test_whole_numbers_are_taken_as_the_levels_they_are() -> None:
    assert inputs((Tensor("x", (1, 3, 8, 8), "uint8"),)).picture.scale == 1.0
    assert inputs(tensors(x=(1, 3, 8, 8))).picture.scale == pytest.approx(1 / 255)


def test_inputs_that_come_back_as_outputs_are_states() -> None:
    taken = tensors(src=OPEN, r1i=(None, 16, None, None), h_in=(1, 8), memory_prev=(2,), downsample_ratio=(1,))
    given = tensors(pha=OPEN, r1o=(None, 16, None, None), h_out=(1, 8), memory_next=(2,))
    found = inputs(taken, given)
    assert found.states == (
        State("r1i", "r1o", (1, 16, 1, 1)),
        State("h_in", "h_out", (1, 8)),
        State("memory_prev", "memory_next", (2,)),
    )
    assert found.ratio is not None
    assert found.ratio.input == "downsample_ratio"
    assert found.picture.name == "src"


def test_a_picture_that_goes_in_is_no_state_whatever_it_is_called() -> None:
    for taken, given in (("in", "out"), ("input", "output"), ("image_in", "image_out"), ("rgbi", "rgbo")):
        found = inputs(tensors(**{taken: (1, 3, 8, 8)}), tensors(**{given: (1, 3, 8, 8)}))
        assert (found.picture.name, found.states) == (taken, ())
    with pytest.raises(ModelError, match="takes 'h_in' too"):
        inputs(tensors(x=(1, 3, 8, 8), h_in=(1, 8)), tensors(h_out=(1, 9)))


def test_a_second_picture_is_the_plate_if_it_is_called_so() -> None:
    assert inputs(tensors(src=OPEN, bgr=OPEN)).plate == "bgr"
    with pytest.raises(ModelError, match=r"net takes 2 pictures, left, right: its spec must say \[input\] name"):
        inputs(tensors(left=OPEN, right=OPEN))


def test_the_spec_says_what_names_do_not() -> None:
    found = inputs(
        tensors(a=OPEN, b=OPEN, m=(1, 4), k=(), c=(1,)),
        tensors(n=(1, 4)),
        input={"name": "b", "size": [320, 180], "color": "bgr", "fit": "letterbox"},
        plate={"input": "a"},
        state=[{"input": "m", "output": "n"}],
        ratio={"input": "c", "longest": 100},
        constants={"k": 0.5},
    )
    assert (found.picture.name, found.picture.size, found.picture.color) == ("b", Size(320, 180), "bgr")
    assert (found.plate, found.constants) == ("a", (("k", 0.5),))
    assert found.states == (State("m", "n", (1, 4)),)


@pytest.mark.parametrize(
    ("taken", "said", "told"),
    [
        (tensors(x=(1, 1, 8, 8)), {}, "takes no picture: none of its inputs has three channels (x 1x1x8x8)"),
        (tensors(x=(4, 3, 8, 8)), {}, "which is not one picture"),
        (tensors(x=(1, 3, 8, 8), y=(1, 5)), {}, "takes 'y' too"),
        (tensors(x=(1, 3, 8, 8)), {"input": {"name": "z"}}, "input 'z' is none of its inputs: x"),
        (tensors(x=(1, 3, 8, 8)), {"input": {"size": [16, 8]}}, "says 16x8, the model takes 8x8"),
        (tensors(x=(1, 3, 8, 8)), {"input": {"layout": "nhwc"}}, "not nhwc of three channels"),
        (tensors(x=(1, 3, 8, 8)), {"plate": {"input": "p"}}, "'p' is none of its inputs"),
        (tensors(x=(1, 3, 8, 8)), {"constants": {"p": 1}}, "'p' is none of its inputs"),
        (tensors(x=(1, 3, 8, 8), m=(1,)), {"state": [{"input": "m", "output": "o"}]}, "none of its outputs"),
        (tensors(x=(1, 3, 8, 8), m=(1,)), {"state": [{"input": "m"}]}, "lacks its input or its output"),
    ],
)
def test_a_spec_that_contradicts_the_model_is_refused(
    taken: tuple[Tensor, ...], said: dict[str, object], told: str
) -> None:
    with pytest.raises(ModelError) as refusal:
        inputs(taken, (), **said)
    assert told in str(refusal.value)


def test_models_are_known_by_their_tensors_names() -> None:
    rvm = ("src", "r1i", "r2i", "r3i", "r4i", "downsample_ratio"), ("fgr", "pha", "r1o", "r2o", "r3o", "r4o")
    known = known_as(*rvm)
    assert known is not None
    assert known["title"].startswith("Robust Video Matting")
    assert known_as(("input",), ("output",)) is None
    said = with_known({"input": {"longest": {}}}, tensors(src=OPEN, bgr=OPEN), tensors(pha=OPEN, fgr=OPEN))
    assert said["plate"] == {"input": "bgr"}


def test_an_output_called_alpha_is_the_matte_and_used_as_it_is() -> None:
    found = matte(answer("fgr", 1, 3, 12, 16), answer("err", 1, 1, 12, 16), answer("pha", 1, 1, 12, 16))
    assert (found.name, found.kind, found.refine) == ("pha", "alpha", False)


@pytest.mark.parametrize(
    ("given", "kind", "layout", "classes", "size"),
    [
        (answer("o", 1, 1, 12, 16), "probability", "nchw", (), None),
        (answer("o", 1, 12, 16, 1), "probability", "nhwc", (), None),
        (answer("o", 1, 12, 16), "probability", "nchw", (), None),
        (answer("o", 12, 16), "probability", "nchw", (), None),
        (answer("o", 1, 1, 12, 16, least=-7, most=5), "logits", "nchw", (), None),
        (answer("o", 1, 2, 12, 16), "probability", "nchw", (1,), None),
        (answer("o", 1, 6, 8, 2), "probability", "nhwc", (1,), None),
        (answer("o", 1, 192, 2), "probability", "flat", (1,), Size(16, 12)),
        (answer("o", 1, 48, 2), "probability", "flat", (1,), Size(8, 6)),
        (answer("o", 1, 48), "probability", "flat", (), Size(8, 6)),
        (answer("o", 1, 12, 16, dtype="int64"), "labels", "nchw", (1,), None),
    ],
)
def test_kind_layout_and_class_follow_from_shape_and_values(
    given: Answer, kind: str, layout: str, classes: tuple[int, ...], size: Size | None
) -> None:
    found = matte(given)
    assert (found.kind, found.layout, found.classes, found.size) == (kind, layout, classes, size)
    assert found.refine


def test_classes_may_be_called_by_their_names() -> None:
    labels = ("background", "hair", "dress", "chair")
    given = answer("o", 1, 4, 12, 16)
    assert matte(given, labels=labels).classes == (1, 2, 3)
    assert matte(given, labels=labels, **{"class": ["hair", "2"]}).classes == (1, 2)
    assert matte(given, labels=["wall", "person", "dog", "bed"]).classes == (1,)
    assert matte(answer("o", 1, 12, 16, dtype="int32"), labels=("sky", "road", "person")).classes == (2,)
    with pytest.raises(ModelError, match="net has no category 'dog'; it knows 0 background, 1 hair"):
        matte(given, labels=labels, **{"class": "dog"})


def test_levels_of_eight_bits_are_scaled() -> None:
    assert matte(answer("alpha", 1, 1, 12, 16, most=255, dtype="uint8")).scale == pytest.approx(1 / 255)


@pytest.mark.parametrize(
    ("given", "said", "told"),
    [
        (answer("o", 1, 21, 12, 16), {}, r"tells 21 classes apart: its spec must say [output] class"),
        (answer("o", 1, 2, 12, 16), {"class": 2}, "class 2 is none of 2"),
        (answer("o", 1, 1, 12, 16), {"class": 0}, "class 0 is none of 1"),
        (answer("o", 1, 1000), {}, "'o', 1x1000, is no matte"),
        (answer("o", 1, 1000), {"name": "o"}, "'o', 1x1000, is no matte"),
        (answer("o", 1, 1, 12, 16), {"name": "p"}, "'p' is none of its outputs: o"),
        (answer("o", 1, 2, 12, 16, dtype="int64"), {}, "no labels"),
        (Answer("o", (1, 1, 12, 16), "float32", 0, 0, is_finite=False), {}, "what is no number"),
        (answer("o", 4, 1, 12, 16), {}, "is no matte"),
    ],
)
def test_answers_that_are_no_matte_are_refused(given: Answer, said: dict[str, object], told: str) -> None:
    with pytest.raises(ModelError) as refusal:
        matte(given, **said)
    assert told in str(refusal.value)


def test_a_foreground_is_used_where_it_is_of_the_mattes_size() -> None:
    takes = ModelInputs(PictureInput("src"))
    found = MatteOutput("pha")
    answers = [answer("pha", 1, 1, 12, 16), answer("fgr", 1, 3, 12, 16)]
    assert foreground_of({}, takes, found, answers, name="net") == ForegroundOutput("fgr")
    small = [answer("pha", 1, 1, 12, 16), answer("fgr", 1, 3, 6, 8)]
    assert foreground_of({}, takes, found, small, name="net") is None
    with pytest.raises(ModelError, match="is no foreground beside a matte of 1x1x12x16"):
        foreground_of({"foreground": {"name": "fgr"}}, takes, found, small, name="net")
    with pytest.raises(ModelError, match="'fg' is none of its outputs"):
        foreground_of({"foreground": {"name": "fg"}}, takes, found, small, name="net")

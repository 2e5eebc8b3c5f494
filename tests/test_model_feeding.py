"""A picture on its way into a model and the answer on its way out, in numbers one can reckon by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.twins import behind as behind_twin
from tests.twins import widen as twin
from transforms.model.feeding import Feeding, as_tensor
from transforms.model.framing import Framing
from transforms.model.matting import stretched
from transforms.model.reading import alpha_of
from transforms.model.spec import (
    EACH_QUALITY,
    ColorOrder,
    Fit,
    ForegroundOutput,
    Layout,
    MatteOutput,
    ModelInputs,
    PictureInput,
    Ratio,
    State,
)
from transforms.model.unmixed import Stretching, behind_person
from transforms.picture import Matrix, Picture, Size
from transforms.rgb import picture_from_rgb
from transforms.runtime.graph import Tensor
from transforms.runtime.network import InferenceFailed

PIXEL = np.array([[[255, 51, 0]]], np.uint8)


def one(picture: PictureInput, dtype: str = "float32") -> list[float]:
    return [float(value) for value in as_tensor(PIXEL, picture, np.dtype(dtype)).reshape(-1)]


def test_samples_are_scaled_shifted_and_ordered_as_the_model_wants_them() -> None:
    assert one(PictureInput("x")) == pytest.approx([1, 0.2, 0])
    assert one(PictureInput("x", color="bgr")) == pytest.approx([0, 0.2, 1])
    assert one(PictureInput("x", mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.25))) == pytest.approx([1, -0.6, -2])
    caffe = PictureInput("x", scale=1.0, color="bgr", mean=(104, 117, 124))
    assert one(caffe) == pytest.approx([-104, -66, 131])
    assert one(PictureInput("x", scale=1.0), "uint8") == [255, 51, 0]
    assert one(PictureInput("x", scale=1.0, mean=(128, 128, 128)), "int8") == [127, -77, -128]


def test_layouts_hold_the_same_samples() -> None:
    rgb = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    first = as_tensor(rgb, PictureInput("x"), np.dtype("float32"))
    last = as_tensor(rgb, PictureInput("x", "nhwc"), np.dtype("float32"))
    assert (first.shape, last.shape) == ((1, 3, 2, 4), (1, 2, 4, 3))
    assert np.array_equal(np.moveaxis(first, 1, 3), last)


def test_states_begin_as_zeros_and_are_handed_on_until_forgotten() -> None:
    takes = ModelInputs(PictureInput("x"), states=(State("r1i", "r1o", (1, 2)),), constants=(("k", 0.5),))
    tensors = (Tensor("x", (1, 3, None, None), "float32"), Tensor("r1i", (1, 2), "float16"), Tensor("k", (), "float32"))
    feeding = Feeding(takes, tensors, "balanced")
    begun = feeding.tensors(PIXEL, None)
    assert begun["r1i"].dtype == np.float16
    assert begun["r1i"].tolist() == [[0, 0]]
    assert begun["k"] == np.float32(0.5)
    feeding.keep({"r1o": np.array([[1, 2]], np.float16), "y": PIXEL})
    assert feeding.tensors(PIXEL, None)["r1i"].tolist() == [[1, 2]]
    feeding.forget()
    assert feeding.tensors(PIXEL, None)["r1i"].tolist() == [[0, 0]]


def test_states_that_grow_beyond_reason_are_not_kept() -> None:
    takes = ModelInputs(PictureInput("x"), states=(State("r1i", "r1o", (1,)),))
    tensors = (Tensor("x", (1, 3, None, None), "float32"), Tensor("r1i", (None,), "float32"))
    feeding = Feeding(takes, tensors, "balanced")
    with pytest.raises(InferenceFailed, match="hands itself 400 MiB: 256 at most"):
        feeding.keep({"r1o": np.broadcast_to(np.float32(1), (100 << 20,))})
    assert feeding.tensors(PIXEL, None)["r1i"].tolist() == [0]


@pytest.mark.parametrize(("width", "expected"), [(384, 1.0), (960, 0.4), (200, 1.0), (1920, 0.2)])
def test_the_ratio_follows_from_the_size_that_is_shown(width: int, expected: float) -> None:
    takes = ModelInputs(PictureInput("x"), ratio=Ratio("ratio", {"fast": 256, "balanced": 384, "best": 512}))
    tensors = (Tensor("x", (1, 3, None, None), "float32"), Tensor("ratio", (1,), "float32"))
    feeds = Feeding(takes, tensors, "balanced").tensors(np.zeros((width // 2, width, 3), np.uint8), None)
    assert feeds["ratio"].shape == (1,)
    assert feeds["ratio"][0] == pytest.approx(expected)


def test_open_sizes_follow_quality_and_keep_the_pictures_shape() -> None:
    takes = PictureInput("x", multiple=4, longest={"fast": 320, "balanced": 640, "best": 1920})
    assert [takes.size_for(Size(720, 1280), quality) for quality in EACH_QUALITY] == [
        Size(180, 320),
        Size(360, 640),
        Size(720, 1280),
    ]
    assert PictureInput("x", size=Size(256, 256)).size_for(Size(720, 1280), "best") == Size(256, 256)


def read(values: Any, dtype: str = "float32", **matte: Any) -> NDArray[np.float32]:
    return alpha_of(MatteOutput("o", **matte), {"o": np.array(values, dtype)})


def test_chances_of_classes_are_added_up() -> None:
    answer = np.array([0.5, 0.2, 0.3]).reshape(1, 3, 1, 1)
    assert read(answer, kind="probability", classes=(1,)) == pytest.approx(0.2)
    assert read(answer, kind="probability", classes=(1, 2)) == pytest.approx(0.5)
    assert read(answer.reshape(1, 1, 1, 3), kind="probability", layout="nhwc", classes=(2,)) == pytest.approx(0.3)


def test_logits_become_chances() -> None:
    assert read(np.zeros((1, 1, 1, 1)), kind="logits") == pytest.approx(0.5)
    assert read(np.array([0, np.log(3)]).reshape(1, 2, 1, 1), kind="logits", classes=(1,)) == pytest.approx(0.75)
    assert read(np.full((1, 1, 1, 1), -1e30), kind="logits") == pytest.approx(0)


def test_flat_answers_are_rows_of_places() -> None:
    answer = np.stack((np.zeros(6), np.arange(6) / 5), axis=1)[None]
    alpha = read(answer, kind="probability", layout="flat", size=Size(3, 2), classes=(1,))
    assert alpha == pytest.approx(np.array([[0, 0.2, 0.4], [0.6, 0.8, 1]]))


@pytest.mark.parametrize("shape", [(1, 2, 3), (1, 1, 2, 3), (2, 3)])
def test_labels_are_foreground_where_they_are_of_its_classes(shape: tuple[int, ...]) -> None:
    labels = np.array([0, 1, 2, 3, 2, 0]).reshape(shape)
    assert read(labels, "int64", kind="labels", classes=(2, 3)).tolist() == [[0, 0, 1], [1, 1, 0]]


def test_levels_beyond_opaque_are_opaque_and_what_is_no_number_fails() -> None:
    assert read([[[[300, -4]]]], scale=1 / 255).tolist() == [[1, 0]]
    for wrong in (np.nan, np.inf):
        with pytest.raises(InferenceFailed, match="no number"):
            read([[[[wrong, 1]]]])


@pytest.mark.parametrize("fit", ["letterbox", "crop", "stretch"])
@pytest.mark.parametrize("size", [Size(160, 90), Size(90, 160), Size(120, 120)])
def test_what_a_model_sees_comes_back_to_its_place(fit: Fit, size: Size) -> None:
    rgb = np.zeros((size.height, size.width, 3), np.uint8)
    rows, columns = (
        slice(size.height // 2 - 20, size.height // 2 + 10),
        slice(size.width // 2 - 10, size.width // 2 + 20),
    )
    rgb[rows, columns] = 255
    framing = Framing(size, Size(64, 64), fit)
    seen = framing.show(picture_from_rgb(rgb, matrix=Matrix.BT601, full_range=False))
    assert seen.shape == (64, 64, 3)
    cells = framing.spread(np.ascontiguousarray(seen[::2, ::2, 0] / np.float32(255), np.float32))
    alpha = stretched((np.where(cells > 0.8, 1, 0) * 255).astype(np.uint8), size)
    truth = np.zeros((size.height, size.width))
    truth[rows, columns] = 255
    assert np.abs(alpha - truth).mean() < 255 * 0.035  # an outline's length of a cell's half width


def test_bars_around_a_picture_are_grey_and_what_a_crop_cuts_off_is_background() -> None:
    white = picture_from_rgb(np.full((90, 160, 3), 255, np.uint8), matrix=Matrix.BT601, full_range=False)
    boxed = Framing(Size(160, 90), Size(64, 64), "letterbox").show(white)
    assert boxed[0].max() < 120 < boxed[32].min()
    cells = Framing(Size(160, 90), Size(64, 64), "crop").spread(np.ones((64, 64), np.float32))
    assert cells.shape == (64, 114)
    assert cells[:, :24].max() == cells[:, -24:].max() == 0
    assert cells[:, 26:-26].min() == 1


@given(
    rows=st.integers(1, 9),
    columns=st.integers(1, 9),
    width=st.integers(1, 40),
    height=st.integers(1, 40),
    seed=st.integers(),
)
def test_cells_are_stretched_as_the_twin_does_it(rows: int, columns: int, width: int, height: int, seed: int) -> None:
    cells = np.random.default_rng(abs(seed)).integers(0, 256, (rows, columns), dtype=np.uint8)
    assert np.abs(stretched(cells, Size(width, height)) - twin.widen(cells, width, height)).max() <= 0.51


def test_cells_of_the_pictures_own_size_are_the_picture() -> None:
    cells = np.random.default_rng(1).integers(0, 256, (33, 47), dtype=np.uint8)
    assert np.array_equal(stretched(cells, Size(47, 33)), cells)


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("color", ["rgb", "bgr"])
def test_what_is_behind_is_what_the_foreground_leaves_of_the_picture(layout: Layout, color: ColorOrder) -> None:
    foreground, behind = np.array([1.0, 0.2, 0.0]), np.array([0.0, 1.0, 0.4])
    alpha = np.array([[0.0, 0.25, 0.5, 0.75, 1.0]], np.float32)
    mixed = alpha[:, :, None] * foreground + (1 - alpha[:, :, None]) * behind
    rgb = (255 * mixed + 0.5).astype(np.uint8)
    colors = np.broadcast_to(foreground if color == "rgb" else foreground[::-1], (1, 1, 5, 3)).astype(np.float32)
    answers = {"f": np.moveaxis(colors, 3, 1) * 2 if layout == "nchw" else colors * 2}
    seen = behind_person(rgb, alpha, ForegroundOutput("f", 0.5), PictureInput("x", layout, color=color), answers)
    assert np.abs(seen[0, :4] - 255 * behind).max() <= 2
    assert np.array_equal(seen[0, 4], rgb[0, 4])


@given(st.integers(0, 2**32 - 1))
def test_what_is_behind_is_seen_as_the_twin_sees_it(seed: int) -> None:
    random = np.random.default_rng(seed)
    rgb = random.integers(0, 256, (4, 6, 3), dtype=np.uint8)
    alpha = random.choice([0, 0.002, 0.3, 0.6, 0.94, 0.96, 1], (4, 6)).astype(np.float32)
    colors = random.uniform(-0.5, 1.5, (4, 6, 3)).astype(np.float32)
    seen = behind_person(rgb, alpha, ForegroundOutput("f"), PictureInput("x", "nhwc"), {"f": colors[None]})
    assert np.abs(seen - behind_twin.see_behind(rgb, alpha, colors)).max() <= 0.51


@pytest.mark.parametrize("matrix", list(Matrix))
@pytest.mark.parametrize("full_range", [False, True])
def test_colors_become_a_picture_like_the_one_matted(matrix: Matrix, full_range: bool) -> None:
    picture = Picture.blank(Size(32, 18), matrix=matrix, full_range=full_range)
    rgb = np.full((9, 16, 3), (200, 60, 30), np.uint8)
    made = Stretching().like(picture, rgb)
    expected = picture_from_rgb(np.full((18, 32, 3), (200, 60, 30), np.uint8), matrix=matrix, full_range=full_range)
    assert (made.size, made.matrix, made.full_range) == (picture.size, matrix, full_range)
    for plane, other in zip(made.planes, expected.planes, strict=True):
        assert np.abs(plane.rows.astype(int) - other.rows).max() <= 2

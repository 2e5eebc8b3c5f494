from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.runtime.categories import foreground
from transforms.runtime.network import ModelError

SELFIE_MULTICLASS = ("background", "hair", "body-skin", "face-skin", "clothes", "others (accessories)")
PASCAL_VOC = [
    "background",
    "aeroplane",
    "bicycle",
    "bird",
    "boat",
    "bottle",
    "bus",
    "car",
    "cat",
    "chair",
    "cow",
    "dining_table",
    "dog",
    "horse",
    "motorbike",
    "person",
    "potted_plant",
    "sheep",
    "sofa",
    "train",
    "tv",
]


@pytest.mark.parametrize(
    ("labels", "chosen"),
    [
        (("selfie",), (0,)),
        (("",), (0,)),
        (("background", "Person"), (1,)),
        (("person", "background"), (0,)),
        (("alice", " Background "), (0,)),
        (("", ""), (1,)),
        (("", "", ""), (1, 2)),
        (SELFIE_MULTICLASS, (1, 2, 3, 4, 5)),
        (tuple(PASCAL_VOC), (15,)),
    ],
)
def test_persons_are_chosen_where_nothing_is_asked_for(labels: tuple[str, ...], chosen: tuple[int, ...]) -> None:
    assert foreground(labels, name="a model") == chosen


def test_categories_are_found_by_name_or_number() -> None:
    assert foreground(SELFIE_MULTICLASS, name="a model", categories=("Clothes", "1", " hair ")) == (1, 4)
    assert foreground(("", "", ""), name="a model", categories=("2",)) == (2,)
    assert foreground(("background", "1", "2"), name="a model", categories=("2",)) == (2,)


def test_a_chair_is_what_one_sits_on() -> None:
    assert foreground(PASCAL_VOC, name="a model", chair=True) == (9, 15, 18)
    assert foreground(PASCAL_VOC, name="a model", categories=("cat",), chair=True) == (8, 9, 18)


@pytest.mark.parametrize("category", ["hat", "6", "-1", "1.0", "", "²", "9" * 5000])
def test_a_category_there_is_not_is_answered_with_those_there_are(category: str) -> None:
    with pytest.raises(ModelError, match=r"^m\.tflite has no category .*; it knows 0 background, 1 hair, "):
        foreground(SELFIE_MULTICLASS, name="m.tflite", categories=(category,))


def test_a_model_that_knows_no_chair_says_so() -> None:
    with pytest.raises(ModelError, match=r"^m\.tflite knows no chair; it knows 0 selfie$"):
        foreground(("selfie",), name="m.tflite", chair=True)


def test_a_long_list_is_told_by_its_beginning() -> None:
    with pytest.raises(ModelError) as caught:
        foreground([f"thing {number}" for number in range(1000)], name="m.tflite", categories=("hat",))
    assert len(str(caught.value)) < 1000


@given(st.lists(st.text(max_size=8), min_size=1, max_size=20), st.lists(st.text(max_size=3), max_size=3), st.booleans())
def test_whatever_is_chosen_is_there(labels: list[str], categories: list[str], chair: bool) -> None:
    try:
        chosen = foreground(labels, name="a model", categories=categories, chair=chair)
    except ModelError:
        return
    assert list(chosen) == sorted(set(chosen))
    assert all(0 <= number < len(labels) for number in chosen)

"""What the TOML beside a converted model says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.keras.checkpoint import Checkpoint, SegmentationConfig
from gateway.keras.description import assumptions, description
from transforms.model import spec_file

PERSON = Checkpoint(Path("person.4"), "person.4", SegmentationConfig("unet_mini", 2, 96, 128))
SLIM = Checkpoint(Path("slim.h5"), "slim")


def seen(**changed: object) -> dict[str, object]:
    return {
        "size": [128, 96],
        "classes": 2,
        "activation": "softmax",
        "prepares": False,
        "keras": "2.21.0",
        **changed,
    }


def words(checkpoint: Checkpoint, folder: Path, **changed: object) -> Any:
    """The description as whoever uses the model reads it."""
    (folder / "model.toml").write_text(description(checkpoint, seen(**changed)))
    return spec_file.read(folder / "model.toml")


def test_a_checkpoint_of_keras_segmentation_says_all_there_is_to_know(tmp_path: Path) -> None:
    said = words(PERSON, tmp_path)
    assert said["input"] == {
        "name": "picture",
        "layout": "nhwc",
        "size": (128, 96),
        "color": "rgb",
        "scale": 1.0,
        "mean": (123.68, 116.779, 103.939),
    }
    assert said["output"] == {"name": "matte", "kind": "probability", "layout": "nhwc", "class": (1,), "refine": True}
    assert assumptions(PERSON, seen()) == []


def test_of_another_model_the_pictures_are_assumed_and_that_is_told(tmp_path: Path) -> None:
    assert words(SLIM, tmp_path)["input"]["scale"] == pytest.approx(1 / 255)
    (told,) = assumptions(SLIM, seen())
    assert "RGB, 0 to 1" in told


def test_a_model_that_prepares_its_pictures_gets_them_as_they_are(tmp_path: Path) -> None:
    assert words(SLIM, tmp_path, prepares=True)["input"]["scale"] == 1.0
    assert assumptions(SLIM, seen(prepares=True)) == []


def test_all_classes_but_the_first_are_foreground_and_that_is_told(tmp_path: Path) -> None:
    assert words(SLIM, tmp_path, classes=4)["output"]["class"] == (1, 2, 3)
    assert any("4 classes" in told for told in assumptions(SLIM, seen(classes=4)))


def test_one_channel_has_no_class_and_no_activation_means_logits(tmp_path: Path) -> None:
    said = words(SLIM, tmp_path, classes=1, activation="linear")["output"]
    assert "class" not in said
    assert said["kind"] == "logits"


def test_a_model_of_any_size_says_so(tmp_path: Path) -> None:
    assert words(SLIM, tmp_path, size=None)["input"]["size"] == "any"


def test_a_name_of_any_letters_is_still_toml(tmp_path: Path) -> None:
    odd = Checkpoint(Path('a "b"\\\n\x1bü.h5'), "odd")
    assert words(odd, tmp_path)["title"].startswith('a "b"\\ü.h5')

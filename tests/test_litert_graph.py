"""Any TFLite model behind LiteRT's wrapper."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import transforms.person
from tests.drawn_tflite import drawn_tflite
from transforms.model.loading import load
from transforms.model.segmenter import ModelSegmenter
from transforms.picture import Matrix, Size
from transforms.rgb import picture_from_rgb
from transforms.runtime.graph import Tensor
from transforms.runtime.litert import LiteRtGraph
from transforms.runtime.network import InferenceFailed, ModelError

SELFIE = Path(transforms.person.__file__).parent / "models" / "selfie_general.tflite"
CLASSES = {"wall": (0.0, 0.0, 0.0, 5.0), "person": (20.0, -20.0, 0.0, 0.0)}


def drawn(folder: Path) -> Path:
    path = folder / "drawn.tflite"
    path.write_bytes(drawn_tflite(CLASSES, width=16, height=12))
    return path


def test_a_model_says_what_it_takes_and_gives(tmp_path: Path) -> None:
    graph = LiteRtGraph(drawn(tmp_path))
    assert graph.inputs == (Tensor("image", (1, 12, 16, 3), "float32"),)
    assert graph.outputs == (Tensor("scores", (1, 12, 16, 2), "float32"),)
    picture = np.zeros((1, 12, 16, 3), np.float32)
    picture[..., 0] = 1
    scores = graph.run({"image": picture})["scores"]
    assert scores[0, 5, 5] == pytest.approx([5, 20])


def test_a_model_takes_pictures_of_another_size_where_it_can(tmp_path: Path) -> None:
    graph = LiteRtGraph(drawn(tmp_path))
    with pytest.raises(InferenceFailed):
        graph.run({"image": np.zeros((1, 24, 32, 3), np.float32)})
    assert graph.run({"image": np.zeros((1, 12, 16, 3), np.float32)})["scores"].shape == (1, 12, 16, 2)
    with pytest.raises(InferenceFailed):
        graph.run({"other": np.zeros((1, 12, 16, 3), np.float32)})


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(drawn_tflite(CLASSES)[:200])
    with pytest.raises(ModelError, match=r"net\.tflite cannot be loaded"):
        LiteRtGraph(path)


def test_a_model_of_classes_is_a_matting_by_what_is_found_in_it(tmp_path: Path) -> None:
    loaded = load(drawn(tmp_path))
    matte = loaded.spec.matte
    assert (loaded.runtime, matte.kind, matte.layout, matte.classes) == ("tflite", "logits", "nhwc", (1,))
    rgb = np.full((48, 64, 3), (60, 90, 120), np.uint8)
    rgb[8:40, 32:64] = (240, 20, 20)
    found = ModelSegmenter(loaded).segment(picture_from_rgb(rgb, matrix=Matrix.BT601, full_range=False), 0.0)
    assert found.confidence == 1
    assert found.chance.shape == (12, 16)
    assert found.chance[4:9, 10:].min() > 250
    assert found.chance[:, :7].max() < 5


def test_classes_that_a_model_names_are_foreground_by_their_names(tmp_path: Path) -> None:
    path = tmp_path / "drawn.tflite"
    path.write_bytes(drawn_tflite({"background": (0, 0, 0, 5), "hair": (9, 0, 0, 0), "face": (0, 9, 0, 0)}))
    assert load(path).spec.matte.classes == (1, 2)
    path.with_suffix(".toml").write_text('[output]\nclass = "face"')
    assert load(path).spec.matte.classes == (2,)


def test_the_embedded_models_are_understood_without_a_spec() -> None:
    loaded = load(SELFIE)
    takes, matte = loaded.spec.inputs.picture, loaded.spec.matte
    assert (takes.size, takes.layout, matte.kind, matte.layout) == (Size(256, 256), "nhwc", "probability", "nhwc")
    assert matte.refine

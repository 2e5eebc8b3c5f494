"""What is written of a converted model, and when nothing is; TensorFlow's part is drawn here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gateway.errors import ArgumentError, GatewayError
from gateway.keras.checkpoint import Checkpoint
from gateway.keras.conversion import put_in_place
from tests.drawn_onnx import model, node, value
from transforms.model.loading import load

SLIM = Checkpoint(Path("slim.h5"), "slim")
SEEN: dict[str, object] = {
    "size": [96, 64],
    "classes": 1,
    "activation": "sigmoid",
    "prepares": False,
    "keras": "2.21.0",
}
SHAPE = (1, 64, 96, 3)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """What the worker leaves: a model that answers how bright each place is, and a picture with its answer."""
    folder = tmp_path / "made"
    folder.mkdir()
    mean = node("ReduceMean", "picture", "matte", axes=[3], keepdims=1)
    drawn = model([mean], [value("picture", SHAPE)], [value("matte", (*SHAPE[:3], 1))])
    (folder / "model.onnx").write_bytes(drawn)
    picture = np.random.default_rng(1).uniform(0, 1, SHAPE).astype(np.float32)
    np.savez(folder / "probe.npz", picture=picture, matte=picture.mean(3, keepdims=True))
    return folder


def test_model_and_spec_are_written_side_by_side_and_a_call_can_use_them(made: Path, tmp_path: Path) -> None:
    target = tmp_path / "slim.onnx"
    done = put_in_place(SLIM, SEEN, made, target)
    assert (done.model, done.spec) == (target, tmp_path / "slim.toml")
    assert done.difference < 1e-6
    loaded = load(target)
    loaded.graph.close()
    assert (loaded.spec.inputs.picture.size, loaded.spec.matte.kind) == ((96, 64), "probability")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made", "slim.onnx", "slim.toml"]


@pytest.mark.parametrize("wrong", [1e-3, float("nan")])
def test_a_model_that_answers_otherwise_than_tensorflow_is_not_written(
    made: Path, tmp_path: Path, wrong: float
) -> None:
    with np.load(made / "probe.npz") as probe:
        picture, matte = probe["picture"], probe["matte"]
    matte[0, 5, 7, 0] += wrong
    np.savez(made / "probe.npz", picture=picture, matte=matte)
    with pytest.raises(GatewayError, match="answers otherwise than TensorFlow"):
        put_in_place(SLIM, SEEN, made, tmp_path / "slim.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_a_model_that_onnx_runtime_cannot_run_is_not_written(made: Path, tmp_path: Path) -> None:
    broken = model([node("NoSuchOperation", "picture", "matte")], [value("picture", SHAPE)], [value("matte", SHAPE)])
    (made / "model.onnx").write_bytes(broken)
    with pytest.raises(GatewayError, match="ONNX Runtime cannot run"):
        put_in_place(SLIM, SEEN, made, tmp_path / "slim.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_a_folder_that_has_gone_meanwhile_is_one_line(made: Path, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="--output"):
        put_in_place(SLIM, SEEN, made, tmp_path / "gone/slim.onnx")

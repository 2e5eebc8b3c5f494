from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from tests.drawn_tflite import drawn_tflite
from tests.peers.programs import require_mediapipe
from transforms.runtime.network import ModelError
from transforms.runtime.tasks_file import LARGEST, model_in, tried_model


@pytest.fixture(autouse=True, scope="module")
def system_libraries() -> None:
    require_mediapipe()


MODEL = drawn_tflite({"background": (0, 0, 0, 0.5), "person": (1, 0, 0, 0)})


def test_a_model_that_runs_is_tried_once(tmp_path: Path) -> None:
    path = tmp_path / "good.tflite"
    path.write_bytes(MODEL)
    assert tried_model(path) == MODEL
    began = os.times().children_user
    assert tried_model(path) == MODEL
    assert os.times().children_user == began


def test_a_model_that_kills_who_runs_it_is_refused(tmp_path: Path) -> None:
    """The metadata begins with an offset, which MediaPipe follows wherever it leads."""
    damaged = bytearray(MODEL)
    damaged[damaged.index(b"M001") - 1] = 0xFF
    path = tmp_path / "killer.tflite"
    path.write_bytes(damaged)
    with pytest.raises(ModelError, match=r"killer\.tflite is damaged or made to harm: trying it ended in SIGSEGV$"):
        tried_model(path)


def bundle(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(f"{name}.tflite", content)
    return path


def test_a_bundle_holds_one_segmentation_model(tmp_path: Path) -> None:
    assert model_in(bundle(tmp_path / "one.task", anything=MODEL)) == MODEL
    assert model_in(bundle(tmp_path / "two.task", face=b"", segmenter=MODEL)) == MODEL
    for members in ({}, {"face": MODEL, "hand": MODEL}):
        with pytest.raises(ModelError, match="without the one segmentation model"):
            model_in(bundle(tmp_path / "others.task", **members))


def test_what_is_no_model_file_is_refused_by_name(tmp_path: Path) -> None:
    damaged = bundle(tmp_path / "damaged.task", segmenter=MODEL * 3)
    content = bytearray(damaged.read_bytes())
    content[200:300] = bytes(100)
    contents = {
        "empty.tflite": (b"", "neither a .tflite model nor a .task bundle"),
        "keras.tflite": (b"\x89HDF\r\n\x1a\n" * 9, "neither a .tflite model nor a .task bundle"),
        "cut.task": (damaged.read_bytes()[:300], "is a damaged bundle"),
        "damaged.task": (bytes(content), "is a damaged bundle"),
    }
    for name, (octets, fault) in contents.items():
        (tmp_path / name).write_bytes(octets)
        with pytest.raises(ModelError) as caught:
            model_in(tmp_path / name)
        assert str(caught.value).startswith(f"model {tmp_path / name} ")
        assert fault in str(caught.value)


def test_what_cannot_be_read_is_refused_before_it_is(tmp_path: Path) -> None:
    with (tmp_path / "huge.tflite").open("wb") as file:
        file.truncate(LARGEST + 1)
    for path, fault in (
        (tmp_path / "nothing.tflite", "No such file"),
        (tmp_path, "not a file"),
        (Path("/dev/zero"), "not a file"),
        (tmp_path / "huge.tflite", "256 MiB, too large: 256 MiB at most"),
    ):
        with pytest.raises(ModelError, match=fault):
            model_in(path)

"""Model files as strangers, broken downloads and mistakes make them: one clear line before a session starts."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import drawn_models
from tests.drawn_onnx import external, message, model, node, value
from transforms.model.loading import load
from transforms.model.model_file import LARGEST, runtime_of
from transforms.model.onnx_file import outline_of
from transforms.runtime.network import ModelError

GIB = 1 << 30
SIDES = (1, 3, 8, 8)


def refusal(path: Path, spec: Path | None = None) -> str:
    """The one line by which a model is refused, which names it."""
    with pytest.raises(ModelError) as refused:
        load(path, spec)
    told = str(refused.value)
    assert str(path) in told
    assert "\n" not in told
    assert len(told) < 600
    return told


def written(folder: Path, content: bytes, name: str = "net.onnx") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"\x00" * 64, "damaged, or no ONNX model"),
        (b"hello", "damaged, or no ONNX model"),
        (drawn_models.reddish()[:-10], "damaged, or no ONNX model"),
        (drawn_models.reddish()[:100], "damaged, or no ONNX model"),
        (message((1, 8), (2, b"drawn")), "damaged, or no ONNX model"),
        (b"\x89HDF\r\n\x1a\n" + bytes(64), "a Keras model: `changebg models convert-keras` makes ONNX of it"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:", "Git LFS pointer"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"PK\x03\x04" + bytes(64), "an archive"),
        (b"\x80\x02ctorch", "export it to ONNX"),
        (b"\x1c\x00\x00\x00TFL3" + bytes(64), "cannot be loaded"),
    ],
)
def test_what_is_no_model_is_refused_by_what_it_is(tmp_path: Path, content: bytes, told: str) -> None:
    assert told in refusal(written(tmp_path, content))


def test_a_file_that_is_not_there_or_not_a_file_is_refused(tmp_path: Path) -> None:
    assert "is not there" in refusal(tmp_path / "none.onnx")
    assert "is not a file" in refusal(tmp_path)


def test_a_file_in_a_folder_that_may_not_be_entered_is_refused(tmp_path: Path) -> None:
    """Root may enter any, so that a name which no file system takes stands in for it."""
    path = tmp_path / ("n" * 300 + ".onnx")
    with pytest.raises(ModelError, match=r"cannot be read: File name too long"):
        load(path)
    with pytest.raises(ModelError, match=r"cannot be read: File name too long"):
        load(written(tmp_path, drawn_models.reddish()), path)


def test_a_model_of_five_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    path = written(tmp_path, drawn_models.reddish())
    os.truncate(path, 5 * GIB)
    started = perf_counter()
    assert f"has 5.0 GiB, too large: {LARGEST // GIB} GiB at most" in refusal(path)
    assert perf_counter() - started < 1


@given(st.binary(max_size=200))
def test_any_bytes_are_an_outline_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.onnx"
    path.write_bytes(content)
    with suppress(ModelError):
        outline_of(path)


def test_messages_within_messages_end_somewhere(tmp_path: Path) -> None:
    graph = message((2, b"innermost"))
    for _ in range(200):
        graph = message((1, message((5, message((6, graph))))))
    assert "damaged" in refusal(written(tmp_path, message((7, graph))))


def with_weights_elsewhere(location: str) -> bytes:
    nodes = [node("Conv", "image weights", "alpha", kernel_shape=[1, 1])]
    outside = external("weights", (1, 3, 1, 1), location)
    return model(nodes, [value("image", SIDES)], [value("alpha", (1, 1, 8, 8))], initializers=[outside])


def test_weights_beside_the_model_are_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "net.data").write_bytes(np.array([1, -1, 0], np.float32).tobytes())
    loaded = load(written(tmp_path, with_weights_elsewhere("net.data")))
    levels = np.array([3, 1, 9], np.float32).reshape(1, 3, 1, 1)
    answer = loaded.graph.run({"image": np.broadcast_to(levels, SIDES).copy()})
    assert answer["alpha"].max() == answer["alpha"].min() == 2


@pytest.mark.parametrize("location", ["../secret", "/etc/passwd", "sub/net.data", "..", ""])
def test_a_model_gets_nothing_else_to_read(tmp_path: Path, location: str) -> None:
    (tmp_path.parent / "secret").write_bytes(bytes(12))
    told = refusal(written(tmp_path, with_weights_elsewhere(location)))
    assert "which is not a file beside it" in told or "which is not beside it" in told


def test_weights_that_are_a_link_or_too_large_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, with_weights_elsewhere("net.data"))
    assert "keeps its weights in 'net.data', which is not beside it" in refusal(path)
    (tmp_path / "net.data").symlink_to("/etc/hostname")
    assert "which is not a file beside it" in refusal(path)
    (tmp_path / "net.data").unlink()
    written(tmp_path, b"", "net.data")
    os.truncate(tmp_path / "net.data", 5 * GIB)
    assert "has 5.0 GiB, too large" in refusal(path)


def one_node(operation: str, *, opset: int = 17, domain: bool = False, sides: tuple[int, ...] = SIDES) -> bytes:
    nodes = [node(operation, "image", "alpha") + (message((7, b"com.example")) if domain else b"")]
    return model(nodes, [value("image", sides)], [value("alpha", sides)], opset=opset)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (one_node("Frobnicate"), "Frobnicate"),
        (one_node("Relu", domain=True), "com.example"),
        (one_node("Relu", opset=9999), "9999"),
        (one_node("Relu", sides=(1, 3, 100_000, 100_000)), "takes 100000x100000, too large: 4096 a side at most"),
        (one_node("Relu", sides=(1, 5, 8, 8)), "takes no picture"),
        (one_node("Relu"), "tells 3 classes apart"),
        (one_node("Round", sides=(1, 3, 0, 8)), "cannot be"),
    ],
)
def test_a_model_that_cannot_be_run_here_is_refused_by_what_it_wants(tmp_path: Path, content: bytes, told: str) -> None:
    assert told in refusal(written(tmp_path, content))


def test_a_model_that_asks_for_more_memory_than_there_is_dies_in_another_process(tmp_path: Path) -> None:
    nodes = [
        node("Expand", "image vast", "wide"),
        node("ReduceMax", "wide", "most", axes=[0]),
        node("Identity", "most", "alpha"),
    ]
    vast = {"vast": np.array([1_000_000, 3, 64, 64], np.int64)}
    told = refusal(written(tmp_path, model(nodes, [value("image", (1, 3, 64, 64))], [value("alpha", SIDES)], vast)))
    assert "cannot be run" in told or "memory" in told or "trying it ended in" in told


def test_a_model_that_answers_with_no_numbers_is_refused(tmp_path: Path) -> None:
    nodes = [
        node("Sub", "image ten", "less"),
        node("Sqrt", "less", "root"),
        node("ReduceMean", "root", "alpha", axes=[1]),
    ]
    drawn = model(nodes, [value("image", SIDES)], [value("alpha", (1, 1, 8, 8))], {"ten": np.array(10, np.float32)})
    assert "'alpha' to a plain picture holds what is no number" in refusal(written(tmp_path, drawn))


def test_a_spec_that_contradicts_its_model_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, drawn_models.scored("Softmax"))
    spec = tmp_path / "net.toml"
    for text, told in (
        ("[output]\nclass = 2", "class 2 is none of 2"),
        ("[[state]]\ninput = 'r1i'\noutput = 'answer'", "'r1i' is none of its inputs: image"),
    ):
        spec.write_text(text)
        assert told in refusal(path)


def test_what_runs_a_file_is_told_by_its_content_and_not_by_its_name(tmp_path: Path) -> None:
    assert runtime_of(written(tmp_path, drawn_models.reddish(), "net.bin")) == "onnx"
    assert runtime_of(written(tmp_path, b"\x1c\x00\x00\x00TFL3", "net.onnx")) == "tflite"

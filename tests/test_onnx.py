"""ONNX Runtime behind its wrapper: shared, on the calling thread, and silent towards everybody."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from tests import drawn_models
from tests.no_way_out import NETWORK_CALLS
from transforms.runtime import onnx
from transforms.runtime.graph import Tensor
from transforms.runtime.network import InferenceFailed, ModelError
from transforms.runtime.onnx import KEPT, OnnxGraph

REPORTS_AFTER = 12
"""Seconds: after 9 onnxruntime 1.32 tells Microsoft of the process."""


def model(folder: Path, name: str = "net.onnx") -> Path:
    path = folder / name
    path.write_bytes(drawn_models.scored("Softmax"))
    return path


def at_work(whose: str, path: Path, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.onnx_at_work", whose, str(path), str(seconds)]
    return subprocess.Popen(command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True)


def session_of(graph: OnnxGraph) -> object:
    return vars(graph)["_shared"]


def test_a_model_says_what_it_takes_and_gives(tmp_path: Path) -> None:
    graph = OnnxGraph(model(tmp_path))
    assert graph.inputs == (Tensor("image", (1, 3, 12, 16), "float32"),)
    assert graph.outputs == (Tensor("answer", (1, 2, 12, 16), "float32"),)
    answer = graph.run({"image": np.zeros((1, 3, 12, 16), np.float32)})["answer"]
    assert answer.sum(axis=1) == pytest.approx(1)


def test_one_file_is_loaded_once_until_it_changes(tmp_path: Path) -> None:
    path = model(tmp_path)
    one, other = OnnxGraph(path), OnnxGraph(tmp_path / "." / "net.onnx")
    assert session_of(one) is session_of(other)
    path.write_bytes(drawn_models.scored("Identity"))
    os.utime(path, ns=(1, 1))
    assert session_of(OnnxGraph(path)) is not session_of(one)


def test_a_model_stays_loaded_for_the_next_call_but_not_for_ever(tmp_path: Path) -> None:
    first = OnnxGraph(model(tmp_path))
    known = id(session_of(first))
    first.close()
    again = OnnxGraph(tmp_path / "net.onnx")
    assert id(session_of(again)) == known
    again.close()
    for number in range(KEPT):
        OnnxGraph(model(tmp_path, f"{number}.onnx")).close()
    loaded = vars(onnx._SESSIONS)["_loaded"]
    assert len([key for key in loaded if key[0] == str(tmp_path / "net.onnx")]) == 0


def test_calls_run_a_shared_model_at_the_same_time(tmp_path: Path) -> None:
    path, answers = model(tmp_path), {}

    def call(level: float) -> None:
        graph = OnnxGraph(path)
        picture = np.zeros((1, 3, 12, 16), np.float32)
        picture[:, 0] = level
        for _ in range(50):
            answers[level] = graph.run({"image": picture})["answer"][0, 1]

    threads = [Thread(target=call, args=(level,)) for level in (0.0, 0.5, 1.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers[0.0].max() < 0.01 < answers[0.5].min()
    assert answers[1.0].min() > 0.99


def test_a_model_whose_sides_are_named_wrongly_is_run_all_the_same(tmp_path: Path) -> None:
    """As RVM's are: every state's `height` is the picture's, by name alone."""
    path = tmp_path / "net.onnx"
    path.write_bytes(drawn_models.recurrent("count"))
    graph = OnnxGraph(path)
    feeds = {tensor.name: np.zeros((1, 1, 1, 1), np.float32) for tensor in graph.inputs}
    feeds |= {"src": np.zeros((1, 3, 48, 64), np.float32), "downsample_ratio": np.array([0.5], np.float32)}
    for showing in (1, 2):
        answers = graph.run(feeds)
        assert answers["r2o"].item() == showing
        feeds |= {f"r{number}i": answers[f"r{number}o"] for number in range(1, 5)}


def test_what_goes_wrong_is_one_line(tmp_path: Path) -> None:
    graph = OnnxGraph(model(tmp_path))
    with pytest.raises(InferenceFailed) as failed:
        graph.run({"image": np.zeros((1, 3, 5, 5), np.float32)})
    assert "\n" not in str(failed.value)
    assert "onnxruntime_src" not in str(failed.value)
    with pytest.raises(InferenceFailed):
        graph.run({})
    graph.close()
    with pytest.raises(InferenceFailed, match="closed"):
        graph.run({})
    with pytest.raises(ModelError, match="cannot be read"):
        OnnxGraph(tmp_path / "none.onnx")


def test_no_thread_is_there_to_report_anything(tmp_path: Path) -> None:
    """As it comes the library starts one that does, at once, and calls seconds later."""
    path = model(tmp_path)
    ours, plain = (at_work(whose, path, 0) for whose in ("ours", "plain"))
    started = [int(process.communicate(timeout=60)[0].split()[0]) for process in (ours, plain)]
    assert started[0] == 0
    assert started[1] > 0


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() not in NETWORK_CALLS, reason="system calls of this processor are not known")
def test_nobody_is_called(tmp_path: Path) -> None:
    path = model(tmp_path)
    ours, plain = (at_work(whose, path, REPORTS_AFTER) for whose in ("ours", "plain"))
    assert "nobody was called" in ours.communicate(timeout=100)[0]
    plain.communicate(timeout=100)
    assert (ours.returncode, plain.returncode) == (0, -signal.SIGSYS)

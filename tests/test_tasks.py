from __future__ import annotations

import os
import platform
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.drawn_tflite import Weights, drawn_tflite
from tests.no_way_out import NETWORK_CALLS
from tests.peers.programs import require_mediapipe
from transforms.picture import Size
from transforms.runtime.network import InferenceFailed, ModelError
from transforms.runtime.tasks import TasksNetwork


@pytest.fixture(autouse=True, scope="module")
def system_libraries() -> None:
    require_mediapipe()


CATEGORIES: dict[str, Weights] = {
    "background": (0, 0, 0, 0.5),
    "person": (1, 0, 0, 0),
    "chair": (0, 1, 0, 0),
    "hair": (0, 0, 1, 0),
}


@pytest.fixture(scope="module")
def model() -> bytes:
    return drawn_tflite(CATEGORIES)


def stripes() -> NDArray[np.uint8]:
    """Four wide columns: red, green, blue, black."""
    rgb = np.zeros((12, 16, 3), np.uint8)
    for channel in range(3):
        rgb[:, 4 * channel : 4 * channel + 4, channel] = 255
    return rgb


def chances(model: bytes, **chosen: object) -> list[float]:
    """That each of the four columns is foreground."""
    network = TasksNetwork(model, name="drawn.tflite", **chosen)  # type: ignore[arg-type]
    chance = network.run(stripes())
    network.close()
    assert chance.shape == (12, 16)
    assert chance.dtype == np.float32
    assert (chance == chance[:1]).all()
    return [float(chance[0, column]) for column in range(1, 16, 4)]


def expected(*categories: int) -> list[float]:
    """Softmax over the scores that the drawn model gives the columns, summed over some categories."""
    weights = np.array(list(CATEGORIES.values()))
    scores = np.exp(weights[:, :3] @ np.vstack([np.eye(3), np.zeros((1, 3))]).T + weights[:, 3:])
    return [float(chance) for chance in (scores / scores.sum(0))[list(categories)].sum(0)]


def test_a_person_is_foreground_where_a_model_knows_persons(model: bytes) -> None:
    network = TasksNetwork(model, name="drawn.tflite")
    network.close()
    assert network.size == Size(16, 12)
    assert network.labels == tuple(CATEGORIES)
    assert chances(model) == pytest.approx(expected(1), abs=1e-6)


def test_the_chair_is_foreground_when_it_is_asked_for(model: bytes) -> None:
    assert chances(model, chair=True) == pytest.approx(expected(1, 2), abs=1e-6)


def test_categories_are_chosen_by_name_and_by_number(model: bytes) -> None:
    assert chances(model, categories=("Hair",)) == pytest.approx(expected(3), abs=1e-6)
    assert chances(model, categories=("hair", "1", "3")) == pytest.approx(expected(1, 3), abs=1e-6)


def test_without_labels_all_but_the_first_category_is_foreground() -> None:
    model = drawn_tflite(CATEGORIES, labelled=False)
    assert chances(model) == pytest.approx(expected(1, 2, 3), abs=1e-6)


def test_chances_beyond_one_are_cut() -> None:
    model = drawn_tflite({"background": (0, 0, 0, 0), "person": (3, 0.5, -1, 0)}, softmax=False)
    assert chances(model) == [1.0, 0.5, 0.0, 0.0]


def test_what_is_no_number_is_no_answer() -> None:
    model = drawn_tflite({"person": (float("nan"), 0, 0, 0)}, softmax=False)
    network = TasksNetwork(model, name="drawn.tflite")
    with pytest.raises(InferenceFailed, match="no number"):
        network.run(stripes())
    network.close()


def test_two_at_once_do_not_answer_for_each_other(model: bytes) -> None:
    persons, hair = (TasksNetwork(model, name="drawn.tflite", categories=(name,)) for name in ("person", "hair"))
    of_person, of_hair = persons.run(stripes()), hair.run(stripes())
    assert of_person[0, 1] == pytest.approx(expected(1)[0], abs=1e-6)
    assert of_hair[0, 9] == pytest.approx(expected(3)[2], abs=1e-6)
    persons.close()
    assert np.array_equal(hair.run(stripes()), of_hair)
    hair.close()


def test_closed_twice_is_closed_and_its_threads_have_ended(model: bytes) -> None:
    before = threading.active_count()
    network = TasksNetwork(model, name="drawn.tflite")
    assert threading.active_count() > before
    network.close()
    network.close()
    assert threading.active_count() == before


def test_a_refused_category_leaves_no_thread_behind(model: bytes) -> None:
    before = threading.active_count()
    with pytest.raises(ModelError):
        TasksNetwork(model, name="drawn.tflite", categories=("hat",))
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (b"", "no model that MediaPipe's ImageSegmenter takes"),
        (b"\x89HDF\r\n\x1a\n" + bytes(500), "no model that MediaPipe's ImageSegmenter takes"),
        (drawn_tflite(CATEGORIES)[:700], "no model that MediaPipe's ImageSegmenter takes"),
        (drawn_tflite(CATEGORIES, width=20_000), "20000x12"),
    ],
    ids=["empty", "of another kind", "truncated", "of a huge picture"],
)
def test_a_model_that_cannot_be_used_is_refused_by_name(broken: bytes, fault: str) -> None:
    with pytest.raises(ModelError, match=r"drawn\.tflite") as caught:
        TasksNetwork(broken, name="drawn.tflite")
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)


def test_without_the_library_the_extra_is_named(model: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mediapipe.tasks.python.vision", None)
    with pytest.raises(ModelError, match=re.escape("pip install '.[mediapipe]'")):
        TasksNetwork(model, name="drawn.tflite")


def test_without_its_system_libraries_the_packages_are_named(model: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    from mediapipe.tasks.python.core import mediapipe_c_bindings  # type: ignore[import-untyped]

    def missing(*_: object) -> None:
        raise OSError("libEGL.so.1: cannot open shared object file: No such file or directory")

    monkeypatch.setattr(mediapipe_c_bindings, "load_raw_library", missing)
    with pytest.raises(ModelError, match=r"libEGL\.so\.1.*install the Debian packages libegl1 and libgles2$"):
        TasksNetwork(model, name="drawn.tflite")


@pytest.mark.skipif(platform.machine() not in NETWORK_CALLS, reason="needs the numbers of this machine's system calls")
def test_nothing_is_reported_and_nothing_printed(model: bytes, tmp_path: Path) -> None:
    """Whoever calls the network in that process is killed by the kernel; the library as it comes is."""
    file = tmp_path / "drawn.tflite"
    file.write_bytes(model)
    told_otherwise = {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "*", "https_proxy": "", "no_proxy": "*"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.no_way_out", str(file)],
        env=os.environ | told_otherwise,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    chatter, _, hushed = done.stderr.partition("hushed:\n")
    assert "inference_feedback_manager" in chatter
    assert hushed == ""
    assert done.stdout.splitlines() == [f"as it comes: {signal.SIGSYS}", "by our wrapper: closed"]
    assert done.returncode == 0

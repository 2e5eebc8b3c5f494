"""`changebg models convert-keras`, up to where it would fetch TensorFlow; `tests/flows` goes all the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli.main import main
from gateway.keras.checkpoint import HDF5

CONVERT = ["models", "convert-keras"]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A file that looks like a model, and is none."""
    path = tmp_path / "slim.h5"
    path.write_bytes(HDF5 + b"model_config\0")
    return path


def test_what_is_no_checkpoint_is_a_wrong_argument(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*CONVERT, str(tmp_path / "nothing")]) == 2
    assert capsys.readouterr().err.startswith("changebg: CHECKPOINT")


@pytest.mark.parametrize(
    ("output", "said"),
    [("slim.pb", "ends in .onnx"), ("no/folder/slim.onnx", "there is no folder"), (".", "ends in .onnx")],
)
def test_where_nothing_could_be_written_nothing_is_fetched(
    model: Path, capsys: pytest.CaptureFixture[str], output: str, said: str
) -> None:
    assert main([*CONVERT, str(model), "--output", str(model.parent / output)]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "--output" in told
    assert "TensorFlow" not in told


def test_a_signal_while_it_works_leaves_nothing_behind(model: Path, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    offline = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli", *CONVERT, str(model)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **offline, "TMPDIR": str(scratch)},
    )
    assert process.stderr is not None
    with process, process.stderr as told:
        assert "TensorFlow is installed" in told.readline()
        process.send_signal(signal.SIGINT)
        rest = told.read()
        assert process.wait(30) == 0
    assert "stopped" in rest
    assert list(scratch.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scratch", "slim.h5"]

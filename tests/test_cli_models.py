"""`changebg models list`, `describe` and `check`: what they print, write and refuse."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gateway.cli.main import main
from tests import drawn_models
from tests.peers.clips import make_clip
from transforms.picture import Size


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("CHANGEBG_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def reddish(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("models") / "red.onnx"
    path.write_bytes(drawn_models.reddish())
    return str(path)


@pytest.fixture
def picture(tmp_path: Path) -> str:
    """Somebody in red fills the left third."""
    rgb = np.full((120, 160, 3), (90, 110, 100), np.uint8)
    rgb[20:, :48] = (250, 0, 0)
    Image.fromarray(rgb).save(tmp_path / "me.png")
    return str(tmp_path / "me.png")


def printed(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["models", *words]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    return told.out


def refusal(words: list[str], capsys: pytest.CaptureFixture[str], status: int = 2) -> str:
    assert main(["models", *words]) == status
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    return told.err


def test_what_comes_with_changebg_is_listed_with_licences(capsys: pytest.CaptureFixture[str]) -> None:
    listed = printed(["list"], capsys)
    assert "selfie" in listed
    assert "Apache-2.0" in listed
    assert "rvm" in listed
    assert "GPL-3.0-only" in listed


def test_a_folder_of_models_is_listed_too(tmp_path: Path, reddish: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"x")
    (tmp_path / "red.onnx").write_bytes(Path(reddish).read_bytes())
    listed = printed(["list", "--models-dir", str(tmp_path)], capsys)
    assert "red.onnx" in listed
    assert "cannot be used: model broken.onnx is damaged, or no ONNX model" in listed
    assert "expected a folder" in refusal(["list", "--models-dir", reddish], capsys)


def test_a_model_is_described_by_the_spec_that_would_say_it(
    tmp_path: Path, reddish: str, capsys: pytest.CaptureFixture[str]
) -> None:
    described = printed(["describe", reddish], capsys)
    written = tmp_path / "red.toml"
    written.write_text(described)
    spec: dict[str, Any] = tomllib.loads(described)
    assert spec["input"]["name"] == "image"
    assert spec["input"]["size"] == "any"
    assert spec["output"] == {"name": "alpha", "kind": "alpha", "layout": "nchw", "scale": 1.0, "refine": False}
    assert described.startswith("# red.onnx: onnx, ")
    assert "ms a picture" in described
    assert "taken to be trained on RGB from 0 to 1" in described
    again = printed(["describe", reddish, "--model-spec", str(written)], capsys)
    assert tomllib.loads(again) == spec


def test_a_model_is_checked_on_a_picture_and_its_matte_written(
    tmp_path: Path, reddish: str, picture: str, capsys: pytest.CaptureFixture[str]
) -> None:
    written = tmp_path / "matte.png"
    found = json.loads(printed(["check", reddish, picture, "--output", str(written)], capsys))
    assert list(found) == ["foreground", "milliseconds", "confidence", "accepted", "reason", "output"]
    assert found["foreground"] == pytest.approx(0.25, abs=0.03)
    assert (found["accepted"], found["output"]) == (True, str(written))
    matte = np.asarray(Image.open(written))
    assert matte.shape == (120, 160)
    assert matte[60, 20] > 240 > 10 > matte[60, 100]


def test_a_matte_that_no_call_would_show_is_not_written(
    tmp_path: Path, reddish: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (160, 120)).save(tmp_path / "dark.png")
    written = tmp_path / "matte.png"
    found = json.loads(printed(["check", reddish, str(tmp_path / "dark.png"), "--output", str(written)], capsys))
    assert (found["accepted"], found["output"]) == (False, None)
    assert "too dark" in found["reason"]
    assert not written.exists()


def test_a_model_that_remembers_is_played_a_video(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rvm.onnx").write_bytes(drawn_models.recurrent("count"))
    clip = make_clip(tmp_path, frames=5, size=Size(64, 48))
    found = json.loads(printed(["check", str(tmp_path / "rvm.onnx"), str(clip.path)], capsys))
    assert found["foreground"] == pytest.approx((3 + 4) / 20, abs=0.01)


def test_wrong_words_are_refused_in_one_line(
    tmp_path: Path, reddish: str, picture: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "none.onnx is not there" in refusal(["describe", str(tmp_path / "none.onnx")], capsys)
    assert "model spec none.toml is not there" in refusal(["describe", reddish, "--model-spec", "none.toml"], capsys)
    assert "is damaged, or no ONNX model" in refusal(["check", picture, picture], capsys)
    assert "none.png" in refusal(["check", reddish, "none.png"], capsys)
    assert "--output" in refusal(["check", reddish, picture, "--output", str(tmp_path / "no" / "m.png")], capsys)

"""From a folder of pictures to a call, as docs/own-model.md says: trained, converted, used, for real."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gateway.codec.reader import VideoReader
from gateway.keras.environment import REQUIREMENTS, interpreter
from transforms.picture import Size
from transforms.sample import SampleCaller

ROOT = Path(__file__).parents[2]
SIZE = Size(256, 192)
PICTURES = 12
UNSEEN = 8
"""The number of a picture that is not among those."""


def drawn(number: int) -> tuple[av.VideoFrame, NDArray[np.uint8]]:
    """A person in a room, and where she is."""
    return SampleCaller(SIZE, screen=None, seed=number % 4).frame(17 * number)


def as_image(frame: av.VideoFrame) -> Image.Image:
    return Image.fromarray(frame.to_ndarray(format="rgb24"))


def write_clip(path: Path, frames: Iterable[av.VideoFrame]) -> None:
    """Without loss, so that what is left of the person in the composite can be compared."""
    with av.open(path, "w") as container:
        stream = container.add_stream("ffv1", rate=30)
        stream.width, stream.height, stream.pix_fmt = SIZE.width, SIZE.height, "yuv420p"
        for frame in frames:
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def run(*command: object) -> str:
    ended = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    return ended.stdout


def changebg(*words: object) -> str:
    return run(sys.executable, "-m", "gateway.cli", *words)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_folder_of_pictures_becomes_a_model_that_a_call_uses(tmp_path: Path) -> None:
    pictures, masks = tmp_path / "pictures", tmp_path / "masks"
    pictures.mkdir()
    masks.mkdir()
    for number in range(PICTURES):
        frame, alpha = drawn(number)
        as_image(frame).save(pictures / f"{number}.jpg")
        Image.fromarray(alpha).save(masks / f"{number}.png")

    python = tmp_path / "training/bin/python"
    run(interpreter(), "-m", "venv", tmp_path / "training")
    install = (python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--requirement")
    for name in ("tensorflow.txt", "keras_segmentation.txt"):
        run(*install, REQUIREMENTS / name)
    checkpoint = tmp_path / "checkpoints/person"
    run(python, ROOT / "docs/train_person.py", pictures, masks, checkpoint, "--size", "96x64", "--epochs", 15)

    model, spec = changebg("models", "convert-keras", checkpoint).split()
    assert [Path(name).name for name in (model, spec)] == ["person.14.onnx", "person.14.toml"]

    frame, alpha = drawn(UNSEEN)
    as_image(frame).save(tmp_path / "unseen.png")
    checked = json.loads(
        changebg("models", "check", model, tmp_path / "unseen.png", "--output", tmp_path / "matte.png")
    )
    assert checked["accepted"]
    matte = np.asarray(Image.open(tmp_path / "matte.png").convert("L"))
    assert matte.shape == alpha.shape
    assert np.abs(matte.astype(int) - alpha).mean() < 20

    clip, composite = tmp_path / "call.mkv", tmp_path / "out.mkv"
    person = SampleCaller(SIZE, screen=None)
    write_clip(clip, (person.frame(number)[0] for number in range(15)))
    using = ("--background", "color:204060", "--matting", "model", "--model", model)
    changebg("file", clip, composite, *using)
    with VideoReader(composite, expected="a video") as reader:
        *_, last = (shown.to_ndarray(format="rgb24").astype(int) for shown in reader)
    alpha = person.frame(14)[1]
    source = person.frame(14)[0].to_ndarray(format="rgb24").astype(int)
    background = np.abs(last - (0x20, 0x40, 0x60)).mean(2)
    assert background[alpha == 0].mean() < 20
    assert np.abs(last - source).mean(2)[alpha == 255].mean() < 20

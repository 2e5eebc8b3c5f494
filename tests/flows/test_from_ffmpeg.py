"""The commands of docs/from-ffmpeg.md, ffmpeg's and ours: both are run as they stand, and make the same pictures."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gateway.cli.main import main
from tests.peers.programs import require_program
from transforms.picture import Picture, Size
from transforms.sample import SampleCaller

PAGE = Path(__file__).parents[2] / "docs" / "from-ffmpeg.md"
PAIRS = {
    title: tuple(shlex.split(command) for command in commands)
    for title, text in re.findall(r"^## (.+?)$(.+?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    if len(commands := re.findall(r"```sh\n(.+?)\n```", text)) == 2
}
FRAMES = 2
FILM = "pexels-artem-podrez-7049271.mp4"
SENT = re.compile(r"rtp://\S+")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the commands name: the sample caller in a portrait film of 2160x3840, checked pictures, grey, so that no
    matrix matters.
    """
    folder = tmp_path_factory.mktemp("inputs")
    caller = SampleCaller(Size(360, 640), noise=False)
    scale = [require_program("ffmpeg", package="ffmpeg"), "-v", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p"]
    scale += ["-video_size", "360x640", "-framerate", "30", "-i", "-", "-vf", "scale=2160:3840:flags=neighbor"]
    scale += ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "12", str(folder / FILM)]
    raw = b"".join(caller.frame(number)[0].to_ndarray().tobytes() for number in range(FRAMES))
    subprocess.run(scale, input=raw, check=True)
    for name, size in (
        ("SnowCraterLake.jpg", (2160, 3840)),
        ("small-Wallpapers_SnowCraterLake.jpg", (720, 1280)),
        ("Flower 10.jpg", (2800, 2600)),
    ):
        checked(size).save(folder / name, quality=95)
    return folder


def checked(size: tuple[int, int]) -> Image.Image:
    """Light and dark squares, no two columns of them alike."""
    x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    levels = np.where((x // 60 + y // 60) % 2, 70, 190) + x // 240 * 7 % 30
    return Image.fromarray(levels.astype(np.uint8)).convert("RGB")


def luma(path: Path) -> list[NDArray[np.float64]]:
    """Every picture's, 0 to 255 from black to white."""
    with av.open(path) as container:
        frames = [
            frame.reformat(format="yuv420p") if "420p" not in frame.format.name else frame
            for frame in container.decode(video=0)
        ]
    return [levels(Picture.of(frame)) for frame in frames]


def levels(picture: Picture) -> NDArray[np.float64]:
    rows = picture.y.rows.astype(np.float64)
    return rows if picture.full_range else (rows - 16) * 255 / 219


def in_a_file(command: list[str]) -> list[str]:
    """A command that sends writes `sent.mkv` instead, and at once."""
    if not any(map(SENT.match, command)):
        return command
    kept = [SENT.sub("sent.mkv", word) for word in command if word != "-re"]
    return ["matroska" if word == "rtp" else word for word in kept]


def test_every_section_that_compares_is_compared() -> None:
    assert len(PAIRS) == 5


@pytest.mark.parametrize("title", PAIRS)
def test_both_commands_make_the_same_pictures(
    title: str, inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, ours = map(in_a_file, PAIRS[title])
    program = require_program(theirs[0], package={"gm": "graphicsmagick"}.get(theirs[0], theirs[0]))
    assert ours[0] == "changebg"
    for folder in (tmp_path / "theirs", tmp_path / "ours"):
        folder.mkdir()
        for path in inputs.iterdir():
            (folder / path.name).symlink_to(path)
    theirs[0] = program
    subprocess.run(theirs, cwd=tmp_path / "theirs", check=True, capture_output=True, stdin=subprocess.DEVNULL)
    monkeypatch.chdir(tmp_path / "ours")
    assert main(ours[1:]) == 0
    (made,) = {path.name for path in (tmp_path / "ours").iterdir() if not path.is_symlink()}
    pairs = list(zip(luma(tmp_path / "theirs" / made), luma(tmp_path / "ours" / made), strict=True))
    assert len(pairs) == (1 if made.endswith(".jpg") else FRAMES)
    for one, other in pairs:
        assert one.shape == other.shape
        # ffmpeg's overlay leaves the person pale, by at most 20 levels (the page says why); edges differ by the coding.
        assert np.mean(np.abs(one - other) > 24) < 0.001

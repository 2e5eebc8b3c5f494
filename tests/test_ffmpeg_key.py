"""`--keyer ffmpeg` against the real filter, and when it says that there is no screen."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from transforms.effect import Color
from transforms.ffmpeg_key import FfmpegKeyer, key_of
from transforms.picture import FramePool, Matrix, Picture, Size
from transforms.sample import SampleCaller

SHARED = Path(__file__).parents[1].parent / "shared"
FFMPEG = shutil.which("ffmpeg")
TEAL = Color.parse("2a6a84")

needs_ffmpeg = pytest.mark.skipif(
    FFMPEG is None and os.environ.get("CHANGEBG_REQUIRE_PEERS") != "1", reason="needs ffmpeg (Debian package ffmpeg)"
)

REAL_CLIPS = {
    "bench/ck_teal_denim/in.mp4": "2a6a84",
    "bench/ck_blue_curly/in.mp4": "1f4fc8",
    "bench/ck_green_long/in.mp4": "00b140",
    "media/screens/aframe_example.mp4": "13ff08",
    "media/screens/mdn_chroma_video.mp4": "d3d618",
}


def ffmpegs_alpha(pictures: list[Picture], color: Color, similarity: float, blend: float) -> NDArray[np.uint8]:
    """(frames, H, W) by the real filter, in one thread: its threads' slices begin with a sample of their own."""
    assert FFMPEG is not None, "install ffmpeg (Debian package ffmpeg)"
    size = pictures[0].size
    graph = f"chromakey=0x{color}:{similarity}:{blend},format=yuva420p,alphaextract,format=gray"
    raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{size.width}x{size.height}", "-i", "-"]
    command = [FFMPEG, "-v", "error", "-filter_threads", "1", *raw, "-vf", graph, "-f", "rawvideo", "-"]
    data = b"".join(plane.rows.tobytes() for picture in pictures for plane in picture.planes)
    done = subprocess.run(command, input=data, capture_output=True, check=True)
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, size.height, size.width)


def our_alpha(pictures: list[Picture], color: Color, similarity: float, blend: float) -> NDArray[np.uint8]:
    keyer = FfmpegKeyer(color, similarity=similarity, blend=blend)
    return np.stack([keyer.matte(picture, number / 30).alpha.copy() for number, picture in enumerate(pictures)])


def noise(size: Size) -> Picture:
    picture = FramePool().lease(size, matrix=Matrix.BT601, full_range=False)
    random = np.random.default_rng(size.width)
    for plane in picture.planes:
        plane.rows[:] = random.integers(90, 190, plane.rows.shape)
    return picture


def decoded(path: Path) -> Iterator[Picture]:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield Picture.of(frame)


@needs_ffmpeg
@pytest.mark.parametrize(
    "size", [Size(1, 1), Size(1, 7), Size(7, 1), Size(2, 9), Size(3, 5), Size(17, 13), Size(64, 48)]
)
@pytest.mark.parametrize(("similarity", "blend"), [(0.1, 0.0), (0.05, 0.3), (0.01, 1.0)])
def test_alpha_is_the_real_filters_edges_included(size: Size, similarity: float, blend: float) -> None:
    pictures = [noise(size)]
    theirs = ffmpegs_alpha(pictures, TEAL, similarity, blend)
    ours = our_alpha(pictures, TEAL, similarity, blend)
    assert np.abs(ours.astype(int) - theirs).max() <= 2


@needs_ffmpeg
def test_alpha_of_a_drawn_caller_is_the_real_filters() -> None:
    caller = SampleCaller(Size(360, 640))
    pictures = [Picture.of(caller.frame(number)[0]) for number in range(3)]
    for similarity, blend in ((0.1, 0.0), (0.06, 0.08)):
        theirs = ffmpegs_alpha(pictures, TEAL, similarity, blend)
        ours = our_alpha(pictures, TEAL, similarity, blend)
        assert 0.2 < (theirs == 0).mean() < 0.9, "the clip shows both screen and person"
        assert np.abs(ours.astype(int) - theirs).max() <= 2


@needs_ffmpeg
@pytest.mark.parametrize(("clip", "color"), REAL_CLIPS.items())
def test_alpha_of_real_clips_is_the_real_filters(clip: str, color: str) -> None:
    path = SHARED / clip
    if not path.exists():
        pytest.skip("needs the shared folder beside the checkout")
    pictures = list(islice(decoded(path), 0, 12, 4))
    for similarity, blend in ((0.1, 0.0), (0.08, 0.1)):
        theirs = ffmpegs_alpha(pictures, Color.parse(color), similarity, blend)
        ours = our_alpha(pictures, Color.parse(color), similarity, blend)
        assert np.abs(ours.astype(int) - theirs).max() <= 2


@pytest.mark.parametrize(
    ("color", "key"),
    [
        ("000000", (128, 128)),
        ("ffffff", (128, 128)),
        ("2a6a84", (152, 94)),
        ("ff0000", (85, 255)),
        ("0000ff", (255, 107)),
    ],
)
def test_the_key_is_of_full_range_whatever_the_picture_is(color: str, key: tuple[int, int]) -> None:
    assert key_of(Color.parse(color)) == key


def test_nothing_is_taken_out_of_half_transparent_samples() -> None:
    assert FfmpegKeyer(TEAL, similarity=0.1, blend=0.1).matte(noise(Size(16, 16)), 0.0).screen is None


def test_a_room_without_the_screen_is_unsure() -> None:
    room = Picture.of(SampleCaller(Size(360, 640), screen=None).frame(0)[0])
    matte = FfmpegKeyer(Color.parse("00b140"), similarity=0.1, blend=0.0).matte(room, 0.0)
    assert not matte.is_sure
    assert matte.reason == "no screen of 00b140"


def test_a_screen_is_sure_even_where_little_of_it_is_keyed() -> None:
    caller = Picture.of(SampleCaller(Size(360, 640)).frame(0)[0])
    assert FfmpegKeyer(TEAL, similarity=0.1, blend=0.0).matte(caller, 0.0).is_sure

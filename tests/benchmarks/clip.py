"""A video behind a call at 720x1280: processor time of all threads for each picture, and memory over ten loops.

python -m tests.benchmarks.clip [--loops 10] [--seconds 6]

Clips are made by ffmpeg: 25, 30 and 60 pictures a second, up to 4K, H.264 and HEVC of 10 bits. The call goes as fast as
the player lets it, so that the figures are those of a machine with nothing else to do. What a clip costs is told once
it is played as it will be: transcoded, where that is worth it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time, sleep, thread_time
from typing import NamedTuple

import numpy as np

from transforms.clip.ahead import Ahead
from transforms.picture import Matrix, Picture, Size
from transforms.video_background import VideoBackground, video_background

CALL = Picture.blank(Size(720, 1280), matrix=Matrix.BT709, full_range=False)

CLIPS = {
    "720p25": "-s 1280x720 -r 25 -c:v libx264",
    "720x1280 30": "-s 720x1280 -r 30 -c:v libx264",
    "1080p30": "-s 1920x1080 -r 30 -c:v libx264",
    "1080p60": "-s 1920x1080 -r 60 -c:v libx264",
    "1080p30 hevc10": "-s 1920x1080 -r 30 -c:v libx265 -pix_fmt yuv420p10le -x265-params log-level=none",
    "2160p60": "-s 3840x2160 -r 60 -c:v libx264",
}
_ASKED = "-preset ultrafast -b:v 12M -y"
"""What is filmed is smooth and moves; a test picture's edges would be dearer than any camera's."""
_DRAWN = "gradients=speed=0.02:n=6:d={seconds}:s=1920x1080,noise=alls=4:allf=t"


class Measured(NamedTuple):
    """Milliseconds for each picture of the call: of all threads, and of the call's own; MB resident by loop."""

    all_threads: float
    own: float
    resident: list[float]


def made(folder: Path, name: str, words: str, seconds: float) -> Path:
    """A clip."""
    path = folder / f"{name.replace(' ', '-')}.mkv"
    drawn = _DRAWN.format(seconds=seconds)
    command = f"ffmpeg -v error -f lavfi -i {drawn} -t {seconds} {words} {_ASKED} {path}"
    subprocess.run(command.split(), check=True)
    return path


def until_ahead(background: VideoBackground) -> None:
    """Wait until the player has decoded ahead."""
    player = background._shared.player
    while isinstance(player, Ahead) and not player.has_enough:
        sleep(0.001)


def until_cheap(background: VideoBackground, seconds: float) -> float:
    """Play until nothing is transcoded any more; the stream's second then."""
    player = background._shared.player
    assert isinstance(player, Ahead)
    time = 0.0
    while time < 2 * seconds or player._reels._making is not None or (player._reels.is_heavy and not player._tail):
        background.picture(CALL, None, time)
        time += 1 / 30
        if player._tail:
            until_ahead(background)
        else:
            sleep(0.01)
    return time


def measured(path: Path, *, loops: int, seconds: float) -> Measured:
    """Play it."""
    background = video_background(path)
    time, resident = until_cheap(background, seconds), []
    spent, own, pictures = process_time(), 0.0, 0
    for _ in range(loops):
        for _ in range(round(seconds * 30)):
            until_ahead(background)
            begun = thread_time()
            background.picture(CALL, None, time)
            own += thread_time() - begun
            time += 1 / 30
            pictures += 1
        resident.append(int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6)
    spent = process_time() - spent
    background.close()
    return Measured(1e3 * spent / pictures, 1e3 * own / pictures, resident)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loops", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=6, help="length of each clip")
    parser.add_argument("--only", default="", help="part of a clip's name")
    words = parser.parse_args()
    other = bytearray(1_382_400)
    begun = process_time()
    for _ in range(200):
        np.frombuffer(bytes(other), np.uint8)
    print(f"to copy a picture of that size takes {(process_time() - begun) * 5:.2f} ms\n")
    print(f"{'clip':16} {'all threads':>12} {'the call':>9}   MB resident, first loop to last")
    with TemporaryDirectory() as folder:
        for name, asked in CLIPS.items():
            if words.only in name:
                path = made(Path(folder), name, asked, words.seconds)
                told = measured(path, loops=words.loops, seconds=words.seconds)
                memory = " ".join(f"{megabytes:.0f}" for megabytes in told.resident)
                print(f"{name:16} {told.all_threads:9.2f} ms {told.own:6.3f} ms   {memory}", flush=True)


if __name__ == "__main__":
    main()

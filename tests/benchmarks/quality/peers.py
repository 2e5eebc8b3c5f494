"""What ffmpeg's filters make of a clip.

A peer is shown twice: as its user sets it up, and *searched*, with the settings that come nearest to this clip's truth,
which no user can know. A search tries its grid on a few frames by the filter's formula; what is scored is always what
the filter itself makes of the clip.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import product
from typing import Any

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

from tests.benchmarks.quality.clips import Clip
from tests.benchmarks.quality.metrics import Alpha, mad
from tests.benchmarks.quality.studio import FRAME_RATE
from tests.peers.ffmpeg import QUIET, ffmpeg
from transforms.kernels.chromakey import chromakey
from transforms.picture import Picture
from transforms.rgb import ycbcr_from_rgb

Levels = NDArray[np.floating[Any]]
Setting = tuple[float, ...]

TICK = Fraction(1, FRAME_RATE)
TRIED = 3
"""Frames of a clip on which settings are tried."""
THINNED = 2
"""Of rows and columns, every which one is looked at while a formula in numpy is searched."""


def from_ffmpeg(clip: Clip, graph: str) -> Iterator[Alpha]:
    """The alpha that a filter graph of one input gives the clip's frames, from the ffmpeg program.

    Raises:
        RuntimeError: ffmpeg stopped early.
    """
    command = [ffmpeg(), *QUIET, "-threads", "1", "-i", str(clip.path), "-filter_complex_threads", "1"]
    command += [
        "-filter_complex",
        graph,
        "-frames:v",
        str(len(clip.pictures)),
        "-f",
        "rawvideo",
        "-pix_fmt",
        "gray",
        "-",
    ]
    width, height = clip.size
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            for number in range(len(clip.pictures)):
                samples = process.stdout.read(width * height)
                if len(samples) < width * height:
                    raise RuntimeError(f"ffmpeg gave {number} of {len(clip.pictures)} frames of {clip.name}: {graph}")
                yield np.frombuffer(samples, np.uint8).reshape(height, width)
        finally:
            process.kill()


def from_libavfilter(clip: Clip, name: str, options: str) -> Iterator[Alpha]:
    """The alpha of a filter that the ffmpeg program may be too old for, from the libavfilter that PyAV brings."""
    graph = Graph()
    source = graph.add_buffer(
        width=clip.size.width, height=clip.size.height, format=av.VideoFormat("yuv420p"), time_base=TICK
    )
    parts = [
        graph.add("format", "yuva420p"),
        graph.add(name, options),
        graph.add("alphaextract"),
        graph.add("buffersink"),
    ]
    for one, other in zip([source, *parts], parts, strict=False):
        one.link_to(other)
    graph.configure()
    for number, picture in enumerate(clip.pictures):
        assert picture.frame is not None  # decoded, so it is in a frame
        picture.frame.pts, picture.frame.time_base = number, TICK
        graph.push(picture.frame)
        shown = graph.pull()
        assert isinstance(shown, av.VideoFrame)
        yield np.asarray(shown.to_ndarray(format="gray"), np.uint8)


def searched(
    clip: Clip, grid: Iterable[Setting], alpha: Callable[[int, Setting], Alpha], *, thinned: int = 1
) -> Setting:
    """The setting of the least MAD over a few frames. `alpha(frame, setting)` may be thinned as the truth then is."""
    tried = clip.scored[:: max(1, len(clip.scored) // TRIED)][:TRIED]
    truths = {number: clip.truth[number][::thinned, ::thinned] for number in tried}
    return min(grid, key=lambda setting: sum(mad(alpha(number, setting), truths[number]) for number in tried))


def searched_filter(clip: Clip, grid: Iterable[Setting], run: Callable[[Setting], Iterator[Alpha]]) -> Setting:
    """The setting of the least MAD, found by running the filter itself: for those that remember earlier frames."""

    def error(setting: Setting) -> float:
        alphas = enumerate(run(setting))
        return sum(mad(alpha, clip.truth[number]) for number, alpha in alphas if number in clip.scored[::4])

    return min(grid, key=error)


# ffmpeg's chromakey and colorkey

SIMILARITIES = tuple(round(0.01 * step, 2) for step in range(1, 36))
BLENDS = (0.0, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.18, 0.25)


def chromakey_graph(clip: Clip, similarity: float, blend: float, *, is_measured: bool) -> str:
    """The filter with the nominal colour, or with the one that was measured."""
    _, cb, cr = clip.key
    color = f"0x{0:02x}{round(cb):02x}{round(cr):02x}:yuv=1" if is_measured else f"0x{clip.color}"
    return f"format=yuva420p,chromakey={color}:similarity={similarity}:blend={blend},alphaextract"


def chromakey_search(clip: Clip) -> Setting:
    """Similarity and blend, for the measured colour."""
    columns, rows = clip.size.chroma
    distances, line = np.empty(columns * rows, np.float32), np.empty(3 * columns + 1, np.float32)
    out = np.empty((clip.size.height, clip.size.width), np.uint8)
    key = round(clip.key[1]), round(clip.key[2])

    def alpha(number: int, setting: Setting) -> Alpha:
        picture = clip.pictures[number]
        planes = picture.cb.samples, picture.cr.samples, picture.cb.stride
        similarity, blend = setting
        chromakey(*planes, *picture.size, *key, similarity, blend, distances, line, out.reshape(-1))
        return out

    return searched(clip, product(SIMILARITIES, BLENDS), alpha)


def colorkey_graph(color: str, similarity: float, blend: float) -> str:
    """The filter; it works in RGB."""
    return f"format=rgba,colorkey=0x{color}:similarity={similarity}:blend={blend},alphaextract"


def colorkey_search(clip: Clip) -> Setting:
    """Similarity and blend, for the measured colour."""
    key = measured_rgb(clip)
    distances: dict[int, Levels] = {}

    def alpha(number: int, setting: Setting) -> Alpha:
        if number not in distances:
            rgb = rgb_of(clip.pictures[number])[::THINNED, ::THINNED]
            distances[number] = np.sqrt(((rgb - key) ** 2).sum(axis=-1) / 3) / 255
        similarity, blend = setting
        ramp = (distances[number] - similarity) / max(blend, 1e-4)
        return np.asarray(255 * np.clip(ramp, 0, 1), np.uint8)

    return searched(clip, product(SIMILARITIES, BLENDS), alpha, thinned=THINNED)


def measured_rgb(clip: Clip) -> Levels:
    """The measured colour as R'G'B' levels (3,)."""
    picture = clip.pictures[0]
    return np.clip((np.array(clip.key, np.float32) - _black(picture)) @ to_rgb(picture), 0, 255)


def hexadecimal(rgb: Levels) -> str:
    """As ffmpeg reads it."""
    return "".join(f"{round(float(level)):02x}" for level in rgb)


def rgb_of(picture: Picture) -> Levels:
    """R'G'B' levels (H, W, 3), chroma of the nearest sample, as OBS loads it; not clipped."""
    width, height = picture.size
    cb, cr = (np.repeat(np.repeat(plane.rows, 2, 0), 2, 1)[:height, :width] for plane in (picture.cb, picture.cr))
    above = np.stack((picture.y.rows, cb, cr), axis=-1).astype(np.float32) - _black(picture)
    return np.asarray(above @ to_rgb(picture))


def _black(picture: Picture) -> NDArray[np.float32]:
    return np.array((0 if picture.full_range else 16, 128, 128), np.float32)


def to_rgb(picture: Picture) -> NDArray[np.float32]:
    """The matrix (3, 3) that takes levels above black, as rows, to R'G'B' levels."""
    units = ycbcr_from_rgb(np.eye(3, dtype=np.float32), matrix=picture.matrix, full_range=picture.full_range)
    return np.asarray(np.linalg.inv(units - _black(picture)), np.float32)


# Against a plate

BACKGROUNDKEY_DEFAULT = (0.08, 0.1, 0.0)
BACKGROUNDKEY_GRID = tuple(product((1.0,), (0.01, 0.02, 0.03, 0.05, 0.08), (0.0, 0.05, 0.1)))
RAMP_DEFAULT = (0.1, 0.2)
"""The recipe's curve: under the first share of full scale black, from the second on white."""
RAMP_GRID = ((0.02, 0.06), (0.03, 0.12), (0.05, 0.12), (0.05, 0.25), (0.08, 0.2), (0.1, 0.2), (0.15, 0.3))


def backgroundkey_options(setting: Setting) -> str:
    """The first frame is the plate; `threshold` 1: it is never taken anew."""
    threshold, similarity, blend = setting
    return f"threshold={threshold}:similarity={similarity}:blend={blend}"


def difference_graph(setting: Setting) -> str:
    """The recipe that is handed around: the difference from the first frame, steepened by a curve into a mask."""
    low, high = setting
    curve = f"curves=m='0/0 {low}/0 {high}/1 1/1'"
    plate = "format=gbrp,split[a][b];[b]trim=end_frame=1,loop=-1:1[p]"
    return f"{plate};[a][p]blend=all_mode=difference:shortest=1,{curve},format=gray"

"""The clips: drawn ones, coded as calls code them, and recorded ones of a folder beside the checkout."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.quality.studio import FRAME_RATE, PORTRAIT, Recipe, Shot, Studio
from transforms.effect import Color
from transforms.picture import Picture, Size
from transforms.sample.scenery import UNEVEN, Light

if TYPE_CHECKING:
    from av.video.stream import VideoStream

BENCH = Path(__file__).parents[3].parent / "shared" / "bench"
"""Recorded clips, where somebody has put them: a folder each with in.mp4, alpha.mkv and meta.json."""
KEYFRAMES = 2 * FRAME_RATE
"""Frames from one key frame to the next, as a call sends them where nobody asks for one."""
QUICK = 8
"""Scored frames of a quick run."""
PLATE = 12
"""First frames of the room clips, in which nobody is there."""

GREEN, TEAL, BLUE, YELLOW, MAGENTA = (Color.parse(text) for text in ("00b140", "2a6a84", "1f4fc8", "e0c020", "c82098"))
JEANS, CHARCOAL = Color.parse("3e547a"), Color.parse("222226")

RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("ck_green_even", GREEN),
        Recipe("ck_teal_portrait", TEAL, PORTRAIT, light=UNEVEN),
        Recipe("ck_blue_hairs", BLUE, seed=1, is_windblown=True, light=Light(level=1.05, corners=0.6)),
        Recipe("ck_green_veil", GREEN, PORTRAIT, is_veiled=True, light=Light(slope=0.2)),
        Recipe("ck_green_motion", GREEN, shutter=0.6, sway=30, light=Light(folds=1.5), seed=2),
        Recipe("ck_teal_jeans", TEAL, PORTRAIT, jacket=JEANS, light=Light(slope=-0.25, folds=1)),
        Recipe("ck_yellow_spot", YELLOW, seed=4, jacket=JEANS, light=Light(level=0.8, spot=0.5)),
        Recipe("ck_magenta_folds", MAGENTA, jacket=CHARCOAL, light=Light(level=0.9, folds=2.5), is_windblown=True),
        Recipe("ck_green_spill", GREEN, seed=2, spill=0.35, shadow=0.45, light=UNEVEN),
        Recipe("ck_teal_noise", TEAL, seed=1, jacket=CHARCOAL, noise=4, bitrate=900_000, light=UNEVEN),
        Recipe("ck_blue_hold", BLUE, Size(360, 640), frames=11 * FRAME_RATE, hold=(3.4, 6.4), light=UNEVEN, noise=2.0,
               bitrate=600_000),
        Recipe("df_room_enters", frames=48, plate=PLATE, shutter=0.5, seed=1, is_windblown=True),
        Recipe("df_room_drift", frames=48, plate=PLATE, shutter=0.5, drift=0.1, seed=1, is_windblown=True),
        Recipe("df_room_shake", frames=48, plate=PLATE, shutter=0.5, shake=1.5, seed=2, shadow=0.35),
        Recipe("df_room_sits", size=Size(640, 360), frames=8 * FRAME_RATE, plate=PLATE, drift=0.05, seed=4,
               hold=(2.4, 7.4), bitrate=800_000),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Clip:
    """A coded clip, decoded, and its truth.

    `color`: the screen's, as a user would type it; None where there is none. `plate`: first frames that are not scored.
    `held`: frames in which nothing moves. `studio` draws the shots again, where they were drawn.
    """

    name: str
    path: Path
    pictures: list[Picture]
    is_keyframe: list[bool]
    truth: list[NDArray[np.uint8]]
    color: Color | None
    plate: int = 0
    held: range = range(0)
    studio: Studio | None = None

    @property
    def size(self) -> Size:
        """Of every picture."""
        return self.pictures[0].size

    @property
    def scored(self) -> range:
        """The frames that count."""
        return range(self.plate, len(self.pictures))

    def shot(self, number: int) -> Shot | None:
        """What was before the camera, if that is known."""
        return self.studio.shot(number) if self.studio else None

    @cached_property
    def key(self) -> tuple[float, float, float]:
        """The screen's Y', Cb, Cr as decoded: medians where true alpha is 0. What a user's best pipette would find."""
        chosen = self.scored[:: max(1, len(self.scored) // 4)]
        luma = np.concatenate([self.pictures[n].y.rows[self.truth[n] == 0] for n in chosen])
        bare = {n: wholly_bare(self.truth[n]) for n in chosen}
        cb = np.concatenate([self.pictures[n].cb.rows[bare[n]] for n in chosen])
        cr = np.concatenate([self.pictures[n].cr.rows[bare[n]] for n in chosen])
        return float(np.median(luma)), float(np.median(cb)), float(np.median(cr))


def wholly_bare(truth: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Chroma samples (ceil(H/2), ceil(W/2)) of whose four pixels none is the person's."""
    even = np.pad(truth, [(0, side % 2) for side in truth.shape], mode="edge")
    return np.asarray(np.maximum.reduce([even[y::2, x::2] for y in (0, 1) for x in (0, 1)]) == 0)


def names(bench: Path | None = None) -> list[str]:
    """Every clip there is; the recorded ones of `bench` come last."""
    recorded = sorted(path.parent.name for path in bench.glob("*/meta.json")) if bench else []
    return [*RECIPES, *(f"bench:{name}" for name in recorded)]


def make(name: str, directory: Path, *, bench: Path = BENCH, is_quick: bool = False) -> Clip:
    """Draw and code the clip of that name in `directory`, or read it from the bench."""
    if name.startswith("bench:"):
        return shortened(read(bench / name.removeprefix("bench:")), is_quick=is_quick)
    recipe = RECIPES[name]
    frames = recipe.plate + QUICK if is_quick else recipe.frames
    return draw(recipe, directory, frames=min(frames, recipe.frames))


def draw(recipe: Recipe, directory: Path, *, frames: int) -> Clip:
    """Draw the recipe's first `frames`, code them as H264 at its bit rate, decode them."""
    studio = Studio(recipe)
    path = directory / f"{recipe.name}.nut"
    truth = []
    with av.open(str(path), "w") as container:
        stream = _stream(container, recipe)
        for number in range(frames):
            shot = studio.shot(number)
            truth.append(shot.alpha)
            frame = studio.picture(number, shot).frame
            assert frame is not None  # a leased picture's always is one
            frame.pts, frame.time_base = number, Fraction(1, FRAME_RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    held = range(recipe.held.start, min(recipe.held.stop, frames))
    return Clip(recipe.name, path, *decoded(path), truth, recipe.screen, recipe.plate, held, studio)


def _stream(container: av.container.OutputContainer, recipe: Recipe) -> VideoStream:
    rate = str(recipe.bitrate)
    options = {"preset": "veryfast", "tune": "zerolatency", "b": rate, "maxrate": rate, "bufsize": rate}
    stream = container.add_stream("libx264", rate=FRAME_RATE, options=options)
    stream.width, stream.height = recipe.size
    stream.codec_context.gop_size = KEYFRAMES
    stream.codec_context.thread_count = 1
    return stream


def read(folder: Path) -> Clip:
    """A recorded clip: its pictures, its alpha, and what its meta.json says."""
    meta = json.loads((folder / "meta.json").read_text())
    color = Color.parse(meta["key"]) if "key" in meta else None
    path = folder / "in.mp4"
    with av.open(str(folder / "alpha.mkv")) as container:
        truth = [np.asarray(frame.to_ndarray(format="gray"), np.uint8) for frame in container.decode(video=0)]
    return Clip(f"bench:{folder.name}", path, *decoded(path), truth, color, int(meta.get("plate", 0)))


def shortened(clip: Clip, *, is_quick: bool) -> Clip:
    """The first frames of a clip, for a quick run."""
    count = clip.plate + QUICK
    if not is_quick or count >= len(clip.pictures):
        return clip
    return Clip(
        clip.name, clip.path, clip.pictures[:count], clip.is_keyframe, clip.truth[:count], clip.color, clip.plate
    )


def decoded(path: Path) -> tuple[list[Picture], list[bool]]:
    """Every picture of a file, and whether it is a key frame."""
    with av.open(str(path)) as container:
        container.streams.video[0].codec_context.thread_count = 1
        frames = list(container.decode(video=0))
    return [Picture.of(frame) for frame in frames], [bool(frame.key_frame) for frame in frames]

"""Everybody who mattes the clips: ourselves through the catalog, and our peers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.quality import obs, peers
from tests.benchmarks.quality.clips import Clip
from tests.benchmarks.quality.metrics import Alpha
from tests.benchmarks.quality.studio import FRAME_RATE
from transforms import catalog, effect
from transforms.compositor import draw_alpha
from transforms.effect import Effect, Quality
from transforms.matting import Matte, NotReady
from transforms.picture import Picture
from transforms.rgb import picture_from_rgb

BLACK = effect.ColorBackground(effect.Color(0, 0, 0))


@dataclass(frozen=True, slots=True)
class Matted:
    """One frame's matte: `alpha` (H, W) is the caller's to keep.

    `picture` through `matte` is what would be shown; both are good until the next frame. `confidence` is None for
    those who do not say.
    """

    alpha: Alpha
    matte: Matte
    picture: Picture
    confidence: float | None = None
    is_sure: bool = True


Run = Iterator[Matted]


@dataclass(frozen=True, slots=True)
class Method:
    """`start(clip)` gives its setting in a few words and its mattes in the clip's order."""

    name: str
    start: Callable[[Clip], tuple[str, Run]]
    is_ours: bool = False


def of(clip: Clip) -> list[Method]:
    """Those who can matte this clip: before a screen, or against a plate."""
    return PLATE if clip.color is None else SCREEN


# Ours


def _ours(clip: Clip, wanted: Effect) -> tuple[str, Run]:
    return "", _matted(clip, wanted)


def _matted(clip: Clip, wanted: Effect) -> Run:
    """Frame after frame as in a call. Before it is ready everything counts as background, which is what would show."""
    matting = catalog.matting(wanted)
    full = Picture.blank(clip.size, matrix=clip.pictures[0].matrix, full_range=True)
    try:
        for number, picture in enumerate(clip.pictures):
            try:
                matte = matting.matte(picture, number / FRAME_RATE)
            except NotReady:
                nothing = np.zeros(picture.y.rows.shape, np.uint8)
                yield Matted(nothing, Matte(nothing), picture, 0.0, is_sure=False)
                continue
            draw_alpha(matte, full)
            yield Matted(full.y.rows.copy(), matte, picture, matte.confidence, matte.is_sure)
    finally:
        matting.close()


def _key(quality: Quality, *, is_typed: bool) -> Callable[[Clip], tuple[str, Run]]:
    def start(clip: Clip) -> tuple[str, Run]:
        return _ours(clip, Effect(effect.ScreenKey(clip.color if is_typed else None), BLACK, quality))

    return start


def _plate(clip: Clip) -> tuple[str, Run]:
    return _ours(clip, Effect(effect.PlateKey(effect.FirstFrames(clip.plate)), BLACK))


def _selfie(clip: Clip) -> tuple[str, Run]:
    return _ours(clip, Effect(effect.SelfieKey(), BLACK))


def _selfie_known(clip: Clip) -> tuple[str, Run]:
    return _ours(clip, Effect(effect.SelfieKey(effect.FirstFrames(clip.plate)), BLACK))


def _selfie_late(clip: Clip) -> tuple[str, Run]:
    """Who joins a call is there already: the empty room, which is not scored, is never shown to the matting."""
    return "never empty", _late(clip, Effect(effect.SelfieKey(), BLACK))


def _late(clip: Clip, wanted: Effect) -> Run:
    for picture in clip.pictures[: clip.plate]:
        nothing = np.zeros(picture.y.rows.shape, np.uint8)
        yield Matted(nothing, Matte(nothing), picture)
    yield from _matted(replace(clip, pictures=clip.pictures[clip.plate :]), wanted)


def _auto(clip: Clip) -> tuple[str, Run]:
    return _ours(clip, Effect(effect.AutoKey(), BLACK))


# Peers


def _shown(clip: Clip, alphas: Iterator[Alpha]) -> Run:
    """What a filter without despill shows: the picture as it came."""
    for picture, alpha in zip(clip.pictures, alphas, strict=True):
        yield Matted(alpha, Matte(alpha), picture)


def _chromakey(clip: Clip) -> tuple[str, Run]:
    graph = peers.chromakey_graph(clip, 0.1, 0.0, is_measured=False)
    return "0.1/0", _shown(clip, peers.from_ffmpeg(clip, graph))


def _chromakey_searched(clip: Clip) -> tuple[str, Run]:
    similarity, blend = peers.chromakey_search(clip)
    graph = peers.chromakey_graph(clip, similarity, blend, is_measured=True)
    return f"{similarity}/{blend}", _shown(clip, peers.from_ffmpeg(clip, graph))


def _colorkey(clip: Clip) -> tuple[str, Run]:
    return "0.1/0", _shown(clip, peers.from_ffmpeg(clip, peers.colorkey_graph(str(clip.color), 0.1, 0.0)))


def _colorkey_searched(clip: Clip) -> tuple[str, Run]:
    similarity, blend = peers.colorkey_search(clip)
    graph = peers.colorkey_graph(peers.hexadecimal(peers.measured_rgb(clip)), similarity, blend)
    return f"{similarity}/{blend}", _shown(clip, peers.from_ffmpeg(clip, graph))


def _obs(clip: Clip) -> tuple[str, Run]:
    assert clip.color is not None
    key = np.array((clip.color.red, clip.color.green, clip.color.blue), np.float32)
    return "400/80", _obs_matted(clip, key, obs.DEFAULT)


def _obs_searched(clip: Clip) -> tuple[str, Run]:
    setting = obs.search(clip)
    words = "/".join(f"{1e3 * share:.0f}" for share in setting)
    return words, _obs_matted(clip, peers.measured_rgb(clip).astype(np.float32), setting)


def _obs_matted(clip: Clip, key: NDArray[np.float32], setting: peers.Setting) -> Run:
    for picture in clip.pictures:
        rgb = peers.rgb_of(picture)
        distance = obs.distance_of(rgb, key)
        alpha = obs.alpha_of(distance, setting)
        grey = obs.despilled(rgb, distance, setting)
        yield Matted(alpha, Matte(alpha), picture_from_rgb(grey, matrix=picture.matrix, full_range=picture.full_range))


def _backgroundkey(clip: Clip, setting: peers.Setting) -> Iterator[Alpha]:
    return peers.from_libavfilter(clip, "backgroundkey", peers.backgroundkey_options(setting))


def _backgroundkey_default(clip: Clip) -> tuple[str, Run]:
    return "0.08/0.1/0", _shown(clip, _backgroundkey(clip, peers.BACKGROUNDKEY_DEFAULT))


def _backgroundkey_searched(clip: Clip) -> tuple[str, Run]:
    best = peers.searched_filter(clip, peers.BACKGROUNDKEY_GRID, lambda setting: _backgroundkey(clip, setting))
    return "/".join(f"{part:g}" for part in best), _shown(clip, _backgroundkey(clip, best))


def _difference(clip: Clip) -> tuple[str, Run]:
    return "0.1/0.2", _shown(clip, peers.from_ffmpeg(clip, peers.difference_graph(peers.RAMP_DEFAULT)))


def _difference_searched(clip: Clip) -> tuple[str, Run]:
    def run(setting: peers.Setting) -> Iterator[Alpha]:
        return peers.from_ffmpeg(clip, peers.difference_graph(setting))

    best = peers.searched_filter(clip, peers.RAMP_GRID, run)
    return "/".join(f"{part:g}" for part in best), _shown(clip, run(best))


SCREEN = [
    Method("changebg found", _key("balanced", is_typed=False), is_ours=True),
    Method("changebg typed", _key("balanced", is_typed=True), is_ours=True),
    Method("changebg fast found", _key("fast", is_typed=False), is_ours=True),
    Method("changebg fast typed", _key("fast", is_typed=True), is_ours=True),
    Method("changebg selfie", _selfie, is_ours=True),
    Method("changebg chooses", _auto, is_ours=True),
    Method("ffmpeg chromakey", _chromakey),
    Method("ffmpeg chromakey searched", _chromakey_searched),
    Method("ffmpeg colorkey", _colorkey),
    Method("ffmpeg colorkey searched", _colorkey_searched),
    Method("OBS chroma key", _obs),
    Method("OBS chroma key searched", _obs_searched),
]
PLATE = [
    Method("changebg plate", _plate, is_ours=True),
    Method("changebg selfie", _selfie, is_ours=True),
    Method("changebg selfie first:N", _selfie_known, is_ours=True),
    Method("changebg selfie late", _selfie_late, is_ours=True),
    Method("changebg chooses", _auto, is_ours=True),
    Method("ffmpeg backgroundkey", _backgroundkey_default),
    Method("ffmpeg backgroundkey searched", _backgroundkey_searched),
    Method("ffmpeg difference", _difference),
    Method("ffmpeg difference searched", _difference_searched),
]
"""The first of each is what the contact sheet shows, beside RIVALS."""
RIVALS = ("ffmpeg chromakey searched", "ffmpeg backgroundkey searched")

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks.quality import clips, obs, peers
from tests.benchmarks.quality.clips import GREEN, Clip
from tests.benchmarks.quality.metrics import mad
from tests.benchmarks.quality.studio import Recipe
from tests.peers.ffmpeg import ffmpeg
from transforms.picture import Matrix, Size
from transforms.rgb import picture_from_rgb


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    recipe = Recipe("ck_peers", GREEN, Size(128, 96), frames=6)
    return clips.draw(recipe, tmp_path_factory.mktemp("clips"), frames=6)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    recipe = Recipe("df_peers", None, Size(128, 96), frames=24, plate=4)
    return clips.draw(recipe, tmp_path_factory.mktemp("clips"), frames=24)


def errors(clip: Clip, graph: str) -> float:
    alphas = list(peers.from_ffmpeg(clip, graph))
    assert len(alphas) == len(clip.pictures)
    return float(np.mean([mad(alpha, truth) for alpha, truth in zip(alphas, clip.truth, strict=True)]))


def test_a_search_finds_what_is_best_in_ffmpeg_itself(clip: Clip) -> None:
    ffmpeg()
    similarity, blend = peers.chromakey_search(clip)
    best = errors(clip, peers.chromakey_graph(clip, similarity, blend, is_measured=True))
    assert best < errors(clip, peers.chromakey_graph(clip, 0.1, 0.0, is_measured=False))
    for other in (similarity / 2, similarity * 2):
        assert best <= 1.02 * errors(clip, peers.chromakey_graph(clip, other, blend, is_measured=True))


def test_colorkeys_formula_is_ffmpegs_own(clip: Clip) -> None:
    """The search's formula against the filter; chroma is brought up differently, so edges may differ."""
    ffmpeg()
    key = np.array((GREEN.red, GREEN.green, GREEN.blue))
    filtered = next(peers.from_ffmpeg(clip, peers.colorkey_graph(str(GREEN), 0.1, 0.2)))
    distance = np.sqrt(((peers.rgb_of(clip.pictures[0]) - key) ** 2).sum(axis=-1) / 3) / 255
    formula = 255 * np.clip((distance - 0.1) / 0.2, 0, 1)
    assert np.abs(filtered - formula).mean() < 4


def test_a_filter_that_stops_early_is_an_error(clip: Clip) -> None:
    ffmpeg()
    with pytest.raises(RuntimeError, match="2 of 6 frames of ck_peers"):
        list(peers.from_ffmpeg(clip, "trim=end_frame=2,format=gray"))


def test_backgroundkey_and_difference_see_who_stepped_in(room: Clip) -> None:
    ffmpeg()
    options = peers.backgroundkey_options((1.0, 0.05, 0.0))
    runs = [peers.from_libavfilter(room, "backgroundkey", options)]
    runs.append(peers.from_ffmpeg(room, peers.difference_graph((0.05, 0.12))))
    for run in runs:
        alphas = list(run)
        assert alphas[1].mean() < 8
        assert mad(alphas[-1], room.truth[-1]) < 0.5 * mad(np.zeros_like(alphas[-1]), room.truth[-1])


def test_a_flat_picture_s_obs_distance_is_that_of_its_colour() -> None:
    rgb = np.broadcast_to(np.array((200.0, 100.0, 50.0)), (5, 6, 3))
    distance = obs.distance_of(rgb, np.array((0.0, 255.0, 0.0)))
    cb = (-0.100644 * 200 - 0.338572 * (100 - 255) + 0.439216 * 50) / 255
    cr = (0.439216 * 200 - 0.398942 * (100 - 255) - 0.040274 * 50) / 255
    assert distance == pytest.approx(np.full((5, 6), np.hypot(cb, cr)), abs=1e-5)


def test_obs_averages_each_pixel_with_its_eight_neighbours() -> None:
    rgb = np.zeros((7, 7, 3))
    rgb[3, 3] = (0, 255, 0)
    distance = obs.distance_of(rgb, np.zeros(3))
    touched = np.argwhere(distance > 1e-6)
    assert touched.min(axis=0).tolist() == [2, 2] and touched.max(axis=0).tolist() == [4, 4]
    assert distance.sum() == pytest.approx(np.hypot(0.338572, 0.398942), rel=1e-5)


def test_obs_alpha_rises_to_the_power_of_three_halves() -> None:
    distance = np.array([[0.0, 0.4, 0.44, 0.48, 0.9]], np.float32)
    assert obs.alpha_of(distance, (0.4, 0.08)).tolist() == [[0, 0, round(255 * 0.5**1.5), 255, 255]]


def test_rgb_of_undoes_the_conversion() -> None:
    rgb = np.random.default_rng(2).integers(20, 235, (8, 8, 3)).astype(np.uint8)
    flat = np.repeat(np.repeat(rgb[::4, ::4], 4, 0), 4, 1)
    back = peers.rgb_of(picture_from_rgb(flat, matrix=Matrix.BT709, full_range=False))
    assert np.abs(back - flat)[2::4, 2::4].max() < 3


def test_a_peers_file_is_what_we_matte(clip: Clip) -> None:
    ffmpeg()
    for alpha, picture in zip(peers.from_ffmpeg(clip, "extractplanes=y"), clip.pictures, strict=True):
        assert (alpha == picture.y.rows).all()
    assert Path(clip.path).suffix == ".nut"

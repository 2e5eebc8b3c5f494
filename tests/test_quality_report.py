from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.benchmarks.quality import clips, sheet, table
from tests.benchmarks.quality.clips import GREEN, Clip
from tests.benchmarks.quality.composites import UNKNOWN, Fringe
from tests.benchmarks.quality.methods import Matted, Method, of
from tests.benchmarks.quality.metrics import Alpha, Errors
from tests.benchmarks.quality.score import NAN, SETTLED, Score, Stillness, Truths, judged, stillness
from tests.benchmarks.quality.studio import Recipe
from tests.benchmarks.quality.timing import Time, lines
from tests.peers.ffmpeg import ffmpeg
from transforms.matting import Matte
from transforms.picture import Size

FRAMES = 16


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    recipe = Recipe("ck_report", GREEN, Size(256, 192), frames=FRAMES, hold=(0.08, 0.6))
    return clips.draw(recipe, tmp_path_factory.mktemp("clips"), frames=FRAMES)


def giving(clip: Clip, alphas: list[Alpha], *, confidences: list[float] | None = None) -> Method:
    """A method that gives these mattes."""

    def run() -> Iterator[Matted]:
        for number, alpha in enumerate(alphas):
            confidence = confidences[number] if confidences else None
            sure = confidence is None or confidence >= 0.5
            yield Matted(alpha, Matte(alpha), clip.pictures[number], confidence, sure)

    return Method("test", lambda _: ("its setting", run()))


def score(
    clip: str = "ck_one", method: str = "m", *, mad: float = 1.0, worst: float = 2.0, least: float = NAN
) -> Score:
    errors = Errors(mad, 1, 1, NAN, 1)
    return Score(clip, method, "a/b", errors, errors, UNKNOWN, 3, worst, least, least, 0.0, None)


def test_the_truth_scores_nothing_but_its_own_fringe(clip: Clip) -> None:
    perfect, _ = judged(clip, giving(clip, clip.truth), Truths(clip))
    assert perfect.frame == perfect.band == Errors(0, 0, 0, 0, 0)
    assert perfect.setting == "its setting" and perfect.clip == "ck_report"
    assert perfect.fringe.grey < 2 and np.isnan(perfect.confidence_least)


def test_the_worst_frame_and_the_unsure_ones_are_told(clip: Clip) -> None:
    alphas = [truth.copy() for truth in clip.truth]
    alphas[5][:40] = 255
    confidences = [1.0] * FRAMES
    confidences[5] = 0.2
    found, shown = judged(clip, giving(clip, alphas, confidences=confidences), Truths(clip))
    assert found.worst == shown.worst == 5
    assert found.worst_mad == pytest.approx(FRAMES * found.frame.mad)
    assert (found.confidence_least, found.confidence_median, found.unsure) == (0.2, 1.0, 1 / FRAMES)
    assert found.band.mad > found.frame.mad * 0.1


def test_frames_of_the_plate_are_not_scored(tmp_path: Path) -> None:
    room = clips.draw(Recipe("df_report", None, Size(128, 96), frames=8, plate=4), tmp_path, frames=8)
    alphas = [np.full_like(truth, 255) if number < 4 else truth for number, truth in enumerate(room.truth)]
    found, _ = judged(room, giving(room, alphas), Truths(room))
    assert found.frame.mad == 0 and found.frame.dtssd == 0 and np.isnan(found.fringe.residue)


def test_stillness_tells_flicker_from_the_pulse_of_key_frames() -> None:
    truth = np.zeros((40, 60), np.uint8)
    truth[:, 30:] = 255
    frames = 5 + SETTLED + 20
    is_keyframe = [number == 20 for number in range(frames)]
    still = Clip("ck", Path(), [], is_keyframe, [truth] * frames, GREEN, held=range(5, frames))
    calm = stillness(still, [truth] * frames)
    assert calm == Stillness(0, 0, 0, 0)
    flicker = [np.where(truth == 0, 10 * (number % 2), 255).astype(np.uint8) for number in range(frames)]
    nervous = stillness(still, flicker)
    assert nervous is not None and 2 < nervous.outside < 5 and nervous.pulse == pytest.approx(1)
    jumping = [
        np.minimum(flicker[number].astype(int) + 60 * (number >= 20), 255).astype(np.uint8) for number in range(frames)
    ]
    pulsing = stillness(still, jumping)
    assert pulsing is not None and pulsing.pulse > 3
    assert stillness(Clip("ck", Path(), [], is_keyframe, [truth] * frames, GREEN), flicker) is None


def test_a_clip_counts_once_in_the_mean_whatever_its_length() -> None:
    scores = [score("one", mad=2, worst=9, least=0.8), score("two", mad=4, worst=5, least=0.6), score("two", "other")]
    averages = table.averages(scores)
    assert list(averages) == ["m", "other"]
    both = averages["m"]
    assert (both.frame.mad, both.worst_mad, both.setting, both.confidence_least) == (3, 9, "worst on one", 0.6)
    assert np.isnan(both.frame.conn)


def test_a_clip_is_refused_when_most_of_it_would_not_be_shown() -> None:
    scores = [
        replace(score("one"), unsure=0.6),
        replace(score("two"), unsure=0.2),
        replace(score("two", "x"), unsure=1),
    ]
    assert table.refused(scores, "m") == ["one"]


def test_columns_stand_under_their_heads() -> None:
    heads = table.heading().splitlines()[1]
    figures = table.row(score(mad=123.456, least=0.7))
    assert figures[heads.index("MAD") - 4 : heads.index("MAD") + 3] == "  123.5"
    assert figures[: table.NAME].strip() == "m"
    assert "0.70/0.70" in figures and "2.0 @3" in figures and figures.endswith("a/b")
    assert heads.index("dtSSD") + 5 == figures.index("1.00   ", heads.index("dtSSD") - 4) + 4


def test_what_is_not_known_is_a_dash() -> None:
    assert table.row(score()).count("      -") == 2 + 4
    known = Fringe(1, 2, 3, 4)
    averaged = table.averages([score(), score()])["m"].fringe
    assert np.isnan(averaged.red) and known.red == 1


def test_holds_are_listed() -> None:
    text = table.holds([replace(score(), stillness=Stillness(0.5, 1.5, 2.5, NAN)), score()])
    assert len(text) == 3 and text[-1].split()[-4:] == ["0.500", "1.50", "2.50", "-"]


def test_times_are_told_as_ratios() -> None:
    assert lines([Time("ffmpeg chromakey", 20, 1), Time("ours", 5, 0.25)])[-1].split()[-5:-2] == ["ms", "0.250", "x"]


def test_the_sheet_shows_where_it_is_worst(clip: Clip) -> None:
    alphas = [truth.copy() for truth in clip.truth]
    alphas[5][20:60, 200:240] = 255
    ours = judged(clip, giving(clip, alphas), Truths(clip))
    error = np.abs(alphas[5].astype(int) - clip.truth[5]).astype(np.uint8)
    left, top, right, bottom = sheet.worst_window(error)
    assert left <= 200 and right >= 240 and top <= 20 and bottom >= 60
    row = sheet.row(clip, ours, ours)
    assert row.width > 6 * sheet.CELL and row.height > 2 * sheet.CELL * 0.7
    whole = sheet.sheet([row, row])
    assert whole.size == (row.width, 2 * row.height)
    assert np.asarray(whole.convert("L"), np.float32).std() > 30
    assert isinstance(whole, Image.Image)


def test_everybody_who_can_matte_a_clip_is_asked(clip: Clip) -> None:
    names = [method.name for method in of(clip)]
    assert names[0] == "changebg found" and "ffmpeg chromakey searched" in names and "OBS chroma key" in names
    room = Clip("df", Path(), clip.pictures, clip.is_keyframe, clip.truth, None)
    assert next(method.name for method in of(room)) == "changebg plate"


@pytest.mark.slow
def test_the_command_judges_a_clip(tmp_path: Path) -> None:
    ffmpeg()
    words = ["--quick", "--clips", "ck_blue_hold", "--only", "changebg", "--jobs", "1", "--no-timing"]
    files = ["--json", str(tmp_path / "figures.json"), "--sheet", str(tmp_path / "sheet.png")]
    command = [sys.executable, "-m", "tests.benchmarks.quality", *words, *files]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=110).stdout
    assert "ck_blue_hold" in printed and "Mean over 1 drawn screens" in printed
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert {score["method"] for score in figures["scores"]} >= {"changebg found", "changebg typed"}
    assert all(score["frame"]["mad"] < 100 for score in figures["scores"])
    with Image.open(tmp_path / "sheet.png") as drawn:
        assert drawn.width > 1000


def test_a_clip_nobody_knows_is_refused_by_name() -> None:
    command = [sys.executable, "-m", "tests.benchmarks.quality", "--clips", "ck_grene"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1 and "no clip is called 'ck_grene'" in ended.stderr

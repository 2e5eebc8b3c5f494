"""How a method did on a clip."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from tests.benchmarks.quality import metrics
from tests.benchmarks.quality.clips import Clip
from tests.benchmarks.quality.composites import GREY, UNKNOWN, Fringe, composite_over, ideals
from tests.benchmarks.quality.methods import Matted, Method
from tests.benchmarks.quality.metrics import Alpha, Errors
from transforms.picture import Picture

COSTLY = 24
"""Frames of a clip, evenly spread, on which Grad and Conn are measured: they take time and change slowly."""
NAN = float("nan")
HARDLY = 0.02
"""Levels by which all pixels of a still matte change from frame to frame on average where it has no pulse at all."""
SETTLED = 5
"""Frames after the movement's end from which a hold is looked at: what remembers may take that long to calm down."""


@dataclass(frozen=True, slots=True)
class Stillness:
    """Alpha while nothing moves, in levels: its standard deviation over time, outside and inside the trimap band.

    `worst_outside`: 99.9 % of the pixels outside have less. `pulse`: the mean change at the source's key frames, in
    multiples of the median change at other frames; NaN without a key frame within.
    """

    outside: float
    worst_outside: float
    inside: float
    pulse: float


@dataclass(frozen=True, slots=True)
class Score:
    """`frame` and `band`: mean errors over the whole picture and within the trimap band. `worst`: the frame of the
    largest MAD, and that. Confidences are NaN for those who tell none; `unsure`: the share of frames whose matte would
    not have been used.
    """

    clip: str
    method: str
    setting: str
    frame: Errors
    band: Errors
    fringe: Fringe
    worst: int
    worst_mad: float
    confidence_least: float
    confidence_median: float
    unsure: float
    stillness: Stillness | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a run is looked at: every alpha, and of the worst frame the composite over grey."""

    alphas: list[Alpha]
    worst: int
    composite: Picture


class Truths:
    """What all methods on a clip are compared with, computed once."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self.ideals = ideals(clip)
        self._bands: dict[int, metrics.Part] = {}
        self._gradients: dict[int, metrics.Reals] = {}

    def band(self, number: int) -> metrics.Part:
        """The trimap band of a frame."""
        if number not in self._bands:
            self._bands[number] = metrics.band(self._clip.truth[number])
        return self._bands[number]

    def gradient(self, number: int) -> metrics.Reals:
        """The gradient of a frame's true alpha."""
        if number not in self._gradients:
            self._gradients[number] = metrics.gradient(self._clip.truth[number])
        return self._gradients[number]


def judged(clip: Clip, method: Method, truths: Truths) -> tuple[Score, Shown]:
    """Run the method over the clip and compare it with the truth."""
    setting, run = method.start(clip)
    rows = _Rows(clip, truths)
    for number, matted in enumerate(run):
        rows.add(number, matted)
    return rows.score(method.name, setting), rows.shown()


class _Rows:
    """The figures of each frame of a run, added as it comes."""

    def __init__(self, clip: Clip, truths: Truths) -> None:
        self._clip, self._truths = clip, truths
        self._costly = set(clip.scored[:: max(1, len(clip.scored) // COSTLY)][:COSTLY])
        self._alphas: list[Alpha] = []
        self._frame: list[Errors] = []
        self._band: list[Errors] = []
        self._fringes: list[Fringe] = []
        self._confidences: list[float] = []
        self._sure: list[bool] = []
        self._worst, self._worst_mad = clip.plate, -1.0
        self._composite: Picture | None = None

    def add(self, number: int, matted: Matted) -> None:
        """The next frame."""
        self._alphas.append(matted.alpha)
        if number not in self._clip.scored:
            return
        frame, band = self._errors(number)
        self._frame.append(frame)
        self._band.append(band)
        self._confidences.append(NAN if matted.confidence is None else matted.confidence)
        self._sure.append(matted.is_sure)
        if number in self._truths.ideals:
            self._fringes.append(self._truths.ideals[number].fringe(matted))
        if frame.mad > self._worst_mad:
            self._worst, self._worst_mad = number, frame.mad
            self._composite = composite_over(matted, GREY)

    def score(self, method: str, setting: str) -> Score:
        """Everything summed up."""
        known = [confidence for confidence in self._confidences if not np.isnan(confidence)] or [NAN]
        return Score(
            clip=self._clip.name,
            method=method,
            setting=setting,
            frame=Errors.mean(self._frame),
            band=Errors.mean(self._band),
            fringe=mean_fringe(self._fringes),
            worst=self._worst,
            worst_mad=self._worst_mad,
            confidence_least=float(np.min(known)),
            confidence_median=float(np.median(known)),
            unsure=1 - float(np.mean(self._sure)),
            stillness=stillness(self._clip, self._alphas),
        )

    def shown(self) -> Shown:
        """What the contact sheet needs."""
        assert self._composite is not None  # there is a worst frame
        return Shown(self._alphas, self._worst, self._composite)

    def _errors(self, number: int) -> tuple[Errors, Errors]:
        """Over the frame and within the band."""
        alpha, truth = self._alphas[number], self._clip.truth[number]
        maps = None
        if number in self._costly:
            maps = metrics.grad_map(alpha, self._truths.gradient(number)), metrics.conn_map(alpha, truth)
        before = (self._alphas[number - 1], self._clip.truth[number - 1]) if number > self._clip.scored.start else None

        def over(part: metrics.Part | None) -> Errors:
            grad, conn = (metrics.total(errors, part) for errors in maps) if maps else (NAN, NAN)
            dtssd = metrics.dtssd(alpha, before[0], truth, before[1], part) if before else NAN
            return Errors(metrics.mad(alpha, truth, part), metrics.mse(alpha, truth, part), grad, conn, dtssd)

        return over(None), over(self._truths.band(number))


def mean_fringe(fringes: Iterable[Fringe]) -> Fringe:
    """The mean of each, over those that are known."""
    several = list(fringes)
    if not several:
        return UNKNOWN
    return Fringe(*(metrics.mean([getattr(one, field.name) for one in several]) for field in fields(Fringe)))


def stillness(clip: Clip, alphas: list[Alpha]) -> Stillness | None:
    """How still the mattes are while the clip is; None where nothing is held long enough."""
    held = clip.held[SETTLED:]
    if len(held) < SETTLED:
        return None
    stack = np.stack([alphas[number] for number in held])
    band = metrics.band(clip.truth[held.start])
    deviation = np.sqrt(np.mean(np.square(stack - stack.mean(axis=0, dtype=np.float32), dtype=np.float32), axis=0))
    changes = np.abs(np.diff(stack.astype(np.int16), axis=0)).mean(axis=(1, 2))
    at_keys = np.array([clip.is_keyframe[number] for number in held[1:]])
    usual = float(np.median(changes[~at_keys]))
    pulse = float(changes[at_keys].mean() / max(usual, HARDLY)) if at_keys.any() else NAN
    outside = deviation[~band]
    return Stillness(float(outside.mean()), float(np.percentile(outside, 99.9)), float(deviation[band].mean()), pulse)

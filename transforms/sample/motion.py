"""How the sample person moves: a loop of four seconds in which she sways, breathes, blinks and waves.

Positions are in the units of the drawing and depend on the time alone: any frame can be drawn without those before.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, radians, sin

import numpy as np
from numpy.typing import NDArray

from transforms.sample.arms import ELBOW
from transforms.sample.head import LID_HINGE

PERIOD = 4.0
"""Seconds after which everything repeats."""
BLINKS = ((0.9, 0.22), (2.6, 0.18))
"""When each blink starts and how long it lasts, in seconds."""
WAVES = 6
"""To and fro in one period: 1.5 a second, fast enough for the hand to blur."""

Matrix3 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pose:
    """Where body, head, forearm and lids are: each maps a drawing's units to the picture's (homogeneous 3x3).

    `lids` is None while the eyes are open.
    """

    body: Matrix3
    head: Matrix3
    forearm: Matrix3
    lids: Matrix3 | None

    @classmethod
    def at(cls, time: float) -> Pose:
        """The pose at `time` seconds."""
        turn = 2 * pi * time / PERIOD
        body = moved(7 * sin(turn), 1.5 * sin(2 * turn))
        tilt = radians(2.0) * sin(turn + 0.5) + radians(0.7) * sin(3 * turn)
        head = body @ moved(5 * sin(turn + 0.7), 1.6 * sin(2 * turn + 1)) @ turned(tilt, (0, 262))
        swing = radians(-1) + radians(7) * (0.6 + 0.4 * cos(turn)) * sin(WAVES * turn)
        closed = _closed(time % PERIOD)
        lids = head @ stretched(closed, LID_HINGE) if closed > 0 else None
        return cls(body, head, body @ turned(swing, ELBOW), lids)


def moved(x: float, y: float) -> Matrix3:
    """A shift."""
    return np.array(((1.0, 0.0, x), (0.0, 1.0, y), (0.0, 0.0, 1.0)))


def turned(angle: float, about: tuple[float, float]) -> Matrix3:
    """A turn by `angle` radians, clockwise on the screen."""
    turn = np.array(((cos(angle), -sin(angle), 0.0), (sin(angle), cos(angle), 0.0), (0.0, 0.0, 1.0)))
    return np.asarray(moved(*about) @ turn @ moved(-about[0], -about[1]))


def stretched(share: float, hinge: float) -> Matrix3:
    """Heights about the line y = `hinge` scaled to `share`."""
    return np.array(((1.0, 0.0, 0.0), (0.0, share, hinge * (1 - share)), (0.0, 0.0, 1.0)))


def _closed(time: float) -> float:
    """How far the lids are down, 0..1: quicker down than up."""
    for start, length in BLINKS:
        share = (time - start) / length
        if 0 < share < 1:
            return min(1.0, share / 0.3, (1 - share) / 0.5)
    return 0.0

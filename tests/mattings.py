"""Mattings that do as they are told, for tests of what is around them."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from transforms.background import color_background
from transforms.effect import Color
from transforms.matting import Matte, NotReady
from transforms.picture import Picture
from transforms.pipeline import Pipeline

BACKDROP = Color.parse("204060")


class LeftHalf:
    """Takes the left half for the person."""

    def __init__(self) -> None:
        self.closed = 0
        self.times: list[float] = []

    def matte(self, picture: Picture, time: float) -> Matte:
        self.times.append(time)
        alpha = np.zeros((picture.size.height, picture.size.width), np.uint8)
        alpha[:, : picture.size.width // 2] = 255
        return Matte(alpha)

    def close(self) -> None:
        self.closed += 1


class Steered(LeftHalf):
    """Waits at each picture for leave to go on, having said that it is there."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Semaphore(0)
        self.leave = threading.Semaphore(0)

    def matte(self, picture: Picture, time: float) -> Matte:
        self.begun.release()
        self.leave.acquire()
        return super().matte(picture, time)


class Failing(LeftHalf):
    """Fails as long as `failure` says so."""

    def __init__(self, failure: Callable[[float], Exception | None]) -> None:
        super().__init__()
        self._failure = failure

    def matte(self, picture: Picture, time: float) -> Matte:
        error = self._failure(time)
        if error is not None:
            raise error
        return super().matte(picture, time)


def never_ready() -> Failing:
    return Failing(lambda time: NotReady("the model is loading"))


def pipeline(matting: LeftHalf | None = None) -> Pipeline:
    return Pipeline(matting or LeftHalf(), color_background(BACKDROP))

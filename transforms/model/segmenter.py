"""One stream seen by a model: what it answers to each picture, over the whole of it.

A model with states begins anew where there is nothing to go on from: at the first picture, one of another size, after a
gap, after an answer that is none. Then the picture is shown to it several times before its answer counts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transforms.cells import Cells, look
from transforms.clean_plate import CleanPlateSource
from transforms.matting import NotReady
from transforms.model.feeding import RGB, Feeding, Tensors
from transforms.model.framing import Framing
from transforms.model.loading import Model
from transforms.model.reading import alpha_of
from transforms.model.unmixed import behind_person
from transforms.person.segmenter import Segmentation
from transforms.picture import Picture
from transforms.runtime.network import InferenceFailed

PLAIN = 2.0
"""Levels: a picture that deviates no more from one colour shows nothing, lights out or lens covered."""

SOME = 128
"""Rows and columns: of more, every eighth is looked at to tell that."""

ALL = 0.98
"""The share of the picture from which on the model takes everything for foreground: it may as well be lost."""


class ModelSegmenter:
    """Follows one stream. `plate`: where the background comes from for a model that takes it. Owns the model.

    `behind`: after `segment`, what lies behind the person in that picture, uint8 (rows, columns, 3) sRGB stretched over
    the whole of it, where the model's foreground tells; else None.
    """

    def __init__(self, model: Model, plate: CleanPlateSource | None = None) -> None:
        self.behind: NDArray[np.uint8] | None = None
        self._model, self._spec = model, model.spec
        self._plate = plate if model.spec.inputs.plate is not None else None
        self._feeding = Feeding(model.spec.inputs, model.graph.inputs, model.quality)
        self._framing: Framing | None = None
        self._plate_framing: Framing | None = None
        self._cells: Cells | None = None
        self._last: float | None = None

    def segment(self, picture: Picture, time: float) -> Segmentation:
        """What the model takes for foreground. Never raises: an answer that is none has a confidence of 0."""
        self.behind = None
        framing = self._framed(picture)
        if self._last is None or time - self._last > self._spec.gap:
            self._forget()
        try:
            return self._answer(picture, framing, time)
        except NotReady as awaited:
            return _nothing(str(awaited))
        except InferenceFailed as failed:
            self._forget()
            return _nothing(str(failed))

    def close(self) -> None:
        """Let go of the model."""
        self._model.graph.close()

    def _framed(self, picture: Picture) -> Framing:
        framing = self._framing
        if framing is None or framing.picture != picture.size:
            takes = self._spec.inputs.picture
            shown = takes.size_for(picture.size, self._model.quality)
            self._framing = framing = Framing(picture.size, shown, takes.fit)
            self._plate_framing = Framing(picture.size, shown, takes.fit) if self._plate is not None else None
            self._last = None
        return framing

    def _forget(self) -> None:
        self._feeding.forget()
        self._last = None

    def _answer(self, picture: Picture, framing: Framing, time: float) -> Segmentation:
        plate = self._plate_as_shown(picture, time)
        rgb = framing.show(picture)
        answers = self._run(rgb, plate)
        alpha = alpha_of(self._spec.matte, answers)
        self._feeding.keep(answers)
        self._last = time
        self._see_behind(rgb, alpha, answers)
        return _judged(framing.spread(alpha), rgb)

    def _run(self, rgb: RGB, plate: RGB | None) -> Tensors:
        showings = 1 if self._last is not None else 1 + self._spec.warm_up
        for _ in range(showings - 1):
            self._feeding.keep(self._model.graph.run(self._feeding.tensors(rgb, plate)))
        return self._model.graph.run(self._feeding.tensors(rgb, plate))

    def _plate_as_shown(self, picture: Picture, time: float) -> RGB | None:
        if self._plate is None or self._plate_framing is None:
            return None
        if self._cells is None or self._cells.look != look(picture):
            self._cells = Cells(picture)
        self._cells.measure(picture)
        return self._plate_framing.show(self._plate.observe(picture, self._cells, time).picture)

    def _see_behind(self, rgb: RGB, alpha: NDArray[np.float32], answers: Tensors) -> None:
        takes, foreground = self._spec.inputs.picture, self._spec.foreground
        if foreground is None or takes.fit != "stretch":
            return
        if alpha.shape == rgb.shape[:2] and answers[foreground.name].size == rgb.size:
            self.behind = behind_person(rgb, alpha, foreground, takes, answers)


def _judged(alpha: NDArray[np.float32], rgb: RGB) -> Segmentation:
    chance = (alpha * 255 + np.float32(0.5)).astype(np.uint8)
    some = rgb[::8, ::8] if min(rgb.shape[:2]) > SOME else rgb
    if float(some.std(axis=(0, 1)).max()) < PLAIN:
        return Segmentation(chance, 0.0, "too dark, or too plain, to see anybody")
    if np.count_nonzero(chance > 127) > ALL * chance.size:
        return Segmentation(chance, 0.0, "the model takes everything for foreground")
    return Segmentation(chance)


def _nothing(reason: str) -> Segmentation:
    return Segmentation(np.zeros((1, 1), np.uint8), 0.0, reason)

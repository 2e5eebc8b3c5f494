"""A model that looks at one picture and says how likely somebody is where, as a network among others.

So it can be looked through as the embedded ones are (`transforms.person.network_segmenter`): at people close, mirrored
by turns, its answers gathered over time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transforms.clean_plate import CleanPlateSource
from transforms.model.feeding import Feeding
from transforms.model.loading import Model
from transforms.model.reading import alpha_of
from transforms.model.segmenter import ModelSegmenter
from transforms.person.network_segmenter import NetworkSegmenter
from transforms.person.segmenter import Segmenter
from transforms.picture import Size


class ModelNetwork:
    """A model of one fixed size that remembers nothing. See `transforms.runtime.network.Network`."""

    def __init__(self, model: Model, size: Size) -> None:
        self.size = size
        self._model = model
        self._feeding = Feeding(model.spec.inputs, model.graph.inputs, model.quality)

    def run(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `Network.run`."""
        return alpha_of(self._model.spec.matte, self._model.graph.run(self._feeding.tensors(rgb, None)))

    def close(self) -> None:
        """Let go of the model."""
        self._model.graph.close()


def segmenter_of(model: Model, plate: CleanPlateSource | None) -> Segmenter:
    """The way to look through a model that only says where people are.

    One that its spec says knows people close is shown them alone; all others are shown the whole picture, and so is one
    that goes on from what it saw before, that compares with a plate or that wants the picture's own shape.
    """
    inputs = model.spec.inputs
    takes = inputs.picture
    if not takes.close or takes.size is None or takes.fit != "stretch" or inputs.states or inputs.plate is not None:
        return ModelSegmenter(model, plate)
    return NetworkSegmenter(ModelNetwork(model, takes.size))

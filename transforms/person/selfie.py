"""MediaPipe's selfie segmentation, which comes with changebg: two small models that know people before a webcam."""

from __future__ import annotations

from importlib import resources

import numpy as np

from transforms.person.sampling import sample
from transforms.person.segmenter import Segmentation
from transforms.picture import Picture
from transforms.runtime.litert import LiteRtNetwork
from transforms.runtime.network import InferenceFailed, Network


def selfie_network(name: str) -> LiteRtNetwork:
    """The embedded network called `landscape` (256x144) or `general` (256x256); the caller closes it."""
    model = resources.files("transforms.person").joinpath("models", f"selfie_{name}.tflite").read_bytes()
    return LiteRtNetwork(model, name=f"selfie_{name}")


class SelfieSegmenter:
    """People as the landscape model sees them."""

    def __init__(self) -> None:
        self._network: Network = selfie_network("landscape")

    def segment(self, picture: Picture, time: float) -> Segmentation:
        """See `Segmenter.segment`."""
        try:
            chance = self._network.run(sample(picture, self._network.size))
        except InferenceFailed as error:
            width, height = self._network.size
            return Segmentation(np.zeros((height, width), np.uint8), 0.0, str(error))
        return Segmentation((chance * 255 + 0.5).astype(np.uint8))

    def close(self) -> None:
        """Free the network."""
        self._network.close()

"""MediaPipe's selfie segmentation, which comes with changebg: two small models that know people before a webcam."""

from __future__ import annotations

from importlib import resources
from typing import Literal

from transforms.person.network_segmenter import NetworkSegmenter
from transforms.runtime.litert import LiteRtNetwork


def selfie_model(name: Literal["landscape", "general"]) -> bytes:
    """The embedded model for wide pictures (256x144) or square ones (256x256), in TFLite's format."""
    return resources.files("transforms.person").joinpath("models", f"selfie_{name}.tflite").read_bytes()


def selfie_network(name: Literal["landscape", "general"]) -> LiteRtNetwork:
    """The network of an embedded model; the caller closes it."""
    return LiteRtNetwork(selfie_model(name), name=f"selfie_{name}.tflite")


class SelfieSegmenter(NetworkSegmenter):
    """People as the general model sees them close, where the landscape model found them.

    The landscape model is the quicker, and the one that takes less of a room for people; the general one sees their
    outline better once it looks at them alone.
    """

    def __init__(self) -> None:
        super().__init__(selfie_network("general"), finder=selfie_network("landscape"))

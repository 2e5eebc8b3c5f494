"""MediaPipe's selfie segmentation, which comes with changebg: two small models that know people before a webcam."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal

from transforms.person.network_segmenter import NetworkSegmenter
from transforms.runtime.litert import LiteRtNetwork
from transforms.runtime.network import Network
from transforms.runtime.pool import NetworkPool


def selfie_model(name: Literal["landscape", "general"]) -> bytes:
    """The embedded model for wide pictures (256x144) or square ones (256x256), in TFLite's format."""
    return resources.files("transforms.person").joinpath("models", f"selfie_{name}.tflite").read_bytes()


def selfie_network(name: Literal["landscape", "general"]) -> Network:
    """The network of an embedded model, one for all streams of the process; the caller closes it."""
    return _pool(name).join()


@cache
def _pool(name: Literal["landscape", "general"]) -> NetworkPool:
    return NetworkPool(lambda: LiteRtNetwork(selfie_model(name), name=f"selfie_{name}.tflite"))


class SelfieSegmenter(NetworkSegmenter):
    """People as the general model sees them close, where the landscape model found them.

    The landscape model is the quicker, and the one that takes less of a room for people; the general one sees their
    outline better once it looks at them alone.
    """

    def __init__(self) -> None:
        super().__init__(selfie_network("general"), finder=selfie_network("landscape"))

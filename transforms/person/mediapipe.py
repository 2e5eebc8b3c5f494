"""People, or what else is asked for, by MediaPipe Tasks' own `ImageSegmenter`."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from transforms.person.network_segmenter import NetworkSegmenter
from transforms.person.selfie import selfie_model
from transforms.runtime.pool import NetworkPool
from transforms.runtime.tasks import TasksNetwork
from transforms.runtime.tasks_file import tried_model

if TYPE_CHECKING:
    from transforms.effect import MediapipeKey
    from transforms.runtime.network import Network

_POOLS: Final[WeakValueDictionary[tuple[object, ...], NetworkPool]] = WeakValueDictionary()
"""For each model and choice of categories the networks that streams use now: one has four threads and 10 MB."""


def mediapipe_segmenter(key: MediapipeKey) -> NetworkSegmenter:
    """A segmenter for one stream: of the model that `key` names, or of the two that `SelfieSegmenter` has.

    Blocks while MediaPipe is imported, and for a second or two in which a model not seen before is tried out.

    Raises:
        ModelError: MediaPipe is not there, or the model cannot be used, or has not the categories asked for.
    """
    if key.model is not None:
        return NetworkSegmenter(_network(key, tried_model(key.model), f"model {key.model}"))
    general, landscape = (
        _network(key, selfie_model(name), f"the embedded model selfie_{name}.tflite")
        for name in ("general", "landscape")
    )
    return NetworkSegmenter(general, finder=landscape)


def _network(key: MediapipeKey, model: bytes, name: str) -> Network:
    """The network that all streams share who ask the same of the same model."""
    categories, chair = key.categories, key.chair
    asked = name, sha256(model).digest(), categories, chair
    made = NetworkPool(lambda: TasksNetwork(model, name=name, categories=categories, chair=chair))
    return _POOLS.setdefault(asked, made).join()

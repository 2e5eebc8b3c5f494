"""A small RGB picture as the tensors that a model takes, with what it hands to itself from one picture to the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transforms.effect import Quality
from transforms.model.spec import ModelInputs, PictureInput
from transforms.runtime.graph import Tensor
from transforms.runtime.network import InferenceFailed

LARGEST_STATES = 256 << 20
"""Octets: RVM's at 3840x2160 are 30 MiB. One that grows with every picture would have all the memory in the end."""

RGB = NDArray[np.uint8]
Tensors = dict[str, NDArray[Any]]


class Feeding:
    """One stream's. The states are those of the last answer that was kept, zeros after `forget`."""

    def __init__(self, inputs: ModelInputs, tensors: tuple[Tensor, ...], quality: Quality) -> None:
        self._inputs = inputs
        self._quality = quality
        self._dtypes = {tensor.name: np.dtype(tensor.dtype) for tensor in tensors}
        self._shapes = {tensor.name: tuple(side or 1 for side in tensor.shape) for tensor in tensors}
        self._states: Tensors = {}
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self._states = {state.input: np.zeros(state.shape, self._dtypes[state.input]) for state in self._inputs.states}

    def tensors(self, rgb: RGB, plate: RGB | None) -> Tensors:
        """All inputs by name. `rgb`, `plate`: uint8 (height, width, 3) sRGB of one size."""
        inputs, height, width = self._inputs, *rgb.shape[:2]
        feeds: Tensors = {inputs.picture.name: self._picture(inputs.picture.name, rgb), **self._states}
        if inputs.plate is not None:
            feeds[inputs.plate] = self._picture(inputs.plate, rgb if plate is None else plate)
        numbers = dict(inputs.constants)
        if inputs.ratio is not None:
            numbers[inputs.ratio.input] = inputs.ratio.value_for(width, height, self._quality)
        for name, number in numbers.items():
            feeds[name] = np.full(self._shapes[name], number, self._dtypes[name])
        return feeds

    def keep(self, answers: Mapping[str, NDArray[Any]]) -> None:
        """Hand the states of these answers to the next picture.

        Raises:
            InferenceFailed: they are larger than anything needs; nothing of them is kept.
        """
        states = {state.input: answers[state.output] for state in self._inputs.states}
        octets = sum(state.nbytes for state in states.values())
        if octets > LARGEST_STATES:
            raise InferenceFailed(f"the model hands itself {octets >> 20} MiB: {LARGEST_STATES >> 20} at most")
        self._states = states

    def _picture(self, name: str, rgb: RGB) -> NDArray[Any]:
        return as_tensor(rgb, self._inputs.picture, self._dtypes[name])


def as_tensor(rgb: RGB, picture: PictureInput, dtype: np.dtype[Any]) -> NDArray[Any]:
    """(height, width, 3) sRGB in the order, scale and layout that the model takes, as a batch of one."""
    order = (0, 1, 2) if picture.color == "rgb" else (2, 1, 0)
    height, width, _ = rgb.shape
    shape = (1, 3, height, width) if picture.layout == "nchw" else (1, height, width, 3)
    tensor = np.empty(shape, dtype)
    for place, channel in enumerate(order):
        values = rgb[:, :, channel]
        gain = np.float32(picture.scale / picture.std[place])
        offset = np.float32(-picture.mean[place] / picture.std[place])
        target = tensor[0, place] if picture.layout == "nchw" else tensor[0, :, :, place]
        _scale(values, gain, offset, target)
    return tensor


def _scale(values: RGB, gain: np.float32, offset: np.float32, target: NDArray[Any]) -> None:
    if gain == 1 and offset == 0:
        target[:] = values
    elif target.dtype == np.float32:
        np.multiply(values, gain, out=target)
        target += offset
    else:
        scaled = values * gain + offset
        if target.dtype.kind in "iu":
            bounds = np.iinfo(target.dtype)
            scaled = np.clip(np.rint(scaled), bounds.min, bounds.max)
        target[:] = scaled

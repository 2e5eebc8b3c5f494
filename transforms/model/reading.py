"""A model's answer as opacity: of whatever kind and layout, float32 rows and columns of 0..1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transforms.model.spec import MatteOutput
from transforms.runtime.network import InferenceFailed

Plane = NDArray[np.float32]


def alpha_of(matte: MatteOutput, answers: Mapping[str, NDArray[Any]]) -> Plane:
    """How much of each place is foreground: float32 (rows, columns), C-contiguous, 0..1.

    Raises:
        InferenceFailed: the answer holds what is no number.
    """
    answer = answers[matte.name]
    if matte.kind == "labels":
        return np.isin(_places(matte, answer), matte.classes).astype(np.float32)
    values = _channels(matte, answer)
    if not np.isfinite(values).all():
        raise InferenceFailed("the model's answer holds what is no number")
    chances = _softmax_or_sigmoid(values) if matte.kind == "logits" else values
    chosen = chances[list(matte.classes)].sum(axis=0) if matte.classes else chances[0]
    scaled = np.clip(chosen * np.float32(matte.scale) if matte.scale != 1 else chosen, 0, 1)
    return np.ascontiguousarray(scaled, np.float32)


def _channels(matte: MatteOutput, answer: NDArray[Any]) -> Plane:
    """float32 (channels, rows, columns)."""
    values = answer.astype(np.float32, copy=False)
    if matte.layout == "flat" and matte.size is not None:
        size = matte.size
        return np.moveaxis(values.reshape(size.height, size.width, -1), 2, 0)
    if values.ndim < 4:
        return values.reshape(1, *values.shape[-2:])
    return values[0] if matte.layout == "nchw" else np.moveaxis(values[0], 2, 0)


def _places(matte: MatteOutput, answer: NDArray[Any]) -> NDArray[Any]:
    """Labels as rows and columns."""
    if matte.size is not None:
        return answer.reshape(matte.size.height, matte.size.width)
    if answer.ndim < 4:
        return answer.reshape(answer.shape[-2:])
    return answer[0, 0] if matte.layout == "nchw" else answer[0, :, :, 0]


def _softmax_or_sigmoid(values: Plane) -> Plane:
    """Several channels against each other, one against nothing."""
    if len(values) == 1:
        return np.asarray(1 / (1 + np.exp(-np.clip(values, -60, 60))), np.float32)
    powers = np.exp(values - values.max(axis=0))
    return np.asarray(powers / powers.sum(axis=0), np.float32)

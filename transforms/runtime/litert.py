"""TFLite models by LiteRT: in this process, on one thread, and no socket is opened."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter  # type: ignore[import-untyped]
from numpy.typing import NDArray

from transforms.picture import Size
from transforms.runtime.graph import Tensor
from transforms.runtime.hush import native_stderr_hushed
from transforms.runtime.network import InferenceFailed, ModelError


class LiteRtNetwork:
    """A model of one float32 picture (1, height, width, 3) of 0..1 in and one chance (1, h, w, 1) out.

    Invariant: the interpreter is this network's own, so that no other's answer is ever seen in it.
    """

    def __init__(self, model: bytes, *, name: str) -> None:
        """Load `model`, the whole file; `name` is what messages call it.

        Raises:
            ModelError: it is no TFLite model, or not one of this kind.
        """
        try:
            self._interpreter = _interpreter(model)
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{name} cannot be loaded as a TFLite model: {error}") from error
        taken, given = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        if len(taken) != 1 or len(taken[0]["shape"]) != 4 or taken[0]["shape"][3] != 3:
            raise ModelError(f"{name} does not take one RGB picture")
        self._input, self._output = taken[0]["index"], given[0]["index"]
        self.size = Size(int(taken[0]["shape"][2]), int(taken[0]["shape"][1]))

    def run(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `Network.run`."""
        np.multiply(rgb, np.float32(1 / 255), out=self._interpreter.tensor(self._input)()[0])
        try:
            self._interpreter.invoke()
        except RuntimeError as error:
            raise InferenceFailed(str(error)) from error
        chance: NDArray[np.float32] = self._interpreter.get_tensor(self._output)[0, :, :, 0]
        if not np.isfinite(chance).all():
            raise InferenceFailed("the network's answer holds what is no number")
        return chance

    def close(self) -> None:
        """Free the interpreter."""
        self._interpreter = None


class LiteRtGraph:
    """Any model as its file has it. Tensors of quantised levels are taken and given as the float32 they stand for."""

    def __init__(self, path: Path) -> None:
        """Load `path`.

        Raises:
            ModelError: it is no TFLite model, or one with operations that are not known here.
        """
        try:
            self._interpreter = _interpreter(path.read_bytes())
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"model {path} cannot be loaded: {' '.join(str(error).split())[:240]}") from error
        self._taken = {str(each["name"]): each for each in self._interpreter.get_input_details()}
        self._given = {str(each["name"]): each for each in self._interpreter.get_output_details()}
        self.inputs = tuple(_tensor(each) for each in self._taken.values())
        self.outputs = tuple(_tensor(each) for each in self._given.values())
        self._shapes = {name: tuple(int(side) for side in each["shape"]) for name, each in self._taken.items()}

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """See `Graph.run`."""
        try:
            self._fit(feeds)
            for name, value in feeds.items():
                self._interpreter.set_tensor(self._taken[name]["index"], _quantised(value, self._taken[name]))
            self._interpreter.invoke()
            return {
                name: _dequantised(self._interpreter.get_tensor(of["index"]), of) for name, of in self._given.items()
            }
        except (ValueError, RuntimeError, KeyError) as error:
            raise InferenceFailed(" ".join(str(error).split())[:240]) from error

    def _fit(self, feeds: Mapping[str, NDArray[Any]]) -> None:
        """Make room for inputs of another size than the last."""
        shapes = {name: value.shape for name, value in feeds.items()}
        if shapes == self._shapes:
            return
        for name, shape in shapes.items():
            self._interpreter.resize_tensor_input(self._taken[name]["index"], shape, strict=True)
        self._interpreter.allocate_tensors()
        self._shapes = shapes

    def close(self) -> None:
        """Free the interpreter."""
        self._interpreter = None


def _interpreter(model: bytes) -> Any:
    """One on one thread, with memory for its tensors."""
    with native_stderr_hushed():
        interpreter = Interpreter(model_content=model, num_threads=1)
        interpreter.allocate_tensors()
    return interpreter


def _tensor(details: dict[str, Any]) -> Tensor:
    signature = details["shape_signature"] if len(details["shape_signature"]) else details["shape"]
    shape = tuple(int(side) if side >= 0 else None for side in signature)
    dtype = np.dtype(details["dtype"])
    return Tensor(str(details["name"]), shape, "float32" if _scale(details) else dtype.name)


def _scale(details: dict[str, Any]) -> float:
    """What one level of a quantised tensor stands for, 0 where it is not quantised."""
    return float(details["quantization"][0])


def _quantised(value: NDArray[Any], details: dict[str, Any]) -> NDArray[Any]:
    scale, zero = details["quantization"]
    if not scale:
        return value
    bounds = np.iinfo(details["dtype"])
    levels: NDArray[Any] = np.clip(np.rint(value / scale) + zero, bounds.min, bounds.max).astype(details["dtype"])
    return levels


def _dequantised(value: NDArray[Any], details: dict[str, Any]) -> NDArray[Any]:
    scale, zero = details["quantization"]
    return (value.astype(np.float32) - zero) * np.float32(scale) if scale else value

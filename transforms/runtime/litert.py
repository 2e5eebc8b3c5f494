"""TFLite models by LiteRT: in this process, on one thread, and no socket is opened."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter  # type: ignore[import-untyped]
from numpy.typing import NDArray

from transforms.picture import Size
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
            self._interpreter: Any = Interpreter(model_content=model, num_threads=1)
            self._interpreter.allocate_tensors()
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

"""A trained model as its file has it: named tensors in, named tensors out. What they mean is said elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input or output. `shape`: None where the model leaves a side open. `dtype`: numpy's name, as "float32"."""

    name: str
    shape: tuple[int | None, ...]
    dtype: str


class Graph(Protocol):
    """One stream's loaded model: `run` is called by one thread at a time."""

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """What it takes, in the file's order."""
        ...

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        """What it gives, in the file's order."""
        ...

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """All outputs by name, for all inputs by name. The arrays are the caller's own.

        Raises:
            InferenceFailed: it could not be computed; the message says why in a few words.
        """
        ...

    def close(self) -> None:
        """Let go of everything; no call follows."""
        ...

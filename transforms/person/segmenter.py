"""Where people are in a picture, roughly: what a network and all that is done around it come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from transforms.picture import Picture


@dataclass(frozen=True, slots=True)
class Segmentation:
    """How likely each place of a picture is a person.

    `chance`: uint8 (rows, columns), of any shape, its cells equal and stretched over the WHOLE picture; 0 surely not ..
    255 surely. `confidence`: 0..1, and under 1 `reason` says in a few words why the chances are not to be relied on.
    """

    chance: NDArray[np.uint8]
    confidence: float = 1.0
    reason: str | None = None


class Segmenter(Protocol):
    """One instance per stream, which may remember earlier pictures."""

    def segment(self, picture: Picture, time: float) -> Segmentation:
        """Where people are. `time`: stream seconds, strictly increasing. The next call may overwrite it.

        Never raises for what a picture shows; a network that fails is a confidence of 0.
        """
        ...

    def close(self) -> None:
        """Let go of everything; no call follows."""
        ...

"""A trained network as everybody else sees it: a small picture in, for each of its places a chance out."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from transforms.effect import EffectError
from transforms.picture import Size


class ModelError(EffectError):
    """A model, or what describes it, that cannot be used; the sentence names the file and what is wrong with it."""


class InferenceFailed(RuntimeError):  # noqa: N818  (what happened, said as it is)
    """A network gave no answer for this picture, or one that means nothing; the message says which in a few words."""


class Network(Protocol):
    """One stream's network. Holds native memory until `close`; used by one thread at a time.

    `size`: of the RGB that it takes.
    """

    @property
    def size(self) -> Size:
        """Width and height in pixels, always the same."""
        ...

    def run(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """How likely each place is foreground: float32 (h, w) in 0..1, stretched over the whole of `rgb`.

        `rgb`: (height, width, 3) sRGB, C-contiguous. The next call may overwrite the answer.

        Raises:
            InferenceFailed: there is none, or it holds what is no number.
        """
        ...

    def close(self) -> None:
        """Let go of everything; no call follows."""
        ...

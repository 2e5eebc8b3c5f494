"""A running pipeline's way from one effect to another, as the parts that it needs for it.

Parts are made in any thread, which may take a while (an image is read, kernels are loaded, the background is fitted to
the pictures that come); the pipeline takes them between two pictures, which takes no time. Whatever both effects ask
for alike stays the very object it was, with the key it found, the plate it learned and the picture it holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transforms.background import Background
    from transforms.edge import EdgeControls
    from transforms.effect import Effect
    from transforms.matting import Matting


class StaleChange(Exception):  # noqa: N818  (a state of affairs, not a fault)
    """Since the change was made the pipeline has become another: make it anew."""


@dataclass(frozen=True, slots=True, eq=False)
class PipelineChange:
    """What makes a pipeline of `before` one of `effect`: made by `transforms.catalog`, taken by `Pipeline.take`.

    `matting`, `background`: the new ones, None where the old one stays. `edge`: what the new effect's edge needs, None
    where it needs nothing or is the old one's. Whoever does not have it taken closes it.
    """

    before: Effect | None
    effect: Effect
    matting: Matting | None
    background: Background | None
    edge: EdgeControls | None

    def close(self) -> None:
        """Let go of parts that no pipeline took."""
        for part in (self.matting, self.background):
            if part is not None:
                part.close()

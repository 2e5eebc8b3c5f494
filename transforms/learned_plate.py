"""A clean plate learned from the call itself."""

from __future__ import annotations

from transforms.clean_plate import PersonPrior
from transforms.first_frames import FirstFramesPlate


class LearnedPlate(FirstFramesPlate):
    """Nothing but the first second yet."""

    def __init__(self, prior: PersonPrior | None = None) -> None:
        super().__init__(30)
        self.prior = prior

"""A bad network, repeatable by its seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field


@dataclass
class Impairment:
    """What becomes of each datagram. Probabilities 0..1, times in seconds.

    `jitter`: each waits a random time up to this on top of `delay`, which puts those sent close together in another
    order. `reorder`: the share that waits `reordered_by` longer.
    """

    seed: int = 1
    loss: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0
    duplicates: float = 0.0
    reorder: float = 0.0
    reordered_by: float = 0.01
    lost: int = 0
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def delays(self) -> list[float]:
        """How long the next datagram takes; once for each copy that arrives, so none where it is lost."""
        chance = self._chance
        if chance.random() < self.loss:
            self.lost += 1
            return []
        copies = 1 + (chance.random() < self.duplicates)
        late = self.reordered_by if chance.random() < self.reorder else 0.0
        return [self.delay + late + chance.uniform(0, self.jitter) for _ in range(copies)]

"""Which matting is in use, and when another takes its place: never back and forth.

Whoever is in use stays so while it is sure. One that is no longer is left at once for one that is; where neither is
(the light went out), the one that was has the first word when they are again. A screen is worth more than a shape, so
it takes over even from persons that are sure, but only once it was sure for a while itself; and for twice as long each
time that it was lost before.
"""

from __future__ import annotations

import math
from typing import Literal

Part = Literal["screen", "person"]

PROOF, LONGEST_PROOF = 0.5, 8.0
"""Seconds for which a screen must be sure to take over: at first, and after having been lost several times."""

GRACE = 0.4
"""Seconds for which the other must be sure, after none was, to take the place of the one that was in use: a screen that
comes back needs 0.2 of them to be believed (`transforms.screen`)."""

SOUGHT, RAREST = 0.5, 4.0
"""Seconds from one look for a screen to the next beside persons: as a rule, and after it promised much and kept nothing
several times."""

PROMISING = 0.6
"""Seconds for which a colour that is found, but not sure yet, is looked at in every picture: it is sure after 0.2."""


class Choice:
    """One stream's. `used`: the part in use; None before any was sure."""

    def __init__(self, used: Part | None = None) -> None:
        self.used: Part | None = used
        self._proof = PROOF
        self._since: float | None = None
        self._is_blind = False

    @property
    def other(self) -> Part:
        """The part that is not in use. Before any is: persons, for screens are asked first."""
        return "screen" if self.used == "person" else "person"

    def keep(self) -> None:
        """The part in use is sure."""
        if self._is_blind:
            self._is_blind, self._since = False, None

    def proves(self, is_sure: bool, time: float) -> bool:
        """Whether the screen, which was looked at beside persons in use, takes over from now on."""
        if not is_sure:
            self._since = None
            return False
        if self._since is None:
            self._since = time
        return time - self._since >= self._proof

    def replaces(self, is_sure: bool, time: float) -> bool:
        """Whether the other takes over from the part in use, which is unsure."""
        if not is_sure:
            self._is_blind, self._since = True, None
            return False
        if not self._is_blind or self.used is None:
            return True
        if self._since is None:
            self._since = time
        return time - self._since >= GRACE

    def use(self, part: Part) -> None:
        """Take it from now on."""
        if self.used == "screen" and part == "person":
            self._proof = min(2 * self._proof, LONGEST_PROOF)
        self.used, self._since, self._is_blind = part, None, False


class Search:
    """When a screen is looked for beside persons: seldom, but at every picture while there seems to be one."""

    def __init__(self) -> None:
        self._next = self._until = -math.inf
        self._wait = SOUGHT

    def is_due(self, time: float) -> bool:
        """Whether to look at this picture."""
        return time >= self._next

    def looked(self, time: float, *, is_sure: bool, is_found: bool) -> None:
        """Take note of what a look showed: a screen, or at least its colour, or none."""
        if is_sure:
            self._wait, self._until = SOUGHT, -math.inf
        elif not is_found:
            self._next, self._until = time + self._wait, -math.inf
        elif self._until == -math.inf:
            self._until = time + PROMISING
        elif time >= self._until:
            self._wait = min(2 * self._wait, RAREST)
            self._next, self._until = time + self._wait, -math.inf

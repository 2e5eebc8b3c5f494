"""Which matting is in use, and when another takes its place: never back and forth.

Whoever is in use stays so while it is sure. One that is no longer is left at once for one that is; where neither is
(the light went out), the one that was has the first word when they are again. A screen is worth more than a shape, so
it takes over even from persons that are sure, but only once it was sure for a while itself; and for twice as long each
time that it was lost before.
"""

from __future__ import annotations

from typing import Literal

Part = Literal["screen", "person"]

PROOF, LONGEST_PROOF = 0.5, 8.0
"""Seconds for which a screen must be sure to take over: at first, and after having been lost several times."""

GRACE = 0.4
"""Seconds for which the other must be sure, after none was, to take the place of the one that was in use: a screen that
comes back needs 0.2 of them to be believed (`transforms.screen`)."""


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

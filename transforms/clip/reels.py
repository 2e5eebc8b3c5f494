"""Which reel of a clip is to be played: the file itself, or what was cut from it for the way it lies just now."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from transforms.clip.layout import Cut, Layout
from transforms.clip.shots import Reel
from transforms.clip.transcoding import Transcoding
from transforms.effect import EffectError

logger = logging.getLogger(__name__)

HEAVY = 1920 * 1080 * 31.0
"""Pixels a second, beyond which a clip is not decoded in the midst of a call."""

CUTS_KEPT = 2
"""A call upright and lying: a phone that is turned and turned back waits once each."""


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    cut: Cut
    reel: Reel


class Reels:
    """Of one clip, used by one thread at a time. It owns them.

    `original`: the file itself. `is_heavy`: that one is never played, but for its first picture. `failure`: why what
    ought to be there is not, in a few words.
    """

    def __init__(self, original: Reel) -> None:
        self.original = original
        described = original.source.described
        self.is_heavy = described.coded.width * described.coded.height * float(described.frame_rate) > HEAVY
        self.failure: str | None = None
        self._made: list[_Made] = []
        self._making: Transcoding | None = None

    def best(self, layout: Layout, *, is_worth_it: bool) -> Reel | None:
        """The one to play; None where there is none yet. `is_worth_it`: a cut may be made for this layout now."""
        self._collect()
        cuts = [made for made in self._made if made.cut.holds(layout)]
        sharp = [made for made in cuts if made.cut.is_sharp_for(layout)]
        if sharp:
            return self._used(sharp[0])
        if is_worth_it and self.failure is None:
            self._make(layout)
        if not self.is_heavy:
            return self.original
        return self._used(cuts[0]) if cuts else None

    def close(self) -> None:
        """Close them all."""
        self._give_up()
        for made in self._made:
            made.reel.close()
        self.original.close()

    def _used(self, made: _Made) -> Reel:
        self._made.remove(made)
        self._made.insert(0, made)
        return made.reel

    def _make(self, layout: Layout) -> None:
        cut = Cut.of(layout, self.original.first.clip)
        if cut is None or (self._making is not None and self._making.cut == cut):
            return
        self._give_up()
        try:
            self._making = Transcoding(
                self.original.source, cut, matrix=layout.look.matrix, full_range=layout.look.full_range
            )
        except OSError as error:
            self._fail(str(error))

    def _collect(self) -> None:
        """See whether the one that is being made is ready."""
        if self._making is None:
            return
        try:
            reel = self._making.finished()
        except EffectError as error:
            self._fail(str(error))
            self._give_up()
            return
        if reel is not None:
            self._made.insert(0, _Made(self._making.cut, reel))
            self._give_up()
            for made in self._made[CUTS_KEPT:]:
                made.reel.close()
            del self._made[CUTS_KEPT:]

    def _fail(self, reason: str) -> None:
        logger.warning("a background's clip is played as it is: %s", reason)
        self.failure = "the clip cannot be transcoded"

    def _give_up(self) -> None:
        if self._making is not None:
            self._making.close()
            self._making = None

"""One background passing into the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transforms.background import BackgroundFailed
from transforms.kernels.passing import WHOLE, mix
from transforms.picture import Look, Picture

if TYPE_CHECKING:
    from transforms.background import Background
    from transforms.matting import Matte


class Fade:
    """From `before`, which it owns, to whatever comes after it, in `lasts` seconds from stream second `begun` on.

    `shown`: the last picture on that way; None before the first.
    """

    def __init__(self, before: Background, *, begun: float, lasts: float) -> None:
        self.before = before
        self._begun, self._lasts = begun, lasts
        self.shown: Picture | None = None

    def weight(self, time: float) -> int:
        """How much of the new there is at stream second `time`, 0..WHOLE."""
        return round(min(max((time - self._begun) / self._lasts, 0.0), 1.0) * WHOLE)

    def is_over(self, time: float) -> bool:
        """Whether nothing of the old is left at stream second `time`."""
        return self.weight(time) == WHOLE

    def mixed(self, source: Picture, matte: Matte, after: Picture, time: float) -> Picture:
        """The picture on its way to `after`, written over the one that this returned last.

        Raises:
            Exception: whatever the background before raises.
        """
        before = self.before.picture(source, matte, time)
        if Look.of(before) != Look.of(after):
            raise BackgroundFailed("the picture before it is of another size")
        if self.shown is None or Look.of(self.shown) != Look.of(after):
            self.shown = Picture.blank(after.size, matrix=after.matrix, full_range=after.full_range)
        weight = self.weight(time)
        for old, new, out in zip(before.planes, after.planes, self.shown.planes, strict=True):
            mix(
                old.samples,
                old.stride,
                new.samples,
                new.stride,
                weight,
                out.samples,
                out.stride,
                out.width,
                out.height,
            )
        return self.shown

    def close(self) -> None:
        """Let go of the background before."""
        self.before.close()


class Frozen:
    """A background that stands still as it was last seen: what a change in the midst of a fade passes out of."""

    def __init__(self, shown: Picture) -> None:
        self._shown = shown

    def picture(self, source: Picture, matte: Matte | None, time: float) -> Picture:
        """That picture, whatever the source."""
        return self._shown

    def close(self) -> None:
        """Nothing is held that others do not hold."""

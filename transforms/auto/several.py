"""What mattings made of several have in common."""

from __future__ import annotations

from transforms.matting import Matting, Successor, set_pace


class Several:
    """Owns its `parts`: `close` closes them. `paced`: who else is told the pace."""

    def __init__(self, *parts: Matting, paced: tuple[object, ...] = ()) -> None:
        self.parts: tuple[Matting, ...] = parts
        self._paced = (*parts, *paced)
        self._every = 1

    @property
    def every(self) -> int:
        """See `transforms.matting.Paced`: passed on to whoever has a network."""
        return self._every

    @every.setter
    def every(self, every: int) -> None:
        self._every = every
        for part in self._paced:
            set_pace(part, every)

    def succeed(self, before: Matting) -> None:
        """Take over what another knows that is like a part of this."""
        for part in self.parts:
            if isinstance(part, Successor):
                part.succeed(before)

    def close(self) -> None:
        """Close the parts."""
        for part in self.parts:
            part.close()

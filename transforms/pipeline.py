"""Matting, edge, background, compositor in a row, and what is shown when the matte cannot be trusted.

The pipeline fails closed: no sample of the source leaves it unmatted. A matting that is not ready, fails, or is unsure
of its matte is answered with the last good composite for at most `HOLD` of stream time, then with the background alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Literal

from transforms.compositor import composite as composite_pictures
from transforms.compositor import draw_alpha
from transforms.effect import Edge
from transforms.matting import Matte, Matting, NotReady
from transforms.picture import FramePool, Picture, Size

if TYPE_CHECKING:
    from transforms.background import Background
    from transforms.edge import EdgeControls
    from transforms.effect import OnUnsure, View

logger = logging.getLogger(__name__)

HOLD = 2.0
"""Seconds of stream time: the longest a composite stands still in place of an unsure one."""

UNTOUCHED = Edge()
"""The edge as the matting measured it."""

Shown = Literal["composite", "held", "cover", "passthrough"]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A picture that may be sent. `picture.frame` is a pooled frame, tagged: its own until the last reader lets go.

    `shown`: what it is. `reason`: in a few words, why it is not a composite. `timings`: seconds by stage. `note`: what
    the matting has just found out (`transforms.matting.Matte.note`).
    """

    picture: Picture
    shown: Shown
    reason: str | None
    confidence: float
    timings: dict[str, float]
    note: str | None = None


class Pipeline:
    """One stream's matting, background and pool of frames. Called from one thread at a time.

    It owns its parts: `close` closes them. `shown` is what it calls its pictures while all is well. Invariant: the held
    picture is of the size of the last picture seen. Any thread may set the edge; it holds from the next picture on.
    """

    def __init__(
        self,
        matting: Matting,
        background: Background,
        *,
        view: View = "composite",
        on_unsure: OnUnsure = "hold",
        shown: Shown = "composite",
        edge: Edge = UNTOUCHED,
    ) -> None:
        """Put the parts together.

        Raises:
            EffectError: a mask of the edge cannot be read.
        """
        self.matting = matting
        self.background = background
        self.view = view
        self.on_unsure = on_unsure
        self.shown = shown
        self._pool = FramePool()
        self._size: Size | None = None
        self._edge: EdgeControls | None = None
        self.set_edge(edge)
        self._held: Picture | None = None
        self._held_until = 0.0
        self._note: str | None = None
        self._logged: set[tuple[str, type[Exception]]] = set()

    @property
    def edge(self) -> Edge:
        """What is done to the mattes."""
        return UNTOUCHED if self._edge is None else self._edge.edge

    def set_edge(self, edge: Edge) -> None:
        """Do this to the mattes from the next picture on; nothing else is lost. Masks are read here, and take a while.

        Raises:
            EffectError: a mask cannot be read; the edge stays as it was.
        """
        if edge == UNTOUCHED:
            self._edge = None
            return
        from transforms.edge import EdgeControls  # its kernels are loaded by those who want them

        controls = EdgeControls(edge, self._edge)
        if self._size is not None:
            controls.prepare(self._size)
        self._edge = controls

    def __call__(self, picture: Picture, time: float) -> Rendered:
        """The picture with its background replaced. `time`: stream seconds, strictly increasing.

        Raises:
            PoolEmpty: the readers hold on to every frame; drop this picture.
        """
        self._see(picture.size)
        timings: dict[str, float] = {}
        try:
            matte = self._trusted_matte(picture, time, timings)
            composite = self._composite(picture, matte, time, timings)
        except _Unsure as unsure:
            return self._instead(picture, time, unsure, timings)
        self._hold(composite, time)
        return Rendered(composite, self.shown, None, matte.confidence, timings, self._told())

    def cover(self, picture: Picture, time: float) -> Rendered:
        """The background alone, of the picture's size; black should the background fail.

        Raises:
            PoolEmpty: the readers hold on to every frame; drop this picture.
        """
        self._see(picture.size)
        timings: dict[str, float] = {}
        return Rendered(self._covered(picture, time, timings), "cover", None, 0.0, timings)

    def close(self) -> None:
        """Close the parts; no call follows."""
        self._held = None
        self.matting.close()
        self.background.close()

    def _trusted_matte(self, picture: Picture, time: float, timings: dict[str, float]) -> Matte:
        with self._stage("matte", timings):
            matte = self.matting.matte(picture, time)
            self._note = matte.note or self._note
            if not matte.is_sure:
                raise _Unsure(matte.reason or "the matte is unsure", matte.confidence)
            return matte

    def _composite(self, picture: Picture, matte: Matte, time: float, timings: dict[str, float]) -> Picture:
        out = self._lease(picture)
        controls, edged = self._edge, None
        if controls is not None:
            with self._stage("edge", timings):
                edged = controls.edged(picture, matte)
        shown = matte if edged is None else replace(matte, alpha=edged.alpha)
        if self.view == "alpha":
            with self._stage("composite", timings):
                draw_alpha(shown, out)
            return out
        with self._stage("background", timings):
            background = self.background.picture(picture, shown, time)
        with self._stage("composite", timings):
            despill = 1.0 if controls is None else controls.despill
            composite_pictures(picture, background, matte, out, edged=edged, despill=despill)
        return out

    def _instead(self, picture: Picture, time: float, unsure: _Unsure, timings: dict[str, float]) -> Rendered:
        """What is shown in place of a composite."""
        held = self._held
        if held is None or time > self._held_until:
            self._held = None
            shown = self._covered(picture, time, timings)
            return Rendered(shown, "cover", unsure.reason, unsure.confidence, timings, self._told())
        # A copy, not the held frame itself: each reader stamps its own time on the frame it gets.
        copy = self._pool.lease(held.size, matrix=held.matrix, full_range=held.full_range)
        copy.copy_from(held)
        return Rendered(copy, "held", unsure.reason, unsure.confidence, timings, self._told())

    def _told(self) -> str | None:
        """The matting's latest note, once; it waits while the pool is empty."""
        note, self._note = self._note, None
        return note

    def _covered(self, picture: Picture, time: float, timings: dict[str, float]) -> Picture:
        out = self._lease(picture)
        if self.view == "alpha":
            out.clear()
            return out
        try:
            with self._stage("background", timings):
                out.copy_from(self.background.picture(picture, None, time))
        except _Unsure:
            out.clear()
        return out

    def _lease(self, picture: Picture) -> Picture:
        full_range = picture.full_range or self.view == "alpha"
        return self._pool.lease(picture.size, matrix=picture.matrix, full_range=full_range)

    def _hold(self, composite: Picture, time: float) -> None:
        if self.on_unsure == "hold":
            self._held, self._held_until = composite, time + HOLD

    def _see(self, size: Size) -> None:
        if size != self._size:
            self._size, self._held = size, None

    @contextmanager
    def _stage(self, name: str, timings: dict[str, float]) -> Iterator[None]:
        """Time a stage; whatever goes wrong in it makes the picture unsure. A kind of failure is logged once."""
        started = perf_counter()
        try:
            yield
        except _Unsure:
            raise
        except NotReady as awaited:
            raise _Unsure(str(awaited), 0.0) from awaited
        except Exception as error:
            if (name, type(error)) not in self._logged:
                self._logged.add((name, type(error)))
                logger.exception("stage %s failed; the background is shown in its place", name)
            raise _Unsure(f"{name} failed", 0.0) from error
        finally:
            timings[name] = perf_counter() - started


class _Unsure(Exception):  # noqa: N818  (a state of affairs, not a fault)
    """This picture cannot be composited."""

    def __init__(self, reason: str, confidence: float) -> None:
        super().__init__(reason)
        self.reason = reason
        self.confidence = confidence

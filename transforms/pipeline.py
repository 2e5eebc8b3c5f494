"""Matting, edge, background, compositor in a row, and what is shown when the matte cannot be trusted.

The pipeline fails closed: no sample of the source leaves it unmatted. A matting that is not ready, fails, or is unsure
of its matte is answered with the last good composite for at most `HOLD` of stream time, then with the background alone.

While it runs it becomes another pipeline part by part (`transforms.change`): between two pictures it takes the parts
that are new and keeps the others, with all they have learned. The room stays hidden as ever: a new matting that has no
matte yet is one that is not ready.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from transforms.backdrop import Backdrop
from transforms.change import StaleChange
from transforms.drawing import Drawing, alpha_beside, no_alpha
from transforms.effect import Edge, NoMatting
from transforms.matting import Matte, Matting, Paced, hand_over, set_pace
from transforms.picture import FramePool, Picture
from transforms.quality import QualityMeter
from transforms.stages import Stages, Unsure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from transforms.background import Background
    from transforms.change import PipelineChange
    from transforms.edge import EdgeControls
    from transforms.effect import Effect, OnUnsure, View
    from transforms.key_color import KeyColor

HOLD = 2.0
"""Seconds of stream time: the longest a composite stands still in place of an unsure one."""

UNTOUCHED = Edge()
"""The edge as the matting measured it."""

Shown = Literal["composite", "held", "cover", "passthrough"]


@runtime_checkable
class Keyed(Protocol):
    """A matting that follows a screen."""

    @property
    def key_color(self) -> KeyColor | None:
        """The screen's colour as it is known now."""
        ...


@dataclass(frozen=True, slots=True)
class Rendered:
    """A picture that may be sent. `picture.frame` is a pooled frame, tagged: its own until the last reader lets go.

    `shown`: what it is. `reason`: in a few words, why it is not a composite. `timings`: seconds by stage. `note`: what
    the matting has just found out (`transforms.matting.Matte.note`). `quality`: 0..1, how good the matte looks by
    itself (`transforms.quality`); 0 where there was none to use, None where nothing is matted. `every`: the matting's
    network looks at one picture in so many; None where it has none. `alpha`: the alpha shown, (H, W), in memory of its
    own, where the pipeline keeps it. `background_failed`: in a few words, why the background has just begun to fail;
    its last picture is shown from then on, until there is another.
    """

    picture: Picture
    shown: Shown
    reason: str | None
    confidence: float
    timings: dict[str, float]
    note: str | None = None
    quality: float | None = None
    every: int | None = None
    alpha: NDArray[np.uint8] | None = None
    background_failed: str | None = None


class Pipeline:
    """One stream's matting, background and pool of frames. Called from one thread at a time.

    It owns its parts: `close` closes them. `backdrop`: its background, which may fail or be on its way. `shown` is what
    it calls its pictures while all is well. `effect`: what its parts do, None where they were not made from one.
    `pool`: the frames it draws into; whoever adds readers that keep frames raises its capacity. `keeps_alpha`, off:
    hand out alpha beside each picture, for files that hold both; set before the first. `picture`: the last one seen.
    Invariant: the held picture is of the size of that one, of this view, and none of the source as it is. Any thread
    may set the edge; it holds from the next picture on.
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
        effect: Effect | None = None,
    ) -> None:
        """Put the parts together.

        Raises:
            EffectError: a mask of the edge cannot be read.
        """
        self.matting = matting
        self._stage = Stages()
        self.backdrop = Backdrop(background, self._stage)
        self.view = view
        self.on_unsure = on_unsure
        self.shown = shown
        self.effect = effect
        self.pool = FramePool()
        self.keeps_alpha = False
        self.picture: Picture | None = None
        self._meter = QualityMeter()
        self.controls: EdgeControls | None = None
        self.set_edge(edge)
        self._held: Picture | None = None
        self._held_alpha: NDArray[np.uint8] | None = None
        self._held_until = 0.0
        self._last: _Last | None = None
        self._note: str | None = None
        self._drawing = Drawing(self._stage)

    @property
    def background(self) -> Background:
        """The newest one, though another may still be seen before it."""
        return self.backdrop.background

    @property
    def key_color(self) -> KeyColor | None:
        """The screen's, as the matting has it now; None where it knows none. Any thread may ask."""
        return self.matting.key_color if isinstance(self.matting, Keyed) else None

    @property
    def every(self) -> int | None:
        """Of how many pictures the matting's network looks at one; None where it has none."""
        return self.matting.every if isinstance(self.matting, Paced) else None

    def set_pace(self, every: int) -> None:
        """Have it look at one picture in `every`, 1..SLOWEST_PACE, from the next on. From the pipeline's thread."""
        set_pace(self.matting, every)

    @property
    def edge(self) -> Edge:
        """What is done to the mattes."""
        return UNTOUCHED if self.controls is None else self.controls.edge

    def set_edge(self, edge: Edge) -> None:
        """Do this to the mattes from the next picture on; nothing else is lost. Masks are read here, and take a while.

        Raises:
            EffectError: a mask cannot be read; the edge stays as it was.
        """
        if edge == UNTOUCHED:
            self.controls = None
            return
        from transforms.edge import EdgeControls  # its kernels are loaded by those who want them

        controls = EdgeControls(edge, self.controls)
        if self.picture is not None:
            controls.prepare(self.picture.size)
        self.controls = controls

    def take(self, change: PipelineChange) -> None:
        """Do another effect from the next picture on. What it replaces is closed; what it does not is not touched.

        Raises:
            StaleChange: it was made for another effect than this pipeline's; nothing is taken.
        """
        if change.before != self.effect:
            raise StaleChange("the change was made for another effect than the pipeline's")
        after = change.effect
        if after.view != self.view or after.on_unsure == "cover" or self.shown == "passthrough":
            self._held = None
        self.view, self.on_unsure = after.view, after.on_unsure
        self.shown = "passthrough" if isinstance(after.matting, NoMatting) else "composite"
        if change.matting is not None:
            set_pace(change.matting, self.every or 1)
            hand_over(self.matting, change.matting)
            self.matting.close()
            self.matting = change.matting
        if change.background is not None:
            self.backdrop.change(change.background, fade=after.fade)
        if after.edge != self.edge:
            self.controls = change.edge
        self.effect = after

    def __call__(self, picture: Picture, time: float) -> Rendered:
        """The picture with its background replaced. `time`: stream seconds, strictly increasing.

        Raises:
            PoolEmpty: the readers hold on to every frame; drop this picture.
        """
        self._see(picture)
        timings: dict[str, float] = {}
        try:
            matte = self._trusted_matte(picture, time, timings)
            composite = self._lease(picture)
            drawn = self._draw(picture, matte, time, composite, self.view, timings)
            quality = self._quality(picture, matte, timings)
        except Unsure as unsure:
            return self._instead(picture, time, unsure, timings)  # no local of it: the traceback would keep the frame
        alpha = alpha_beside(drawn, picture) if self.keeps_alpha else None
        self._hold(composite, alpha, time)
        self._last = _Last(picture, composite, matte, self.view, time)
        return self._rendered(composite, self.shown, None, matte.confidence, timings, quality, alpha)

    def snapshot(self, view: View | Literal["input"]) -> Picture | None:
        """The last picture once more, in memory of its own; None before the first, or where it was dropped.

        What was held or covered is so in each view but `input`, which is the source as it is. Called between two
        pictures, from the pipeline's thread.
        """
        last = self._last
        if last is None:
            return None
        if view == "input" or view == last.view:
            return _copied(last.picture if view == "input" else last.shown)
        picture, full_range = last.picture, last.picture.full_range or view == "alpha"
        out = FramePool(capacity=1).lease(picture.size, matrix=picture.matrix, full_range=full_range)
        if last.matte is None:
            self._cover(picture, last.time, out, view, {})
        else:
            self._draw(picture, last.matte, last.time, out, view, {})
        return out

    def cover(self, picture: Picture, time: float) -> Rendered:
        """The background alone, of the picture's size; black should the background fail.

        Raises:
            PoolEmpty: the readers hold on to every frame; drop this picture.
        """
        self._see(picture)
        timings: dict[str, float] = {}
        alpha = no_alpha(picture) if self.keeps_alpha else None
        return Rendered(self._covered(picture, time, timings), "cover", None, 0.0, timings, quality=0.0, alpha=alpha)

    def close(self) -> None:
        """Close the parts; no call follows."""
        self._held = self._last = self.picture = None
        self.matting.close()
        self.backdrop.close()

    def _trusted_matte(self, picture: Picture, time: float, timings: dict[str, float]) -> Matte:
        with self._stage("matte", timings):
            matte = self.matting.matte(picture, time)
            self._note = matte.note or self._note
            if not matte.is_sure:
                raise Unsure(matte.reason or "the matte is unsure", matte.confidence)
            return matte

    def _quality(self, picture: Picture, matte: Matte, timings: dict[str, float]) -> float | None:
        if self.shown == "passthrough":
            return None
        with self._stage("quality", timings):
            return self._meter.score(picture, matte)

    def _draw(
        self, picture: Picture, matte: Matte, time: float, out: Picture, view: View, timings: dict[str, float]
    ) -> Matte:
        behind, controls = self.backdrop, self.controls
        return self._drawing(
            picture, matte, time, background=behind, controls=controls, view=view, out=out, timings=timings
        )

    def _instead(self, picture: Picture, time: float, unsure: Unsure, timings: dict[str, float]) -> Rendered:
        """What is shown in place of a composite."""
        held = self._held
        if held is None or time > self._held_until:
            self._held = None
            shown = self._covered(picture, time, timings)
            self._last = _Last(picture, shown, None, self.view, time)
            beside = no_alpha(picture) if self.keeps_alpha else None
            return self._rendered(shown, "cover", unsure.reason, unsure.confidence, timings, alpha=beside)
        # A copy, not the held frame itself: each reader stamps its own time on the frame it gets.
        copy = self.pool.lease(held.size, matrix=held.matrix, full_range=held.full_range)
        copy.copy_from(held)
        self._last = _Last(picture, copy, None, self.view, time)
        return self._rendered(copy, "held", unsure.reason, unsure.confidence, timings, alpha=self._held_alpha)

    def _rendered(
        self,
        picture: Picture,
        shown: Shown,
        reason: str | None,
        confidence: float,
        timings: dict[str, float],
        quality: float | None = 0.0,
        alpha: NDArray[np.uint8] | None = None,
    ) -> Rendered:
        """With the matting's latest note, once; it waits while the pool is empty."""
        note, self._note = self._note, None
        failed = self.backdrop.take_failure()
        return Rendered(picture, shown, reason, confidence, timings, note, quality, self.every, alpha, failed)

    def _covered(self, picture: Picture, time: float, timings: dict[str, float]) -> Picture:
        out = self._lease(picture)
        self._cover(picture, time, out, self.view, timings)
        return out

    def _cover(self, picture: Picture, time: float, out: Picture, view: View, timings: dict[str, float]) -> None:
        out.clear()
        if view != "composite":
            return
        with suppress(Unsure), self._stage("background", timings):
            out.copy_from(self.backdrop.picture(picture, None, time))

    def _lease(self, picture: Picture) -> Picture:
        full_range = picture.full_range or self.view == "alpha"
        return self.pool.lease(picture.size, matrix=picture.matrix, full_range=full_range)

    def _hold(self, composite: Picture, alpha: NDArray[np.uint8] | None, time: float) -> None:
        if self.on_unsure == "hold":
            self._held, self._held_alpha, self._held_until = composite, alpha, time + HOLD

    def _see(self, picture: Picture) -> None:
        if self.picture is None or picture.size != self.picture.size:
            self._held = None
        self.picture, self._last = picture, None


@dataclass(frozen=True, slots=True)
class _Last:
    """What the last call saw and what it returned; `matte` where that was a composite: good until the next call."""

    picture: Picture
    shown: Picture
    matte: Matte | None
    view: View
    time: float


def _copied(picture: Picture) -> Picture:
    copy = FramePool(capacity=1).lease(picture.size, matrix=picture.matrix, full_range=picture.full_range)
    copy.copy_from(picture)
    return copy

"""A clip played in a thread of its own, a fraction of a second ahead of the call that shows it.

Two threads meet at one lock: the call's, which takes the picture that is due and never waits, and the player's, which
decodes and lays out the next ones and sleeps while there are enough. When the call's pictures change their look, those
that wait are laid out anew in their order. Where the player is too slow the clip is, too: it never leaves out pictures
to catch up.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass
from time import thread_time

from av.error import FFmpegError

from transforms.background import BackgroundFailed
from transforms.clip.clock import NEAR, Clock
from transforms.clip.fitting import Fitter
from transforms.clip.layout import Layout
from transforms.clip.line import Due, Line
from transforms.clip.player import Shown
from transforms.clip.reels import Reels
from transforms.clip.shots import Reel
from transforms.effect import EffectError
from transforms.picture import Picture

logger = logging.getLogger(__name__)

MOST_AHEAD, LEAST_AHEAD = 8, 3
"""Pictures: a quarter of a second, and what a pass begun anew needs at least (its file is opened in 5 to 50 ms)."""
OCTETS_AHEAD = 24 << 20
"""Of laid out pictures: eight of 1080p, fewer of larger ones."""

DEAR = 0.06
"""Seconds of processor time for a second of the clip, from which on a cut is worth its making: 2 ms a picture."""
JUDGED_BY = 2.0
"""Seconds of the clip by which its cost is judged."""
SETTLED = 1.0
"""Seconds for which a layout must stand before it is cut for: it is dragged about while somebody chooses."""

POLL = 0.1
"""Seconds between two looks at whether a cut is ready."""
RETRY = 1.0
"""Seconds between two attempts to read on."""
FAREWELL = 0.05
"""Seconds that `close` waits for the thread. It ends by itself when the picture it works at is done."""


@dataclass(slots=True, eq=False)
class _Slot:
    """A picture in waiting: `picture` is `due.shot`, laid out for `layout`."""

    due: Due
    layout: Layout
    picture: Picture


class Ahead:
    """One clip for one call. Any thread may close it; what it plays from is closed by its own thread.

    Invariant: it holds at most MOST_AHEAD pictures in waiting, and the one that is shown.
    """

    def __init__(self, reels: Reels) -> None:
        self._reels = reels
        self._turn = threading.Condition()
        self._waiting: deque[_Slot] = deque()
        self._clock = Clock()
        self._tail = 0.0
        """Seconds of the line up to which it is decoded."""
        self._layout: Layout | None = None
        self._time, self._laid_at = 0.0, float("-inf")
        self._shown = Shown(reels.original.first, None)
        self._failure: str | None = None
        self._spent, self._played = 0.0, 0.0
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def shown(self, layout: Layout, time: float) -> Shown:
        """The picture at the call's `time`, or the one before it where that is not there yet.

        Raises:
            BackgroundFailed: the clip stands still, and why.
        """
        with self._turn:
            is_new = layout != self._layout
            self._ask(layout, time)
            slot = self._taken(self._clock.at(time, latest=self._tail))
            if slot is not None:
                self._shown = Shown(slot.due.shot, slot.picture)
            elif is_new:
                self._shown = Shown(self._shown.shot, None)
            self._turn.notify()
            if self._failure is not None and not self._waiting:
                raise BackgroundFailed(self._failure)
            return self._shown

    @property
    def has_enough(self) -> bool:
        """Whether the player has nothing to do until the call asks again."""
        with self._turn:
            layout = self._layout
            is_laid = all(slot.layout == layout for slot in self._waiting)
            return layout is not None and is_laid and (self._is_over or len(self._waiting) >= _ahead(layout))

    def close(self) -> None:
        """Stop playing."""
        with self._turn:
            self._is_closed = True
            self._waiting.clear()
            self._turn.notify()
            thread = self._thread
        if thread is None:
            self._reels.close()
        else:
            thread.join(FAREWELL)

    @property
    def _is_over(self) -> bool:
        """Whether the clip stands still for ever: it has one picture."""
        return self._tail == float("inf")

    def _ask(self, layout: Layout, time: float) -> None:
        if self._thread is None and not self._is_closed:
            self._thread = threading.Thread(target=self._play, name="changebg-clip", daemon=True)
            self._thread.start()
        if self._layout not in (None, layout):
            self._laid_at = time
        self._layout, self._time = layout, time

    def _taken(self, now: float) -> _Slot | None:
        """The newest picture whose time has come and that lies as it should; it, and those before it, go."""
        taken = None
        while self._waiting and self._waiting[0].due.start <= now + NEAR and self._waiting[0].layout == self._layout:
            taken = self._waiting.popleft()
        return taken

    def _play(self) -> None:
        """The thread."""
        line, fitter = Line(self._reels.original, stopping=lambda: self._is_closed), Fitter()
        try:
            while (task := self._task()) is not None:
                if isinstance(task, _Slot):
                    self._lay_anew(task, fitter)
                else:
                    self._play_on(line, fitter, task)
        finally:
            line.close()
            self._reels.close()

    def _task(self) -> _Slot | Layout | None:
        """What to do next: a picture to lay out anew, or a layout for which to play on; None when it is over."""
        with self._turn:
            while not self._is_closed:
                layout = self._layout
                self._drop_passed()
                anew = next((slot for slot in self._waiting if slot.layout != layout), None)
                if anew is not None:
                    return anew
                if layout is not None and not self._is_over and len(self._waiting) < _ahead(layout):
                    return layout
                self._turn.wait()
            return None

    def _drop_passed(self) -> None:
        """Leave out what was not laid out anew in time."""
        waiting, layout = self._waiting, self._layout
        while waiting and waiting[0].layout != layout and waiting[0].due.end <= self._clock.now:
            waiting.popleft()

    def _lay_anew(self, slot: _Slot, fitter: Fitter) -> None:
        layout, shot = self._layout, slot.due.shot
        if layout is not None and layout.is_whole_in(shot.window, shot.clip):
            picture = layout.laid(shot, fitter)
            with self._turn:
                slot.layout, slot.picture = layout, picture
            return
        with self._turn:
            if slot in self._waiting:
                self._waiting.remove(slot)

    def _play_on(self, line: Line, fitter: Fitter, layout: Layout) -> None:
        """Decode the next picture, and lay it out if it will be asked for."""
        reel = self._reels.best(layout, is_worth_it=self._is_worth_it())
        if reel is None:
            self._rest(POLL, self._reels.failure)
            return
        begun = thread_time()
        try:
            if reel is not line.reel:
                line.switch(reel)
            due = line.next()
            with self._turn:
                is_asked_for = self._clock.asks_within(due.start, due.end)
            slot = _Slot(due, layout, layout.laid(due.shot, fitter)) if is_asked_for else None
        except (EffectError, FFmpegError) as error:
            self._fail(line, error)
            return
        self._judge(reel, thread_time() - begun, due)
        with self._turn:
            self._failure, self._tail = None, due.end
            if slot is not None and not self._is_closed:
                self._waiting.append(slot)

    def _fail(self, line: Line, error: Exception) -> None:
        line.close()
        if self._failure is None and not self._is_closed:
            logger.warning("a background's clip stands still: %s", error)
        self._rest(RETRY, "the clip cannot be read any further")

    def _rest(self, seconds: float, failure: str | None) -> None:
        with self._turn:
            self._failure = failure
            self._turn.wait_for(lambda: self._is_closed, seconds)

    def _is_worth_it(self) -> bool:
        """Whether a cut is to be made for the layout, if there is none."""
        with self._turn:
            is_settled = self._time - self._laid_at >= SETTLED
        is_dear = self._played >= JUDGED_BY and self._spent > DEAR * self._played
        return is_settled and (is_dear or self._reels.is_heavy)

    def _judge(self, reel: Reel, spent: float, due: Due) -> None:
        if reel is self._reels.original and due.end != float("inf"):
            self._spent += spent
            self._played += due.end - due.start


def _ahead(layout: Layout) -> int:
    """Pictures to have in waiting."""
    size = layout.look.size
    return min(max(OCTETS_AHEAD * 2 // (size.width * size.height * 3), LEAST_AHEAD), MOST_AHEAD)

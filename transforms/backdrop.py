"""What is seen behind the person from one picture to the next: a background, the way to the next one, the last resort.

A background may fail in the midst of a call: its clip turns out to be damaged, its memory is gone. The call goes on all
the same, before the last picture that there was. The person is still matted, so nothing of the room shows.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from transforms.background import BackgroundFailed, Relaid, plain
from transforms.effect import BLACK
from transforms.picture import Look
from transforms.refit import refit
from transforms.stages import Stages, Unsure

if TYPE_CHECKING:
    from transforms.background import Background
    from transforms.fading import Fade
    from transforms.matting import Matte
    from transforms.picture import Picture


class Backdrop:
    """One stream's. It owns its backgrounds.

    `background`: the newest. Invariant: whatever the background does, there is a picture of the source's look.
    """

    def __init__(self, background: Background, stage: Stages) -> None:
        self.background = background
        self._stage = stage
        self._fade: Fade | None = None
        self._last: Picture | None = None
        self._asked: float | None = None
        self._is_failing = False
        self._failure: str | None = None

    def change(self, background: Background, *, fade: float) -> None:
        """Show another from the next picture on; in `fade` seconds of stream time it has come out of the one before.

        In the midst of a fade what is seen stands still while the new one comes: never are there three at work.
        """
        before, is_seen = self.background, self._fade is None or self._fade.shown is not None
        if fade > 0 and self._asked is not None:
            if is_seen:
                self._leave(begun=self._asked, lasts=fade)
        else:
            self._end_fade()
        self.background, self._last, self._is_failing = background, None, False
        if self._fade is None or self._fade.before is not before:
            before.close()

    def picture(self, source: Picture, matte: Matte | None, time: float) -> Picture:
        """What lies behind the person in `source`, at stream second `time`; never raises.

        With no matte it is what is shown instead of the room: the new background alone, for what lay before it may have
        been the room, blurred.
        """
        self._asked = time
        shown = self._newest(source, matte, time)
        if self._fade is None:
            return shown
        if self._fade.is_over(time):
            self._end_fade()
        elif matte is not None:
            with suppress(Unsure), self._stage("fade", {}):
                return self._fade.mixed(source, matte, shown, time)
            self._end_fade()
        return shown

    def take_failure(self) -> str | None:
        """Why the background has begun to fail, in a few words; once for each time it does."""
        failure, self._failure = self._failure, None
        return failure

    def close(self) -> None:
        """Close the backgrounds."""
        self._end_fade()
        self._last = None
        self.background.close()

    def _newest(self, source: Picture, matte: Matte | None, time: float) -> Picture:
        """The background's picture, or the last there was of it."""
        try:
            with self._stage("background", {}):
                picture = self.background.picture(source, matte, time)
                if Look.of(picture) != Look.of(source):
                    raise BackgroundFailed("its picture is of another size")
        except Unsure as failed:
            if not self._is_failing:
                self._is_failing, self._failure = True, failed.reason
            return self._instead(source, matte)
        self._is_failing = False
        self._last = picture
        return picture

    def _leave(self, *, begun: float, lasts: float) -> None:
        """Begin to pass out of what is seen now."""
        from transforms.fading import Fade, Frozen  # its kernel is loaded by those who want it

        shown = self._last if self._fade is None else self._fade.shown
        stands_still = self._fade is not None or self._is_failing
        self._end_fade()
        before = Frozen(shown) if stands_still and shown is not None else self.background
        self._fade = Fade(before, begun=begun, lasts=lasts)

    def _end_fade(self) -> None:
        if self._fade is not None:
            self._fade.close()
            self._fade = None

    def _instead(self, source: Picture, matte: Matte | None) -> Picture:
        """The last picture, which may have to be fitted anew; black where there was none or that fails, too.

        Where all of it will be seen only what came out of a file is shown: it has nothing of the room.
        """
        look, last = Look.of(source), self._last
        if last is None or (matte is None and not isinstance(self.background, Relaid)):
            return plain(look, BLACK)
        if Look.of(last) != look:
            self._last = None
            with suppress(Unsure), self._stage("background", {}):
                self._last = refit(last, look)
        return self._last or plain(look, BLACK)

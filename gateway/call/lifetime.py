"""Whether a call carries media, and when it is given up.

```
new --picture--> live --silence, lost browser--> lost --picture--> live
 `---------------- too long without a picture ----' `--> its end
```
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Literal

SessionState = Literal["new", "live", "lost", "ended"]
"""`new`: half-open, carries no media yet. `lost`: its browser or publisher is gone, or its RTP silent; either may
return."""

HUNG_UP = 5.0
"""Seconds a session outlives a browser that said goodbye: the time that loading its page anew takes."""

SILENT = 30.0
"""Seconds without a picture after which plain RTP counts as lost. Nothing but time tells a caller that vanished."""

KEEP_SILENT = 270.0
"""Seconds more until it is given up: five minutes in all, as softswitches take a silent call for dead."""


class Lifetime:
    """One call's state and the one timer behind it.

    `on_change` is told each new state but the first, `on_expire` why the call is to end. `expires`: unix seconds when
    it ends unless it carries media by then; None while it does. Nothing follows `ended`.
    """

    def __init__(
        self,
        *,
        setup_timeout: float,
        keep_lost: float,
        on_change: Callable[[SessionState], None],
        on_expire: Callable[[str], None],
    ) -> None:
        self.state: SessionState = "new"
        self.expires: float | None = None
        self._setup_timeout, self._keep_lost = setup_timeout, keep_lost
        self._on_change, self._on_expire = on_change, on_expire
        self._loop = asyncio.get_running_loop()
        self._arrived_at = 0.0
        self._is_rtp = False
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Media is awaited from now on."""
        self._give_up_in(self._setup_timeout)

    def picture(self, *, is_rtp: bool) -> None:
        """One has come. `is_rtp`: by plain RTP, whose end nothing tells."""
        self._arrived_at = self._loop.time()
        if self.state == "live" and is_rtp == self._is_rtp:
            return
        self._is_rtp = is_rtp
        self._cancel()
        if is_rtp:
            self._timer = self._loop.call_later(SILENT, self._check_silence)
        self._enter("live")

    def lose(self, *, has_hung_up: bool = False) -> None:
        """Who sent the pictures is gone. Told again, as of a browser that was silent and is given up: no later end."""
        keep = HUNG_UP if has_hung_up else self._keep_lost
        if self.state == "lost" and self.expires is not None:
            keep = min(keep, self.expires - time.time())
        if self.state in ("live", "lost"):
            self._give_up_in(keep)
            self._enter("lost")

    def expect(self) -> None:
        """Somebody is about to come back: there is time enough to set up."""
        if self.state == "lost" and self.expires is not None:
            self._give_up_in(max(self.expires - time.time(), self._setup_timeout))

    def end(self) -> None:
        """It is over."""
        self._cancel()
        self._enter("ended")

    def _enter(self, state: SessionState) -> None:
        if self.state not in (state, "ended"):
            self.state = state
            self._on_change(state)

    def _check_silence(self) -> None:
        silent = self._loop.time() - self._arrived_at
        if silent < SILENT:
            self._timer = self._loop.call_later(SILENT - silent, self._check_silence)
            return
        self._give_up_in(KEEP_SILENT)
        self._enter("lost")

    def _give_up_in(self, seconds: float) -> None:
        self._cancel()
        self.expires = time.time() + seconds
        reason = "no media came in time" if self.state == "new" else "its source did not come back"
        self._timer = self._loop.call_later(seconds, self._on_expire, reason)

    def _cancel(self) -> None:
        self.expires = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

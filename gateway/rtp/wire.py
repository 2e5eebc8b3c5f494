"""[IO] What drives a sans-IO core: one timer, and no decisions (see `core`).

Each time something happens, a datagram, a timeout, or a call of the core from elsewhere followed by `flush`, the wire
sends what the core has to send, hands its events to `on_event`, and sets its timer anew. Nothing on the network ends
it: what cannot be sent now is dropped and counted, for media that waits is worse than media that is lost.

An exception of the core or of `on_event` is our own mistake. It stops the wire and rises from `run`, or where nobody
waits there, from the end of the `async with` block.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from gateway.rtp.core import Core, Datagram, Event


@dataclass(frozen=True, slots=True)
class WireStats:
    """Datagrams taken in and sent; `dropped` found no room or no connection, `failed` an error such as no route."""

    received: int = 0
    sent: int = 0
    dropped: int = 0
    failed: int = 0


class Wire(ABC):
    """One core on whatever carries its datagrams.

    Use it as an `async with` block, with `run` awaited by a task of the same owner; when the block is left, timer and
    whatever else it held are gone. `on_event` is called on the event loop and must not block. It may call the core:
    what the core then has to send leaves before the wire rests.
    """

    def __init__(self, core: Core, on_event: Callable[[Event], None]) -> None:
        self._core = core
        self._on_event = on_event
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None
        self._is_flushing = False
        self._is_flush_wanted = False
        self._received = self._sent = self._dropped = self._failed = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close()
        if kind is None:
            self._ended.result()
        else:
            self._ended.exception()

    @abstractmethod
    def send(self, datagrams: Sequence[Datagram]) -> None:
        """Send what the core handed out, here or elsewhere: its goodbye."""

    @abstractmethod
    def _release(self) -> None:
        """Let go of what carries the datagrams. May be called more than once."""

    async def run(self) -> None:
        """Wait until the wire is closed.

        Raises:
            Exception: what the core or `on_event` raised.
        """
        await asyncio.shield(self._ended)

    @property
    def stats(self) -> WireStats:
        """The counters as they stand."""
        return WireStats(received=self._received, sent=self._sent, dropped=self._dropped, failed=self._failed)

    def flush(self) -> None:
        """Send, hand out events and set the timer. Call it after any call of the core that takes `now`."""
        self._guarded(self._flush)

    def close(self) -> None:
        """Stop at once, without a word to the far end."""
        self._stop()
        if not self._ended.done():
            self._ended.set_result(None)

    def _guarded(self, step: Callable[..., None], *arguments: object) -> None:
        """Take one step. An exception ends the wire: the event loop would log it and go on with a broken core."""
        if self._ended.done():
            return
        try:
            step(*arguments)
        except Exception as error:  # noqa: BLE001 - kept for `run`, which raises it
            self._stop()
            if not self._ended.done():
                self._ended.set_exception(error)

    def _flush(self) -> None:
        """Send and hand out events until the core has neither. Within `on_event` that is left to the call above."""
        self._is_flush_wanted = True
        if self._is_flushing:
            return
        self._is_flushing = True
        try:
            while self._is_flush_wanted:
                self._is_flush_wanted = False
                self.send(self._core.datagrams_to_send(self._loop.time()))
                while (event := self._core.next_event()) is not None:
                    self._is_flush_wanted = True
                    self._on_event(event)
        finally:
            self._is_flushing = False
        self._arm()

    def _arm(self) -> None:
        timeout = self._core.next_timeout()
        if self._timer is not None and self._timer.when() != timeout:
            self._timer.cancel()
            self._timer = None
        if self._timer is None and timeout is not None and not self._ended.done():
            self._timer = self._loop.call_at(timeout, self._guarded, self._time_out)

    def _time_out(self) -> None:
        self._timer = None
        self._core.handle_timeout(self._loop.time())
        self._flush()

    def _stop(self) -> None:
        self._release()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

"""SIGINT and SIGTERM: as a call on the event loop, or as a question that work in progress asks.

Both leave the process with the handlers it had before.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

STOP = (signal.SIGINT, signal.SIGTERM)

AGAIN = 1.0
"""Seconds: what comes sooner after the first is the same wish once more, passed on by a shell or a wrapper."""


@contextmanager
def signals_calling(stop: Callable[[], object]) -> Iterator[None]:
    """Within the block each signal has the running event loop call `stop`."""
    loop = asyncio.get_running_loop()
    before = [signal.getsignal(number) for number in STOP]
    for number in STOP:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        # The loop leaves a moment in which the signal would kill: none may come in it.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
        for number, handler in zip(STOP, before, strict=True):
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP)


@contextmanager
def stop_signals() -> Iterator[Callable[[], bool]]:
    """Whether a signal has come; a second one, later than `AGAIN`, ends the process at once."""
    received: list[float] = []

    def note(number: int, _: object) -> None:
        received.append(monotonic())
        if received[-1] - received[0] > AGAIN:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    before = [(number, signal.signal(number, note)) for number in STOP]
    try:
        yield lambda: bool(received)
    finally:
        for number, handler in before:
            signal.signal(number, handler)

"""Work beside a call: what takes too long for the time between two pictures, in a thread that ends with it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread

PATIENCE = 0.05
"""Seconds that `close` waits for the work to see that it is called off; it ends by itself all the same."""


class Beside:
    """One piece of work at a time; what is begun later takes the place of what was begun before."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._is_off = Event()
        self._thread: Thread | None = None

    def begin(self, work: Callable[[Callable[[], bool]], None]) -> None:
        """Call `work` in a thread, with what tells it whether it is still wanted: it asks every few milliseconds."""
        self._is_off.set()
        is_off = self._is_off = Event()
        self._thread = Thread(target=work, args=(lambda: not is_off.is_set(),), name=self._name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Call it off."""
        self._is_off.set()
        if self._thread is not None:
            self._thread.join(PATIENCE)

"""Work done in a thread of its own, a few items ahead of its consumer or behind its producer.

Libav and the kernels let go of the interpreter while they work, so three stages of a conversion take the time of the
slowest. Order is kept, queues are bounded, and what goes wrong in a stage is raised where its neighbour meets it. The
threads are daemons: one that a silent pipe holds up does not keep the process alive.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from queue import Empty, Full, Queue
from typing import Generic, Self, TypeVar

T = TypeVar("T")

DEPTH = 2
"""Items between two stages: more made nothing faster, and each is a picture's memory."""

POLL = 0.1
"""Seconds after which a stage that waits looks whether it is still wanted: Ctrl-C may come while a pipe is silent."""


class Ahead(Generic[T]):
    """Draws from a generator in a thread of its own, up to `DEPTH` ahead of whoever iterates over this, and closes it.

    `is_stopping` is asked while the iteration waits; where it is so the iteration ends. As a context manager it sees
    the thread end; `interrupt` is to end what the generator may be waiting for.
    """

    def __init__(
        self,
        items: Generator[T, None, None],
        *,
        name: str,
        is_stopping: Callable[[], bool] = lambda: False,
        interrupt: Callable[[], object] = lambda: None,
    ) -> None:
        self._items = items
        self._is_stopping, self._interrupt = is_stopping, interrupt
        self._queue: Queue[T | _End] = Queue(DEPTH)
        self._unwanted = threading.Event()
        self._thread = threading.Thread(target=self._draw, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._unwanted.set()
        self._interrupt()
        self._thread.join()

    def __iter__(self) -> Iterator[T]:
        while True:
            try:
                item = self._queue.get(timeout=POLL)
            except Empty:
                if self._is_stopping():
                    return
                continue
            if not isinstance(item, _End):
                yield item
            elif item.error is not None:
                raise item.error
            else:
                return

    def _draw(self) -> None:
        """In the thread."""
        end = _End()
        try:
            with closing(self._items) as items:
                for item in items:
                    if not _put(self._queue, item, unless=self._unwanted):
                        return
        except BaseException as error:  # noqa: BLE001  (it belongs to whoever iterates)
            end = _End(error)
        _put(self._queue, end, unless=self._unwanted)


class Behind(Generic[T]):
    """Hands items to `take` in a thread of its own, up to `DEPTH` behind.

    As a context manager it ends when all were taken, or, left by an exception, with the one at work.
    """

    def __init__(self, take: Callable[[T], object], *, name: str) -> None:
        self._take = take
        self._queue: Queue[T | _End] = Queue(DEPTH)
        self._failed = threading.Event()
        self._error: BaseException | None = None
        self._unwanted = threading.Event()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._unwanted.set()
            self._thread.join()
            return
        _put(self._queue, _End(), unless=self._failed)
        self._thread.join()
        self._raise()

    def put(self, item: T) -> None:
        """Have it taken after all before it; waits while `DEPTH` are waiting.

        Raises:
            BaseException: what `take` raised of an earlier one; no more are taken then.
        """
        if not _put(self._queue, item, unless=self._failed):
            self._raise()

    def _work(self) -> None:
        """In the thread."""
        try:
            while not self._unwanted.is_set():
                try:
                    item = self._queue.get(timeout=POLL)
                except Empty:
                    continue
                if isinstance(item, _End):
                    return
                self._take(item)
        except BaseException as error:  # noqa: BLE001  (it belongs to whoever puts)
            self._error = error
            self._failed.set()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error


@dataclass(frozen=True, slots=True)
class _End:
    """No more comes, because of that error if there is one."""

    error: BaseException | None = None


def _put(queue: Queue[T], item: T, *, unless: threading.Event) -> bool:
    """Put it on the queue as soon as there is room; False where that event happened first."""
    while not unless.is_set():
        try:
            queue.put(item, timeout=POLL)
        except Full:
            continue
        return True
    return False

"""Scratch that streams share: no more of it in memory than is used at the same moment.

A stream is at work for a few milliseconds of each picture's time, and what it needs only then it borrows: with many
streams in one process that is a good part of what each of them would hold. What is borrowed holds whatever the last
borrower left; nobody reads what they did not write.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

Thing = TypeVar("Thing")

_KNOWN: WeakValueDictionary[Hashable, Scratch[Any]] = WeakValueDictionary()
"""Freed with the last stream that may borrow from it."""

_LOOKING = threading.Lock()


class Scratch(Generic[Thing]):
    """Things that `make` makes, all alike, lent to whoever asks, in any thread."""

    def __init__(self, make: Callable[[], Thing]) -> None:
        self._make = make
        self._idle: deque[Thing] = deque()

    @contextmanager
    def lent(self) -> Iterator[Thing]:
        """One of them, the borrower's own within; another is made where none is idle."""
        try:
            thing = self._idle.pop()
        except IndexError:
            thing = self._make()
        try:
            yield thing
        finally:
            self._idle.append(thing)


def shared(kind: Hashable, make: Callable[[], Thing]) -> Scratch[Thing]:
    """The process' scratch of this kind, which says all that `make` makes; keep it for as long as it may be wanted."""
    with _LOOKING:
        found = _KNOWN.get(kind)
        if found is None:
            _KNOWN[kind] = found = Scratch(make)
        return found

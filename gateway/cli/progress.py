"""A line on a terminal that is written over and over; nothing where nobody looks."""

from __future__ import annotations

import logging
import shutil
from time import monotonic
from typing import Self, TextIO

INTERVAL = 0.1
"""Seconds between two looks of the line: smooth to the eye, free for the processor."""

BAR = 30
"""Cells of a bar where there is room for it."""


class ProgressLine:
    """Shows the latest of many short texts. As a context manager it leaves the terminal on a fresh line.

    Lines that are logged meanwhile stay above it.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_shown = stream.isatty()
        self._next = 0.0
        self._width = 0

    def __enter__(self) -> Self:
        if self._is_shown:
            for handler in logging.getLogger().handlers:
                handler.addFilter(self._make_room)
        return self

    def __exit__(self, *_: object) -> None:
        for handler in logging.getLogger().handlers:
            handler.removeFilter(self._make_room)
        if self._width:
            self._stream.write("\n")
            self._stream.flush()

    def show(self, text: str, *, at_once: bool = False) -> None:
        """Replace the line by `text`; unless `at_once`, only if the last one is not fresh any more."""
        if not self._is_shown or (monotonic() < self._next and not at_once):
            return
        self._next = monotonic() + INTERVAL
        self._stream.write(f"\r{text.ljust(self._width)}")
        self._stream.flush()
        self._width = len(text)

    def leave(self, text: str) -> None:
        """Put `text` on a line of its own that stays, above the one that is written over; nobody need look."""
        start = "\r" if self._width else ""
        self._stream.write(f"{start}{text.ljust(self._width)}\n")
        self._stream.flush()
        self._width = 0

    def _make_room(self, _: logging.LogRecord) -> bool:
        """Called with each line before it is logged: wipe ours, which is shown again below."""
        if self._width:
            self._stream.write(f"\r{' ' * self._width}\r")
            self._stream.flush()
            self._width, self._next = 0, 0.0
        return True


def bar(share: float, *, beside: int) -> str:
    """How much is done, 0..1, as a bar that leaves room for `beside` columns of text; empty where there is none."""
    cells = min(BAR, shutil.get_terminal_size().columns - beside - 2)
    if cells < 5:
        return ""
    halves = int(min(max(share, 0.0), 1.0) * 2 * cells)
    done = "━" * (halves // 2) + "╸" * (halves % 2)
    return f"{done:·<{cells}}"


def clock(seconds: float) -> str:
    """A time span as people read it: `0:07`, `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

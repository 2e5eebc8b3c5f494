"""A line on a terminal that is written over and over; nothing where nobody looks."""

from __future__ import annotations

from time import monotonic
from typing import Self, TextIO

INTERVAL = 0.1
"""Seconds between two looks of the line: smooth to the eye, free for the processor."""


class ProgressLine:
    """Shows the latest of many short texts. As a context manager it leaves the terminal on a fresh line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_shown = stream.isatty()
        self._next = 0.0
        self._width = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
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

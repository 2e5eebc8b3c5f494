"""One line of time out of packets whose clock may begin anywhere and jump: MPEG's transport and program streams.

A recorded broadcast begins at any hour, and two that were joined go back or leap ahead where one ends. What is written
begins at 0 and has no such leaps, as with ffmpeg. Files with an index of their own (MP4, Matroska) mean what they say:
their packets pass as they are.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
from av.container import InputContainer

LEAP = Fraction(10)
"""Seconds ahead of what was due that are taken for another clock (ffmpeg's `-dts_delta_threshold`)."""

SLIP = Fraction(1, 10)
"""Seconds back that are: packets of one stream leave in the order of their decoding times (ffmpeg's, too)."""

_DISCONTINUOUS = 0x0200
"""libavformat's AVFMT_TS_DISCONT: the format allows it."""


class Continuity:
    """One file's packets. All streams are moved alike, so that sound stays with the picture."""

    def __init__(self, container: InputContainer) -> None:
        self._is_needed = bool(container.format.flags & _DISCONTINUOUS)
        start = container.start_time if container.start_time is not None else 0
        self._offset = -Fraction(start, av.time_base)
        self._due: dict[int, Fraction] = {}

    def mend(self, packet: av.Packet[Any]) -> None:
        """Move the packet's times onto the line."""
        time = packet.dts if packet.dts is not None else packet.pts
        if not self._is_needed or time is None:
            return
        base = Fraction(packet.time_base)
        now, due = time * base + self._offset, self._due.get(packet.stream_index)
        if due is not None and not due - SLIP <= now <= due + LEAP:
            self._offset += due - now
            now = due
        self._due[packet.stream_index] = now + (packet.duration or 0) * base
        shift = round(self._offset / base)
        packet.dts = None if packet.dts is None else packet.dts + shift
        packet.pts = None if packet.pts is None else packet.pts + shift

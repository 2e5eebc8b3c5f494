"""The frame buffer: packets in any order in, whole frames in order out, and a bound on how long one is waited for.

Packets are taken up in sequence as far as they reach; the marker ends a frame, so it leaves with its last packet and
not with the next frame's first. Where a packet is missing everything behind it waits, at most `wait` seconds from when
the gap was first seen; then the hole is passed over, and the frames it touched come out as not intact. So a frame is
late by `wait` at most, whatever came before it: the delay depends on the setting and not on history.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from gateway.rtp.packet import RtpPacket

MAX_PACKETS: Final = 2048
"""Packets held behind a gap: 80 ms at 25 000 packets per second. One more and the gap is passed over at once."""
MAX_OCTETS: Final = 16 * 1024 * 1024
"""Octets held behind a gap, and in one frame: a lossless 4K key frame. Packets may be 64 kB each."""
MAX_FRAME_PACKETS: Final = 16 * 1024
"""Packets of one frame, as many as `MAX_OCTETS` at an ordinary size; a frame of stumps would take seconds to join."""
MAX_START_WAIT: Final = 0.03
"""Seconds that a stream's first frame waits for packets before the first that came: reordering at its very start."""
MAX_PASSED_OVER: Final = 64
"""Holes that are remembered, to tell a late packet from a duplicate."""


class Insertion(Enum):
    """What became of a packet."""

    NEW = 1
    DUPLICATE = 2
    LATE = 3
    """It came after it had been given up."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The packets of one timestamp.

    `payloads` has an empty entry for each hole. `is_intact`: nothing of it is missing. `lost` counts the packets given
    up in it or between it and the frame before; both matter, because a frame refers to those before it. `follows_gap`:
    what was given up directly before it may have been its own. `received`: when its last packet came. `extension`: of
    the last packet that has one.
    """

    payload_type: int
    timestamp: int
    payloads: tuple[bytes, ...]
    received: float
    is_intact: bool
    lost: int
    follows_gap: bool = False
    extension: tuple[int, bytes] | None = None


@dataclass(slots=True)
class _Assembly:
    """The frame being put together."""

    payload_type: int
    timestamp: int
    is_intact: bool
    follows_gap: bool
    received: float
    payloads: list[bytes] = field(default_factory=list)
    octets: int = 0
    extension: tuple[int, bytes] | None = None


_Held = tuple[RtpPacket | None, float]
"""A packet and when it came. None keeps the place of one that is not for us."""


class FrameBuffer:
    """Reorders one source's packets and cuts them into frames.

    Keeps true: frames come out in order and each once; a frame that is intact has every packet between the frame before
    it and its last; memory is bounded. Sequence numbers are unwrapped ones.
    """

    def __init__(
        self,
        *,
        wait: float,
        starts_frame: Callable[[RtpPacket], bool],
        surely_starts_frame: Callable[[RtpPacket], bool],
    ) -> None:
        self._wait = wait
        self._starts_frame = starts_frame
        self._surely_starts_frame = surely_starts_frame
        self._held: dict[int, _Held] = {}
        self._octets = 0
        self._has_begun = False
        self._next = 0
        """The sequence number that is taken up next; the lowest that came, until the stream has begun."""
        self._highest = 0
        self._first_at: float | None = None
        self._gaps: deque[tuple[int, float]] = deque()
        """The last missing sequence number of each gap, and when it was first seen."""
        self._passed_over: deque[range] = deque(maxlen=MAX_PASSED_OVER)
        self._assembly: _Assembly | None = None
        self._lost = 0
        self._is_after_gap = False
        self._ended_by_marker: int | None = None
        """The timestamp of the last frame, if its marker ended it."""
        self._is_marker_last = True
        """False once a sender was caught setting the marker on each slice: then the next timestamp ends a frame."""

    @property
    def lost(self) -> int:
        """Packets given up since the last frame that came out."""
        return self._lost

    def insert(self, sequence: int, packet: RtpPacket | None, received: float) -> Insertion:
        """Take a packet in. None: one that is not for us, whose place in the sequence is no hole."""
        if sequence in self._held:
            return Insertion.DUPLICATE
        if self._has_begun and sequence < self._next:
            was_missed = any(sequence in hole for hole in self._passed_over)
            return Insertion.LATE if was_missed else Insertion.DUPLICATE
        self._note_gap(sequence, received)
        self._held[sequence] = (packet, received)
        self._octets += len(packet.payload) if packet else 0
        return Insertion.NEW

    def pop(self, now: float) -> list[Frame]:
        """The frames that are ready, in order."""
        frames: list[Frame] = []
        if not self._has_begun:
            self._begin(now)
        while self._held and self._has_begun:
            held = self._held.pop(self._next, None)
            if held is not None:
                self._take_up(held, frames)
            elif now >= self._deadline() or self._is_full():
                self._pass_over()
            else:
                break
        return frames

    def next_timeout(self) -> float | None:
        """After `pop`: when it has something without a packet coming; None if it waits for nothing."""
        return self._deadline() if self._held else None

    def _note_gap(self, sequence: int, received: float) -> None:
        """Remember what is newly seen to be missing, above what came before or, at the start, below it."""
        if self._first_at is None:
            self._first_at, self._next, self._highest = received, sequence, sequence
        elif sequence > self._highest:
            if sequence > self._highest + 1:
                self._gaps.append((sequence - 1, received))
            self._highest = sequence
        elif sequence < self._next:
            if sequence < self._next - 1:
                self._gaps.appendleft((self._next - 1, received))
            self._next = sequence

    def _deadline(self) -> float:
        """When what is missing at `_next` is given up; before the stream has begun: when it begins as it is."""
        if not self._has_begun:
            return (self._first_at or 0.0) + min(self._wait, MAX_START_WAIT)
        while self._gaps[0][0] < self._next:
            self._gaps.popleft()
        return self._gaps[0][1] + self._wait

    def _is_full(self) -> bool:
        return len(self._held) > MAX_PACKETS or self._octets > MAX_OCTETS

    def _begin(self, now: float) -> None:
        """Settle where the stream begins: with a packet that surely starts a frame, as soon as it is the lowest."""
        if not self._held:
            return
        packet, _ = self._held[self._next]
        is_start = packet is not None and self._surely_starts_frame(packet)
        self._has_begun = is_start or now >= self._deadline() or self._is_full()

    def _take_up(self, held: _Held, frames: list[Frame]) -> None:
        """Add the packet at `_next` to its frame, and the frames that this ends to `frames`."""
        packet, received = held
        self._next += 1
        if packet is None or not packet.payload:
            return
        self._octets -= len(packet.payload)
        if self._assembly is not None and packet.timestamp != self._assembly.timestamp:
            frames.append(self._finish(self._assembly, by_marker=False))
        if self._assembly is None:
            self._assembly = self._open(packet, received)
        self._append(self._assembly, packet, received)
        self._is_after_gap = False
        if packet.marker and self._is_marker_last:
            frames.append(self._finish(self._assembly, by_marker=True))

    def _open(self, packet: RtpPacket, received: float) -> _Assembly:
        """Begin a frame. What follows a marker with its timestamp and starts no frame is the rest of the one before."""
        is_start = self._starts_frame(packet)
        if not is_start and packet.timestamp == self._ended_by_marker:
            self._is_marker_last = False
        return _Assembly(packet.payload_type, packet.timestamp, is_start, self._is_after_gap, received)

    def _append(self, assembly: _Assembly, packet: RtpPacket, received: float) -> None:
        assembly.received = max(assembly.received, received)
        assembly.extension = packet.extension or assembly.extension
        assembly.octets += len(packet.payload)
        if assembly.octets <= MAX_OCTETS and len(assembly.payloads) < MAX_FRAME_PACKETS:
            assembly.payloads.append(packet.payload)
        else:
            assembly.is_intact = False

    def _finish(self, assembly: _Assembly, *, by_marker: bool) -> Frame:
        frame = Frame(
            assembly.payload_type,
            assembly.timestamp,
            tuple(assembly.payloads),
            assembly.received,
            assembly.is_intact,
            self._lost,
            assembly.follows_gap,
            assembly.extension,
        )
        self._assembly, self._lost = None, 0
        self._ended_by_marker = assembly.timestamp if by_marker else None
        return frame

    def _pass_over(self) -> None:
        """Give up what is missing at `_next`."""
        missing = range(self._next, min(self._held))
        self._passed_over.append(missing)
        self._lost += len(missing)
        self._next = missing.stop
        self._is_after_gap = True
        if self._assembly is not None:
            self._assembly.is_intact = False
            if len(self._assembly.payloads) < MAX_FRAME_PACKETS:
                self._assembly.payloads.append(b"")

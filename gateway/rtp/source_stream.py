"""One source's packets: put on one line of sequence numbers, counted, missed, reordered, and cut into frames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from gateway.rtp.jitter import Frame, FrameBuffer, Insertion
from gateway.rtp.nack import Filled, MissingPackets
from gateway.rtp.packet import RtpPacket
from gateway.rtp.reference_chain import ReferenceChain
from gateway.rtp.source_filter import Origin
from gateway.rtp.statistics import ReceptionStatistics
from gateway.rtp.timeline import unwrap


class SourceStream:
    """All that is known of the source listened to; a takeover begins a new one."""

    def __init__(
        self,
        origin: Origin,
        first: RtpPacket,
        *,
        clock_rate: int,
        wait: float,
        starts_frame: Callable[[RtpPacket], bool],
        surely_starts_frame: Callable[[RtpPacket], bool],
        counts: Counter[str],
    ) -> None:
        self.origin = origin
        self.statistics = ReceptionStatistics(ssrc=origin.ssrc, clock_rate=clock_rate)
        self.missing = MissingPackets(deadline=wait)
        self.chain = ReferenceChain()
        self.has_sure_keyframes = False
        """A key frame came that began with its parameter sets."""
        self.rotation = 0
        """Degrees clockwise by which its pictures are to be turned, as it last said."""
        self._buffer = FrameBuffer(wait=wait, starts_frame=starts_frame, surely_starts_frame=surely_starts_frame)
        self._counts = counts
        self._highest = first.sequence_number

    def receive(self, packet: RtpPacket, received: float, *, is_ours: bool) -> None:
        """Take a packet. One of a payload type that is not ours only keeps its place in the sequence."""
        sequence = unwrap(packet.sequence_number, self._highest, bits=16)
        self._highest = max(self._highest, sequence)
        self.statistics.receive(sequence, packet.timestamp, received)
        filled = self.missing.receive(sequence, received)
        match self._buffer.insert(sequence, packet if is_ours else None, received):
            case Insertion.DUPLICATE:
                self._counts["duplicates"] += 1
            case Insertion.LATE:
                self._counts["late"] += 1
            case Insertion.NEW if filled is Filled.RECOVERED:
                self._counts["recovered"] += 1
            case Insertion.NEW if sequence < self._highest:
                self._counts["reordered"] += 1
            case Insertion.NEW:
                pass

    def frames(self, now: float) -> list[Frame]:
        """The frames that are ready, in order. After them ask `has_pending_loss`."""
        return self._buffer.pop(now)

    @property
    def has_pending_loss(self) -> bool:
        """Whether a packet was given up that no frame so far tells of."""
        return self._buffer.lost > 0

    def next_timeout(self) -> float | None:
        """When `frames` may have something without a packet coming."""
        return self._buffer.next_timeout()

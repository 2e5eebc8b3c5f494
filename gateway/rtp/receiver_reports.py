"""The receiver's side of RTCP: its SSRC, its compounds, and when the next report is due (RFC 3550 §6, §8.2)."""

from __future__ import annotations

import random
from collections.abc import Sequence

from gateway.rtp.core import Address
from gateway.rtp.reports import RtcpTimer
from gateway.rtp.rtcp import (
    BitrateEstimate,
    FullIntraRequest,
    GenericNack,
    Goodbye,
    PictureLossIndication,
    ReceiverReport,
    ReportBlock,
    RtcpPacket,
    SourceDescription,
    serialize_compound,
)
from gateway.rtp.ssrc import OwnSsrc


class ReceiverReports:
    """Makes compounds, each opened by a receiver report and our canonical name.

    Feedback leaves at once behind an empty report (RFC 4585 §3.1), so that the loss told in a regular one covers an
    interval and not the few packets since the last request.
    """

    def __init__(self, *, cname: str, timer: RtcpTimer, random: random.Random) -> None:
        self._cname = cname
        self._timer = timer
        self._ssrc = OwnSsrc(random)
        self._has_spoken = False
        self._intra_requests = 0

    @property
    def ssrc(self) -> int:
        """Ours; it changes when another uses it too."""
        return self._ssrc.value

    def due(self, now: float) -> bool:
        """Whether a regular report is to leave now."""
        return self._timer.due(now)

    def next_timeout(self) -> float:
        """When to ask `due` again."""
        return self._timer.next_timeout

    def heard(self, octets: int) -> None:
        """A compound of this length came in."""
        self._timer.heard(octets)

    def regular(self, blocks: Sequence[ReportBlock], now: float) -> bytes:
        """The report that is due."""
        compound = self._compound(blocks=blocks)
        self._timer.sent(now, octets=len(compound))
        return compound

    def feedback(self, messages: Sequence[RtcpPacket]) -> bytes:
        """What cannot wait for the next regular report."""
        return self._compound(*messages)

    def nack(self, media_ssrc: int, sequences: Sequence[int]) -> GenericNack:
        """Ask for these packets again, by unwrapped sequence number."""
        return GenericNack(self.ssrc, media_ssrc, tuple(sequence & 0xFFFF for sequence in sequences))

    def picture_loss_indication(self, media_ssrc: int) -> PictureLossIndication:
        """Ask for a key frame."""
        return PictureLossIndication(self.ssrc, media_ssrc)

    def full_intra_request(self, media_ssrc: int) -> FullIntraRequest:
        """Command a key frame. Each is a new command: the answer to the one before may have been lost."""
        self._intra_requests = (self._intra_requests + 1) & 0xFF
        return FullIntraRequest(self.ssrc, ((media_ssrc, self._intra_requests),))

    def bitrate_estimate(self, media_ssrc: int, bits_per_second: int) -> BitrateEstimate:
        """Tell how much gets through (REMB)."""
        return BitrateEstimate(self.ssrc, bits_per_second, (media_ssrc,))

    def goodbye(self) -> bytes | None:
        """Our BYE; none where nothing was ever said (RFC 3550 §6.3.7)."""
        return self._compound(Goodbye((self.ssrc,))) if self._has_spoken else None

    def resolve_conflict(self, source: Address, now: float) -> bytes | None:
        """Somebody at `source` uses our SSRC: take another. The BYE for the old one, where one is called for."""
        goodbye = self.goodbye()
        if not self._ssrc.conflict(source, now):
            return None
        self._has_spoken = False
        return goodbye

    def _compound(self, *more: RtcpPacket, blocks: Sequence[ReportBlock] = ()) -> bytes:
        self._has_spoken = True
        name = SourceDescription({self.ssrc: self._cname})
        return serialize_compound((ReceiverReport(self.ssrc, tuple(blocks)), name, *more))

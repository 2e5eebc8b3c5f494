"""The receiver's conversation by RTCP: what it lets be said to it, what it answers, and where."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import Final

from gateway.rtp.addresses import rtcp_address
from gateway.rtp.core import Address, Datagram, SourceClock
from gateway.rtp.rate_limit import TokenBucket
from gateway.rtp.receiver_reports import ReceiverReports
from gateway.rtp.receiver_settings import ReceiverSettings
from gateway.rtp.reports import RtcpTimer
from gateway.rtp.rtcp import ReceiverReport, RtcpPacket, SenderReport, SourceDescription, parse_compound
from gateway.rtp.source_filter import Origin
from gateway.rtp.source_reports import SourceReport, SourceReports
from gateway.rtp.source_stream import SourceStream
from gateway.rtp.statistics import LastSenderReport, ReceptionStatistics
from gateway.rtp.timeline import Timeline

MAX_RTCP_RATE: Final = 50.0
"""Compounds read per second, from the source's host and from all others each: a sender needs one or two."""
MAX_RTCP_BURST: Final = 50.0


class ReceiverRtcp:
    """Reads compounds within a rate, remembers what sources say of themselves, and makes reports and feedback.

    A source is answered where its RTCP comes from; until it has spoken where the SDP says, else at the port after the
    one its RTP comes from (the same one with rtcp-mux).
    """

    def __init__(self, settings: ReceiverSettings, *, now: float, random: random.Random, counts: Counter[str]) -> None:
        self._settings = settings
        self._counts = counts
        self._sources = SourceReports()
        timer = RtcpTimer(settings.bitrate, random=random, now=now, avpf=settings.avpf)
        self._reports = ReceiverReports(cname=settings.cname, timer=timer, random=random)
        self._limit = TokenBucket(rate=MAX_RTCP_RATE, burst=MAX_RTCP_BURST)
        self._foreign_limit = TokenBucket(rate=MAX_RTCP_RATE, burst=MAX_RTCP_BURST)
        self._outgoing: list[Datagram] = []

    @property
    def ssrc(self) -> int:
        """Ours; it changes when another uses it too."""
        return self._reports.ssrc

    def receive(self, data: bytes, address: Address, now: float, *, origin: Origin | None) -> Sequence[RtcpPacket]:
        """Take a compound; what the source listened to, `origin`, says in it itself.

        Raises:
            MalformedPacket: nothing in it is RTCP.
        """
        self._counts["rtcp"] += 1
        is_source = origin is not None and address[0] == origin.address[0]
        if not (self._limit if is_source else self._foreign_limit).take(now):
            self._counts["rtcp_excess"] += 1
            return ()
        packets = parse_compound(data)
        self._reports.heard(len(data))
        if self._is_under_our_ssrc(packets):
            self._resolve_loop_or_conflict(packets, address, now, origin=origin)
            return ()
        self._sources.take(packets, address, now, keep=_key(origin))
        return packets if is_source else ()

    def source_report(self, origin: Origin | None) -> SourceReport | None:
        """The last word of a source, said since it began or shortly before."""
        key = _key(origin)
        return self._sources.get(key) if key else None

    def resolve_conflict(self, address: Address, now: float, *, origin: Origin | None) -> None:
        """Somebody at `address` uses our SSRC: take another, and say BYE for the old one."""
        self._counts["conflicts"] += 1
        self._queue(self._reports.resolve_conflict(address, now), origin)

    def source_clock(self, origin: Origin | None, timeline: Timeline) -> SourceClock | None:
        """A source's last sender report on its line of timestamps; None while either is missing."""
        source = self.source_report(origin)
        if source is None or source.sender_report is None:
            return None
        timestamp = timeline.locate(source.sender_report.timestamp)
        if timestamp is None:
            return None
        return SourceClock(source.sender_report.ntp, timestamp, source.cname, source.received)

    def report(self, origin: Origin, statistics: ReceptionStatistics, now: float) -> None:
        """Queue the regular report on a source, where it is due."""
        if self._reports.due(now):
            blocks = [statistics.report(now, last_sr=self._last_sender_report(origin))] if statistics.has_news else []
            self._queue(self._reports.regular(blocks, now), origin)

    def next_report(self) -> float:
        """When `report` next has something to do."""
        return self._reports.next_timeout()

    def request(self, stream: SourceStream, now: float) -> None:
        """Queue the feedback that is due: packets missed, a key frame wanted."""
        feedback = self._feedback(stream, now)
        if feedback:
            self._queue(self._reports.feedback(feedback), stream.origin)

    def next_request(self, stream: SourceStream) -> float | None:
        """When `request` next has something to do."""
        times = [stream.missing.next_timeout() if self._settings.nack else None]
        times.append(stream.chain.next_timeout() if self._takes_requests else None)
        return min((time for time in times if time is not None), default=None)

    def tell_estimate(self, origin: Origin, bits_per_second: int) -> None:
        """Queue what we believe gets through from this source."""
        self._counts["estimates"] += 1
        estimate = self._reports.bitrate_estimate(origin.ssrc, bits_per_second)
        self._queue(self._reports.feedback([estimate]), origin)

    def goodbye(self, origin: Origin | None) -> None:
        """Queue our BYE, if we ever said anything."""
        self._queue(self._reports.goodbye(), origin)

    def take_outgoing(self) -> list[Datagram]:
        """What is queued, each once."""
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    @property
    def _takes_requests(self) -> bool:
        """Whether the sender takes a request for a key frame."""
        return self._settings.pli or self._settings.fir

    def _feedback(self, stream: SourceStream, now: float) -> list[RtcpPacket]:
        feedback: list[RtcpPacket] = []
        missing = stream.missing.due(now) if self._settings.nack else ()
        if missing:
            self._counts["nacks"] += len(missing)
            feedback.append(self._reports.nack(stream.origin.ssrc, missing))
        if self._takes_requests and stream.chain.request_due(now):
            self._counts["keyframe_requests"] += 1
            request = self._reports.picture_loss_indication if self._settings.pli else self._reports.full_intra_request
            feedback.append(request(stream.origin.ssrc))
        return feedback

    def _is_under_our_ssrc(self, packets: Sequence[RtcpPacket]) -> bool:
        return any(isinstance(packet, SenderReport | ReceiverReport) and packet.ssrc == self.ssrc for packet in packets)

    def _resolve_loop_or_conflict(
        self, packets: Sequence[RtcpPacket], address: Address, now: float, *, origin: Origin | None
    ) -> None:
        """RFC 3550 §8.2: under our own name it is ours come back, under another it is somebody else's."""
        descriptions = [packet for packet in packets if isinstance(packet, SourceDescription)]
        if any(description.cnames.get(self.ssrc) == self._settings.cname for description in descriptions):
            self._counts["looped"] += 1
        else:
            self.resolve_conflict(address, now, origin=origin)

    def _last_sender_report(self, origin: Origin) -> LastSenderReport | None:
        report = self.source_report(origin)
        if report is None or report.sender_report is None:
            return None
        return LastSenderReport(report.sender_report.ntp >> 16 & 0xFFFFFFFF, report.received)

    def _queue(self, compound: bytes | None, origin: Origin | None) -> None:
        """Address a compound to the source; without one there is nobody to tell."""
        if compound is not None and origin is not None:
            is_rtcp = not self._settings.rtcp_mux
            self._outgoing.append(Datagram(compound, self._destination(origin), is_rtcp=is_rtcp))

    def _destination(self, origin: Origin) -> Address:
        report = self.source_report(origin)
        if report is not None:
            return report.address
        return self._settings.rtcp_address or rtcp_address(origin.address, is_muxed=self._settings.rtcp_mux)


def _key(origin: Origin | None) -> tuple[int, str] | None:
    return (origin.ssrc, origin.address[0]) if origin else None

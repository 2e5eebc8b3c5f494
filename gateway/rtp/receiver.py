"""The receiving half of RTP, sans-IO: datagrams in, whole frames that can be decoded out (see `core`).

```
datagram -> SourceFilter -> SourceStream (FrameBuffer, MissingPackets) -> ReferenceChain, Timeline -> AccessUnit
            who sends       which packets, in order, as frames            decodable, and when
```
Nothing on the wire makes this raise: what cannot be used is counted and dropped.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Sequence

from gateway.rtp import packet as rtp
from gateway.rtp.bandwidth import BandwidthEstimator, EstimateNews
from gateway.rtp.core import AccessUnit, Address, Datagram, Event, SourceChanged, SourceLeft
from gateway.rtp.extensions import SEND_TIME_OCTETS, parse_elements
from gateway.rtp.jitter import Frame
from gateway.rtp.orientation import rotation
from gateway.rtp.packet import RtpPacket
from gateway.rtp.payload import MalformedPayload, payload_format
from gateway.rtp.receiver_rtcp import ReceiverRtcp
from gateway.rtp.receiver_settings import ReceiverSettings
from gateway.rtp.receiver_stats import ReceiverStats
from gateway.rtp.rtcp import Goodbye, SenderReport
from gateway.rtp.source_filter import Admission, Origin, SourceFilter
from gateway.rtp.source_stream import SourceStream
from gateway.rtp.timeline import Timeline

__all__ = ["ReceiverSettings", "ReceiverStats", "RtpReceiver"]


class RtpReceiver:
    """One stream from one source at a time.

    Keeps true: access units come out in decoding order, each once, on one line of timestamps; with `on_loss="hold"`
    each is whole and so is everything it refers to.

    `estimator`: fed where packets carry the time they were sent; the source is told what it believes.
    """

    def __init__(
        self,
        settings: ReceiverSettings,
        *,
        now: float,
        random: random.Random,
        estimator: BandwidthEstimator | None = None,
    ) -> None:
        self._settings = settings
        self._formats = {number: payload_format(codec) for number, codec in settings.codecs.items()}
        self._counts: Counter[str] = Counter()
        self._filter = SourceFilter[RtpPacket]()
        self._stream: SourceStream | None = None
        self._timeline = Timeline(clock_rate=settings.clock_rate)
        self._rtcp = ReceiverRtcp(settings, now=now, random=random, counts=self._counts)
        self._is_clock_news = False
        """The source reported its time, and it was not passed on yet."""
        self._dropped = (-1, b"")
        """Timestamp and data of the last frame that was not passed on."""
        self._events: deque[Event] = deque()
        self._estimator = estimator
        self._estimate_news = EstimateNews()

    @property
    def ssrc(self) -> int:
        """Ours, under which we report; it changes when another uses it too."""
        return self._rtcp.ssrc

    @property
    def stats(self) -> ReceiverStats:
        """The counters as they stand."""
        jitter = self._stream.statistics.jitter / self._settings.clock_rate if self._stream else 0.0
        return ReceiverStats(**self._counts, foreign_source=self._filter.refused, jitter=jitter)

    def receive_datagram(self, data: bytes, source: Address, now: float, *, is_rtcp: bool) -> None:
        """Take what came in on our sockets."""
        try:
            if is_rtcp or (rtp.is_rtcp(data) and data[1] & 0x7F not in self._formats):
                self._receive_rtcp(data, source, now)
            else:
                self._receive_rtp(RtpPacket.parse(data), source, now)
        except rtp.MalformedPacket:
            self._counts["malformed"] += 1

    def handle_timeout(self, now: float) -> None:
        """Let a waiting source take over, and give up packets waited for long enough, where either is due."""
        self._admit(self._filter.poll(now), now)
        self._take_frames(now)

    def datagrams_to_send(self, now: float) -> list[Datagram]:
        """Requests and reports that are due."""
        if self._stream is not None and not self._filter.has_left:
            self._rtcp.report(self._stream.origin, self._stream.statistics, now)
            self._rtcp.request(self._stream, now)
            self._tell_estimate(self._stream, now)
        return self._rtcp.take_outgoing()

    def next_event(self) -> Event | None:
        """AccessUnit, SourceClock, SourceChanged or SourceLeft."""
        return self._events.popleft() if self._events else None

    def next_timeout(self) -> float | None:
        """When a frame, a takeover, a request or a report is due."""
        times = [self._filter.next_timeout()]
        if self._stream is not None:
            times.append(self._stream.next_timeout())
            if not self._filter.has_left:
                times += [self._rtcp.next_report(), self._rtcp.next_request(self._stream)]
                times.append(self._estimate_news.next_timeout())
        return min((time for time in times if time is not None), default=None)

    def request_keyframe(self, now: float) -> None:
        """The decoder cannot go on: hold until a key frame, and ask for one."""
        if self._stream is not None:
            self._stream.chain.broke(now)

    def goodbye(self, now: float) -> list[Datagram]:
        """What is still to be sent, and BYE."""
        outgoing = self.datagrams_to_send(now)
        self._rtcp.goodbye(self._filter.current)
        return outgoing + self._rtcp.take_outgoing()

    def _receive_rtp(self, packet: RtpPacket, source: Address, now: float) -> None:
        origin = Origin(packet.ssrc, source)
        if packet.ssrc == self._rtcp.ssrc:
            self._rtcp.resolve_conflict(source, now, origin=self._filter.current)
        if packet.payload_type in self._formats:
            admission = self._filter.offer(
                packet, origin=origin, sequence_number=packet.sequence_number, size=len(packet.payload), now=now
            )
            self._admit(admission, now)
        else:
            self._counts["foreign_payload_type"] += 1
            if self._stream is not None and self._filter.continues(origin, packet.sequence_number):
                self._stream.receive(packet, now, is_ours=False)
        self._take_frames(now)

    def _admit(self, admission: Admission[RtpPacket], now: float) -> None:
        """Give the stream its packets; where they are another source's, begin its stream."""
        if admission.is_new_source and self._filter.current is not None:
            packets = [packet for packet, _ in admission.arrivals]
            self._stream = self._begin_stream(self._filter.current, packets, now)
        if self._stream is None:
            return
        for packet, received in admission.arrivals:
            self._counts["packets"] += 1
            self._counts["octets"] += len(packet.payload)
            self._estimate(packet, received)
            self._stream.receive(packet, received, is_ours=True)

    def _estimate(self, packet: RtpPacket, received: float) -> None:
        """Let the estimator see when a packet left and came."""
        number = self._settings.abs_send_time
        if self._estimator is None or number is None or packet.extension is None:
            return
        time = parse_elements(packet.extension).get(number, b"")
        if len(time) == SEND_TIME_OCTETS:
            octets = len(packet.payload) + packet.padding  # libwebrtc feels for the link with nothing but padding
            self._estimator.receive(send_time=int.from_bytes(time), octets=octets, ssrc=packet.ssrc, now=received)

    def _tell_estimate(self, stream: SourceStream, now: float) -> None:
        estimate = self._estimator.bits_per_second if self._estimator is not None else None
        if estimate is not None and self._estimate_news.due(estimate, now):
            self._rtcp.tell_estimate(stream.origin, estimate)

    def _begin_stream(self, origin: Origin, packets: Sequence[RtpPacket], now: float) -> SourceStream:
        """Another source is heard. One that does not open with a key frame is asked for one at once."""
        stream = SourceStream(
            origin,
            packets[0],
            clock_rate=self._settings.clock_rate,
            wait=self._settings.buffer,
            starts_frame=self._starts_frame,
            surely_starts_frame=self._surely_starts_frame,
            counts=self._counts,
        )
        if not any(map(self._may_open_keyframe, packets)):
            stream.chain.broke(now)
        self._timeline.new_source()
        self._is_clock_news = True
        self._counts["takeovers"] += 1
        self._events.append(SourceChanged(origin.ssrc))
        return stream

    def _starts_frame(self, packet: RtpPacket) -> bool:
        return self._formats[packet.payload_type].starts_frame(packet.payload)

    def _surely_starts_frame(self, packet: RtpPacket) -> bool:
        return self._formats[packet.payload_type].surely_starts_frame(packet.payload)

    def _may_open_keyframe(self, packet: RtpPacket) -> bool:
        payload = self._formats[packet.payload_type]
        return payload.surely_starts_frame(packet.payload) or payload.is_keyframe(payload.salvage((packet.payload,)))

    def _take_frames(self, now: float) -> None:
        if self._stream is None:
            return
        for frame in self._stream.frames(now):
            self._pass_on(self._stream, frame, now)
        if self._stream.has_pending_loss:
            self._stream.chain.broke(now)

    def _pass_on(self, stream: SourceStream, frame: Frame, now: float) -> None:
        """Make an access unit of a frame, unless it or what it refers to is broken."""
        self._counts["lost"] += frame.lost
        told = rotation(frame.extension, self._settings.orientation)
        stream.rotation = stream.rotation if told is None else told
        timestamp = self._timeline.place(frame.timestamp, frame.received)
        self._tell_clock()
        data, is_whole = self._depacketize(frame)
        is_keyframe = self._formats[frame.payload_type].is_keyframe(data)
        if is_keyframe:
            data = self._with_parameter_sets(data, frame)
            is_whole = is_whole and not self._lost_its_head(stream, frame)
        if is_whole and is_keyframe:
            stream.chain.mend()
        elif frame.lost or not is_whole or not stream.chain.is_whole:
            stream.chain.broke(now)
        is_shown = stream.chain.is_whole or (self._settings.on_loss == "show" and stream.chain.has_begun)
        if not (is_shown and data):
            self._counts["frames_dropped"] += 1
            self._dropped = (frame.timestamp, data if is_whole else b"")
            return
        self._counts["frames"] += 1
        self._counts["keyframes"] += is_keyframe
        is_intact = stream.chain.is_whole
        self._events.append(AccessUnit(data, timestamp, is_keyframe, frame.received, is_intact, stream.rotation))

    def _with_parameter_sets(self, data: bytes, frame: Frame) -> bytes:
        """A key frame with its parameter sets, where an H264 sender ended those with a marker like a frame."""
        timestamp, dropped = self._dropped
        joined = dropped + data
        is_theirs = timestamp == frame.timestamp and self._formats[frame.payload_type].is_keyframe(joined)
        return joined if is_theirs else data

    def _lost_its_head(self, stream: SourceStream, frame: Frame) -> bool:
        """Whether what is missing before a key frame was its parameter sets: it has none, and those before it did."""
        is_sure = self._formats[frame.payload_type].surely_starts_frame(frame.payloads[0])
        stream.has_sure_keyframes = stream.has_sure_keyframes or is_sure
        return frame.follows_gap and stream.has_sure_keyframes and not is_sure

    def _depacketize(self, frame: Frame) -> tuple[bytes, bool]:
        """The frame's data, or what can be saved of it, and whether it is whole."""
        payload = self._formats[frame.payload_type]
        if frame.is_intact:
            try:
                return payload.depacketize(frame.payloads), True
            except MalformedPayload:
                self._counts["malformed"] += 1
        return payload.salvage(frame.payloads), False

    def _receive_rtcp(self, data: bytes, source: Address, now: float) -> None:
        origin = self._filter.current
        packets = self._rtcp.receive(data, source, now, origin=origin)
        if origin is None:
            return
        for packet in packets:
            if isinstance(packet, SenderReport) and packet.ssrc == origin.ssrc:
                self._is_clock_news = True
                self._tell_clock()
            elif isinstance(packet, Goodbye) and origin.ssrc in packet.ssrcs and not self._filter.has_left:
                self._events.append(SourceLeft(origin.ssrc))
                self._filter.leave(now)
                self.handle_timeout(now)

    def _tell_clock(self) -> None:
        """Pass on the source's last sender report, once there is a line of timestamps to put it on."""
        if not self._is_clock_news:
            return
        clock = self._rtcp.source_clock(self._filter.current, self._timeline)
        if clock is not None:
            self._is_clock_news = False
            self._events.append(clock)

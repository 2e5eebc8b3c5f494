"""Sound that goes around us: one source's RTP and RTCP forwarded as they came, between two pairs of ports.

A relay that does not touch the sound is no party to its session (RFC 3550 §7: it looks like the wire). SSRC, sequence
numbers, timestamps, sender reports and CNAME stay the source's, so the sound keeps its time to the picture; the far
end's reports and feedback go back to the source. Only one source passes, by the same rule as for video.

Sans-IO, like the cores of `gateway.rtp`: each of the two sides is a core with an endpoint of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from gateway.rtp.addresses import rtcp_address
from gateway.rtp.core import Address, Datagram, Event
from gateway.rtp.packet import MalformedPacket, RtpPacket
from gateway.rtp.packet import is_rtcp as looks_like_rtcp
from gateway.rtp.rate_limit import TokenBucket
from gateway.rtp.rtcp import Goodbye, ReceiverReport, SenderReport, parse_compound, serialize_compound
from gateway.rtp.source_filter import Admission, Origin, SourceFilter

MAX_RTCP_RATE = 50.0
"""Compounds read per second from the source, from the far end, and from all others: each sends one every few seconds,
and a crafted one takes a good part of a millisecond to read."""

MAX_QUEUED = 256
"""Datagrams that wait for their endpoint: five seconds of sound. They leave at once unless an endpoint is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioSettings:
    """`payload_types`: those of the SDP; others do not pass. `renamed`: (from, to) of the one to rewrite.

    `destination` and `rtcp_destination` are the far end's. `input_mux` and `output_mux`: RTCP shares RTP's port there.
    `source_rtcp`: where the SDP says the source hears RTCP.
    """

    payload_types: frozenset[int]
    destination: Address
    rtcp_destination: Address
    renamed: tuple[int, int] | None = None
    input_mux: bool = False
    output_mux: bool = False
    source_rtcp: Address | None = None


@dataclass(frozen=True, slots=True)
class AudioStats:
    """Counters since the start: datagrams forwarded each way, and those that were not.

    `rtcp_excess` went beyond the rate that is read.
    """

    packets: int
    reports: int
    feedback: int
    foreign: int
    malformed: int
    foreign_payload_type: int
    rtcp_excess: int
    dropped: int


class AudioRelay:
    """The two sides and what joins them.

    `wake_input` and `wake_output` are called when the other side has something to send: flush that endpoint then.
    """

    def __init__(self, settings: AudioSettings) -> None:
        self._settings = settings
        self._filter = SourceFilter[bytes]()
        self._source_rtcp: Address | None = None
        self._early_report: tuple[bytes, Address] | None = None
        self._counts: Counter[str] = Counter()
        self._source_limit, self._far_end_limit, self._foreign_limit = (
            TokenBucket(rate=MAX_RTCP_RATE, burst=MAX_RTCP_RATE) for _ in range(3)
        )
        self.input = AudioSide(self._from_source, self._counts, poll=self._poll, deadline=self._filter.next_timeout)
        self.output = AudioSide(self._from_far_end, self._counts)
        self.wake_input: Callable[[], None] = _asleep
        self.wake_output: Callable[[], None] = _asleep

    @property
    def stats(self) -> AudioStats:
        """The counters now."""
        counts = self._counts
        return AudioStats(
            packets=counts["packets"],
            reports=counts["reports"],
            feedback=counts["feedback"],
            foreign=counts["foreign"] + self._filter.refused,
            malformed=counts["malformed"],
            foreign_payload_type=counts["foreign payload type"],
            rtcp_excess=counts["rtcp excess"],
            dropped=counts["dropped"],
        )

    def goodbye(self) -> list[Datagram]:
        """To the far end, in the source's name: nothing more of it will pass here."""
        source = self._filter.current
        if source is None:
            return []
        bye = serialize_compound([ReceiverReport(source.ssrc), Goodbye((source.ssrc,))])
        return [self._to_far_end(bye, is_rtcp=True)]

    def _from_source(self, data: bytes, address: Address, now: float, is_rtcp: bool) -> None:
        if is_rtcp or (looks_like_rtcp(data) and data[1] & 0x7F not in self._settings.payload_types):
            self._reports(data, address, now)
            return
        packet = RtpPacket.parse(data)
        if packet.payload_type not in self._settings.payload_types:
            self._counts["foreign payload type"] += 1
            return
        origin, number = Origin(packet.ssrc, address), packet.sequence_number
        self._forward(self._filter.offer(data, origin=origin, sequence_number=number, size=len(data), now=now))

    def _poll(self, now: float) -> None:
        self._forward(self._filter.poll(now))

    def _forward(self, admission: Admission[bytes]) -> None:
        if admission.is_new_source:
            self._source_rtcp = None
        for arrival in admission.arrivals:
            self._counts["packets"] += 1
            self.output.queue(self._to_far_end(self._renamed(arrival.item), is_rtcp=False))
        if admission.is_new_source and self._early_report is not None:
            early, self._early_report = self._early_report, None
            self._reports(*early, admission.arrivals[-1].received)
        if admission.arrivals:
            self.wake_output()

    def _renamed(self, data: bytes) -> bytes:
        """The packet with the far end's payload type."""
        names, second = self._settings.renamed, data[1]
        if names is None or second & 0x7F != names[0]:
            return data
        return bytes((data[0], second & 0x80 | names[1])) + data[2:]

    def _reports(self, data: bytes, address: Address, now: float) -> None:
        """Forward what the source says of itself; a source says it from the host its packets come from."""
        source = self._filter.current
        is_source = source is not None and source.address[0] == address[0]
        if not self._is_read(self._source_limit if is_source else self._foreign_limit, now):
            return
        packets = parse_compound(data)
        named = {packet.ssrc for packet in packets if isinstance(packet, SenderReport | ReceiverReport)}
        named |= {ssrc for packet in packets if isinstance(packet, Goodbye) for ssrc in packet.ssrcs}
        if source is None or not is_source or source.ssrc not in named:
            self._counts["foreign"] += 1
            self._early_report = (data, address)  # ffmpeg's first comes before its first packet, the next 5 s later
            return
        self._source_rtcp = address
        self._counts["reports"] += 1
        self.output.queue(self._to_far_end(data, is_rtcp=True))
        self.wake_output()
        if any(source.ssrc in packet.ssrcs for packet in packets if isinstance(packet, Goodbye)):
            self._filter.leave(now)
            self._poll(now)

    def _from_far_end(self, data: bytes, address: Address, now: float, is_rtcp: bool) -> None:
        """The far end's reports go back; anything else it sends has nowhere to go."""
        target = self._source_rtcp_address()
        is_far_end = address[0] in (self._settings.destination[0], self._settings.rtcp_destination[0])
        if not is_far_end or target is None or not (is_rtcp or looks_like_rtcp(data)):
            self._counts["foreign"] += 1
            return
        if not self._is_read(self._far_end_limit, now):
            return
        parse_compound(data)
        self._counts["feedback"] += 1
        self.input.queue(Datagram(data, target, is_rtcp=not self._settings.input_mux))
        self.wake_input()

    def _is_read(self, limit: TokenBucket, now: float) -> bool:
        is_within = limit.take(now)
        self._counts["rtcp excess"] += not is_within
        return is_within

    def _source_rtcp_address(self) -> Address | None:
        """Where its RTCP came from; until then as the SDP says, or the port above its RTP."""
        source = self._filter.current
        if source is None or self._source_rtcp is not None:
            return self._source_rtcp
        return self._settings.source_rtcp or rtcp_address(source.address, is_muxed=self._settings.input_mux)

    def _to_far_end(self, data: bytes, *, is_rtcp: bool) -> Datagram:
        settings = self._settings
        destination = settings.rtcp_destination if is_rtcp else settings.destination
        return Datagram(data, destination, is_rtcp=is_rtcp and not settings.output_mux)


class AudioSide:
    """One side as a core for `gateway.rtp.udp.Endpoint`."""

    def __init__(
        self,
        receive: Callable[[bytes, Address, float, bool], None],
        counts: Counter[str],
        *,
        poll: Callable[[float], None] | None = None,
        deadline: Callable[[], float | None] | None = None,
    ) -> None:
        self._receive = receive
        self._counts = counts
        self._poll = poll
        self._deadline = deadline
        self._outgoing: list[Datagram] = []

    def queue(self, datagram: Datagram) -> None:
        """Have it sent with the next flush."""
        if len(self._outgoing) < MAX_QUEUED:
            self._outgoing.append(datagram)
        else:
            self._counts["dropped"] += 1

    def receive_datagram(self, data: bytes, source: Address, now: float, *, is_rtcp: bool) -> None:
        """Take what came in on this side."""
        try:
            self._receive(data, source, now, is_rtcp)
        except MalformedPacket:
            self._counts["malformed"] += 1

    def handle_timeout(self, now: float) -> None:
        """Let a waiting source take over."""
        if self._poll is not None:
            self._poll(now)

    def datagrams_to_send(self, now: float) -> list[Datagram]:
        """What the other side left here."""
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    def next_event(self) -> Event | None:
        """Sound has none."""
        return None

    def next_timeout(self) -> float | None:
        """When a waiting source may take over."""
        return self._deadline() if self._deadline is not None else None


def _asleep() -> None:
    """Nobody to wake yet."""

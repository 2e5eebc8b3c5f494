"""What a relayed call's packets and reports say about time, read off the wire at both ends."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from gateway.relay_session import RelaySession
from gateway.rtp.core import AccessUnit
from gateway.rtp.packet import RtpPacket
from gateway.rtp.payload import payload_format
from gateway.rtp.rtcp import SenderReport, SourceDescription, parse_compound, serialize_compound
from gateway.rtp.sockets import open_sockets
from tests.calls import LOOPBACK, free_port, relay_settings
from tests.frames import coded

UNITS = coded("H264", 12)
WRAP = 1 << 32


@dataclass
class Source:
    """Who sends to a relay. Its sequence numbers wrap at once, its timestamps where `start` says."""

    port: int
    ssrc: int
    rtp: socket.socket
    rtcp: socket.socket
    start: int
    sequence_number: int = 0xFFFF
    sent: list[int] = field(default_factory=list)

    def send(self, unit: AccessUnit) -> None:
        timestamp = (self.start + unit.timestamp) % WRAP
        payloads = payload_format("H264").packetize(unit.data, max_payload=1000)
        for payload in payloads:
            packet = RtpPacket(96, payload is payloads[-1], self.sequence_number, timestamp, self.ssrc, payload)
            self.rtp.sendto(packet.serialize(), (LOOPBACK, self.port))
            self.sequence_number = (self.sequence_number + 1) & 0xFFFF
        self.sent.append(timestamp)

    def report(self, *, ntp: int, timestamp: int, cname: str) -> None:
        report = SenderReport(self.ssrc, ntp, timestamp % WRAP, 1, 1)
        self.rtcp.sendto(serialize_compound([report, SourceDescription({self.ssrc: cname})]), (LOOPBACK, self.port + 1))


@dataclass
class Wire:
    """A relay with an ear behind it that takes down what it hears."""

    port: int
    rtp: socket.socket
    rtcp: socket.socket

    async def next_timestamp(self) -> int:
        """Of the frame whose last packet comes next."""
        async with asyncio.timeout(5):
            while True:
                packet = RtpPacket.parse(await asyncio.get_running_loop().sock_recv(self.rtp, 2000))
                if packet.marker:
                    return packet.timestamp

    async def report_of(self, cname: str) -> SenderReport:
        """The next sender report under this name."""
        async with asyncio.timeout(10):
            while True:
                packets = parse_compound(await asyncio.get_running_loop().sock_recv(self.rtcp, 2000))
                match packets:
                    case [SenderReport() as report, SourceDescription() as name, *_] if cname in name.cnames.values():
                        return report

    async def relayed(self, source: Source, units: Sequence[AccessUnit]) -> list[int]:
        """By how much the timestamps out differ from those in."""
        differences = []
        for unit in units:
            source.send(unit)
            differences.append((await self.next_timestamp() - source.sent[-1]) % WRAP)
        return differences


@asynccontextmanager
async def wire() -> AsyncIterator[Wire]:
    rtp, rtcp = open_sockets(bind=LOOPBACK, port=0, rtcp_port=0)
    with rtp, rtcp:
        port = free_port()
        listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        settings = relay_settings(port, rtp.getsockname()[1])
        session = RelaySession(settings, on_started=listening.set_result, on_event=lambda event: None)
        ended = asyncio.create_task(session.run())
        await listening
        yield Wire(port, rtp, rtcp)
        session.stop()
        await ended


@asynccontextmanager
async def source(port: int, ssrc: int, *, start: int = WRAP - 3 * 3000) -> AsyncIterator[Source]:
    rtp, rtcp = open_sockets(bind=LOOPBACK, port=0, rtcp_port=0)
    with rtp, rtcp:
        yield Source(port, ssrc, rtp, rtcp, start)


async def test_a_frame_leaves_with_its_timestamp_plus_one_constant_per_source() -> None:
    loop = asyncio.get_running_loop()
    async with wire() as relay, source(relay.port, 1) as first, source(relay.port, 2, start=5) as second:
        one = await relay.relayed(first, UNITS)
        last_sent = loop.time()
        assert len(set(one)) == 1
        await asyncio.sleep(0.12)  # the old source's silence is what is tested
        begun = loop.time()
        two = await relay.relayed(second, UNITS)
        assert len(set(two)) == 1
        step = (second.sent[0] + two[0] - first.sent[-1] - one[0]) % WRAP / 90_000
        assert step == pytest.approx(begun - last_sent, abs=0.1)


async def test_reports_tell_the_sources_time_under_its_name() -> None:
    async with wire() as relay, source(relay.port, 1) as first, source(relay.port, 2, start=5) as second:
        for number, (sender, cname) in enumerate(((first, "one@there"), (second, "two@there"))):
            base = (number + 1) << 60
            (constant,) = set(await relay.relayed(sender, UNITS[:5]))
            sender.report(ntp=base, timestamp=sender.start + 777, cname=cname)
            report = await relay.report_of(cname)
            ahead = (report.timestamp - constant - sender.start - 777) % WRAP
            assert 0 <= ahead < 10 * 90_000
            assert (report.ntp - base) / (1 << 32) == pytest.approx(ahead / 90_000, abs=1e-4)
            await asyncio.sleep(0.12)  # silence, for the next to take over

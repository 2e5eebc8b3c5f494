from __future__ import annotations

import asyncio
import gc
import itertools
import random
import re
import threading
import weakref
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aioice import Connection
from aiortc import VideoStreamTrack

from gateway.errors import Busy, SdpError
from gateway.rtp import sdp
from gateway.rtp.core import Address, Datagram, Event
from gateway.rtp.packet import RtpPacket
from gateway.rtp.sdp.browser import BrowserOffer
from gateway.serving import IceServer, IceSettings
from gateway.webrtc import gathering
from gateway.webrtc.liveness import CONSENT_EXPIRES, SILENCE
from gateway.webrtc.peer import FAR_END, NegotiatedMedia, Peer, PeerState, Restart, Wanted
from gateway.webrtc.tuning import MediaConnection
from tests.far_browser import FarBrowser, far_browser
from tests.webrtc_echo import BOTH_WAYS, Echo

LOCAL = IceSettings(interfaces=("127.0.0.1",))


class Tape:
    """A core that keeps what comes and sends what it is given: packets as they are on the wire."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[tuple[bytes, Address, bool]] = asyncio.Queue()
        self.to_send: deque[bytes] = deque()

    def receive_datagram(self, data: bytes, source: Address, now: float, *, is_rtcp: bool) -> None:
        self.came.put_nowait((data, source, is_rtcp))

    def handle_timeout(self, now: float) -> None: ...

    def datagrams_to_send(self, now: float) -> list[Datagram]:
        sent = [Datagram(data, FAR_END) for data in self.to_send]
        self.to_send.clear()
        return sent

    def next_event(self) -> Event | None:
        return None

    def next_timeout(self) -> float | None:
        return None


class Call:
    """Our side of one call."""

    def __init__(self, offer: str, settings: IceSettings = LOCAL) -> None:
        self.states: list[PeerState] = []
        self._changed = asyncio.Event()
        self.peer = Peer(BrowserOffer.of(sdp.parse(offer)), settings, on_state=self._note)
        self.running: asyncio.Task[None] | None = None

    def _note(self, state: PeerState) -> None:
        self.states.append(state)
        self._changed.set()

    async def answer(self) -> str:
        answer = await self.peer.answer(BOTH_WAYS)
        self.running = asyncio.create_task(self.peer.run())
        return answer

    async def until(self, state: PeerState) -> None:
        async with asyncio.timeout(10):
            while self.peer.state != state:
                self._changed.clear()
                await self._changed.wait()

    def media(self, name: str) -> NegotiatedMedia:
        media = getattr(self.peer, name)
        assert isinstance(media, NegotiatedMedia)
        return media


@asynccontextmanager
async def connected(far: FarBrowser) -> AsyncIterator[Call]:
    call = Call(await far.offer())
    await far.take(await call.answer())
    await call.until("connected")
    await far.connected()
    try:
        yield call
    finally:
        await call.peer.aclose()
        assert call.running
        await call.running


def rtp_packet(call: Call, name: str, ssrc: int, *, payload: bytes = b"payload") -> bytes:
    payload_type = call.media(name).payload_type
    return RtpPacket(payload_type, True, 7, 8, ssrc, payload).serialize()


async def test_packets_are_the_same_at_both_ends() -> None:
    async with far_browser() as far, connected(far) as call:
        tape = Tape()
        wire = call.peer.endpoint(tape, call.media("video_in"), lambda event: None)
        there = rtp_packet(call, "video_in", 1234, payload=bytes(range(256)) * 4)
        await far.send(there)
        assert await tape.came.get() == (there, FAR_END, False)
        far.keep_packets()
        back = rtp_packet(call, "video_out", 99, payload=b"\0" * 1100)
        report = bytes.fromhex("80c9000100000063")
        tape.to_send += [back, report]
        wire.flush()
        assert [await far.packets.get(), await far.packets.get()] == [back, report]
        assert (wire.stats.sent, wire.stats.received) == (2, 1)


async def test_each_packet_goes_to_its_own_medium_and_rtcp_to_every_core() -> None:
    async with far_browser() as far, connected(far) as call:
        video, audio = Tape(), Tape()
        call.peer.endpoint(video, call.media("video_in"), lambda event: None)
        call.peer.endpoint(audio, call.media("audio_in"), lambda event: None)
        picture, sound = rtp_packet(call, "video_in", 1), rtp_packet(call, "audio_in", 2)
        report = bytes.fromhex("80c9000100000063")
        stray = RtpPacket(127, False, 1, 1, 3, b"?").serialize()
        for packet in (picture, sound, stray, report):
            await far.send(packet)
        assert [(await video.came.get())[0], (await video.came.get())[0]] == [picture, report]
        assert [(await audio.came.get())[0], (await audio.came.get())[0]] == [sound, report]
        assert call.peer.foreign == 1


async def test_pictures_go_to_the_far_end_and_back() -> None:
    async with far_browser() as far:
        echo = Echo(await far.offer(VideoStreamTrack()), LOCAL)
        answer = await echo.answer()
        running = asyncio.create_task(echo.peer.run())
        await far.take(answer)
        track = far.pc.getTransceivers()[0].receiver.track
        async with asyncio.timeout(20):
            frames = [await track.recv() for _ in range(10)]
        assert (frames[0].width, frames[0].height) == (640, 480)  # type: ignore[union-attr]
        assert echo.units[0].is_keyframe
        stats = {entry["type"]: entry for entry in echo.peer.stats()}
        assert stats["transport"]["dtlsState"] == "connected"
        assert stats["candidate-pair"]["packetsSent"] == echo.outward.stats.sent + echo.inward.stats.sent
        await echo.peer.aclose()
        await running


async def test_trickled_candidates_are_used() -> None:
    async with far_browser() as far:
        offer = await far.offer()
        lines = re.findall(r"a=candidate:.*\r\n", offer)
        call = Call(re.sub(r"a=(candidate:.*|end-of-candidates)\r\n", "", offer))
        answer = await call.answer()
        await far.take(re.sub(r"a=(candidate:.*|end-of-candidates)\r\n", "", answer))
        ufrag = re.search(r"a=ice-ufrag:(\S+)", offer)
        assert ufrag
        await call.peer.add_candidates(f"a=ice-ufrag:{ufrag[1]}\r\nm=video 9 X 0\r\na=mid:0\r\n{''.join(lines)}")
        await call.until("connected")
        await call.peer.aclose()


async def test_a_far_end_that_hides_its_addresses_is_reached_by_its_own_checks() -> None:
    async with far_browser() as far:
        hidden = re.sub(r"(a=candidate:\S+ 1 udp \d+) \S+", r"\g<1> 6f1c2d3e.local", await far.offer())
        call = Call(hidden)
        await far.take(await call.answer())
        await call.until("connected")
        remote = next(entry for entry in call.peer.stats() if entry["type"] == "remote-candidate")
        assert remote["candidateType"] == "prflx"
        await call.peer.aclose()


async def test_an_ice_restart_is_refused_and_nonsense_too() -> None:
    async with far_browser() as far:
        call = Call(await far.offer())
        await call.answer()
        tag = call.peer.ice_session
        with pytest.raises(Restart) as refusal:
            await call.peer.add_candidates("a=ice-ufrag:other\r\na=ice-pwd:0123456789012345678901\r\n")
        assert refusal.value.status == 422
        for text in ("", "hello", "a=candidate:1 1 udp x\r\n", "a=candidate:" + "1" * 20_000):
            with pytest.raises(SdpError):
                await call.peer.add_candidates(text)
        assert call.peer.ice_session == tag
        await call.peer.aclose()


async def test_a_far_end_that_closes_closes_us() -> None:
    async with far_browser() as far, connected(far) as call:
        wire = call.peer.endpoint(Tape(), call.media("video_in"), lambda event: None)
        await far.pc.close()
        await call.until("closed")
        await wire.run()
        assert call.states == ["connecting", "connected", "closed"]


async def test_our_end_closes_the_far_one() -> None:
    async with far_browser() as far:
        async with connected(far):
            closed = asyncio.Event()
            far.dtls.on("statechange", closed.set)
        await closed.wait()
        assert far.dtls.state == "closed"


async def test_somebody_silent_is_lost_for_now_and_then_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    clock, ahead = loop.time, 0.0
    monkeypatch.setattr(loop, "time", lambda: clock() + ahead)
    async with far_browser() as far, connected(far) as call:
        await far.vanish()
        ahead = SILENCE + 0.5
        await call.until("disconnected")
        ahead = CONSENT_EXPIRES + 5
        await call.until("failed")
        assert call.running
        await call.running
    assert call.states == ["connecting", "connected", "disconnected", "failed"]


async def test_somebody_back_after_a_silence_is_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    clock, ahead = loop.time, 0.0
    monkeypatch.setattr(loop, "time", lambda: clock() + ahead)
    async with far_browser() as far, connected(far) as call:
        ahead = SILENCE + 0.5
        await call.until("disconnected")
        await far.send(rtp_packet(call, "video_in", 1))
        await call.until("connected")


async def test_what_is_sent_before_there_is_a_connection_is_dropped() -> None:
    async with far_browser() as far:
        call = Call(await far.offer())
        await call.answer()
        tape = Tape()
        wire = call.peer.endpoint(tape, call.media("video_out"), lambda event: None)
        tape.to_send.append(rtp_packet(call, "video_out", 1))
        wire.flush()
        assert (wire.stats.dropped, wire.stats.sent) == (1, 0)
        await call.peer.aclose()


async def test_a_packet_too_large_to_encrypt_is_counted() -> None:
    async with far_browser() as far, connected(far) as call:
        tape = Tape()
        wire = call.peer.endpoint(tape, call.media("video_out"), lambda event: None)
        tape.to_send.append(rtp_packet(call, "video_out", 1, payload=bytes(1400)))
        wire.flush()
        assert wire.stats.failed == 1


async def test_a_core_that_raises_ends_alone() -> None:
    class Broken(Tape):
        def receive_datagram(self, data: bytes, source: Address, now: float, *, is_rtcp: bool) -> None:
            raise ZeroDivisionError

    async with far_browser() as far, connected(far) as call:
        tape = Tape()
        broken = call.peer.endpoint(Broken(), call.media("video_in"), lambda event: None)
        call.peer.endpoint(tape, call.media("video_in"), lambda event: None)
        await far.send(packet := rtp_packet(call, "video_in", 1))
        with pytest.raises(ZeroDivisionError):
            await broken.run()
        assert (await tape.came.get())[0] == packet
        assert call.peer.state == "connected"


async def test_nobody_comes_and_nothing_is_left() -> None:
    async with far_browser() as far:
        offer = await far.offer()
        before = _held()
        call = Call(offer)
        await call.answer()
        await call.until("connecting")
        await call.peer.aclose()
        assert call.running
        await call.running
        answered = Call(offer)
        await answered.peer.answer(BOTH_WAYS)
        await answered.peer.aclose()
        assert all(now <= then for now, then in zip(_held(), before, strict=True))


@pytest.mark.parametrize("is_reached", [True, False])
@pytest.mark.parametrize("steps", range(4))
async def test_an_end_that_is_cut_short_leaves_nothing(is_reached: bool, steps: int) -> None:
    async with far_browser() as far:
        call = Call(await far.offer())
        before = _held()
        answer = await call.answer()
        if is_reached:
            await far.take(answer)
            await call.until("connected")
        assert call.running
        await asyncio.sleep(0)
        call.running.cancel()
        for _ in range(steps):
            await asyncio.sleep(0)
        call.running.cancel()
        await asyncio.wait([call.running])
        await call.peer.aclose()
        await far.pc.close()
        assert all(now <= then for now, then in zip(_held(), before, strict=True))


async def test_fifty_calls_leave_nothing() -> None:
    async with far_browser() as far, connected(far):
        pass
    before = _held()
    peers = []
    for number in range(50):
        async with far_browser() as far, connected(far) as call:
            call.peer.endpoint(Tape(), call.media("video_in"), lambda event: None)
            peers.append(weakref.ref(call.peer))
            if number % 3 == 0:
                await far.vanish()
            elif number % 3 == 1:
                await far.pc.close()
        del call
    gc.collect()
    assert _held() == before
    assert [peer for peer in peers if peer() is not None] == []


async def test_the_far_end_may_be_the_one_that_greets() -> None:
    async with far_browser() as far:
        call = Call((await far.offer()).replace("a=setup:actpass", "a=setup:active"))
        await far.take(await call.answer())
        await call.until("connected")
        await call.peer.aclose()


@pytest.mark.parametrize("setup", ["active", "passive"])
@pytest.mark.parametrize("lost", [{0}, {1}, {0, 1}])
async def test_a_lost_packet_of_the_handshake_costs_no_second(
    setup: str, lost: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with far_browser() as far:
        call = Call((await far.offer()).replace("a=setup:actpass", f"a=setup:{setup}"))
        send = Connection.send
        sent = itertools.count()

        async def lossy(connection: Connection, data: bytes) -> None:
            if not (isinstance(connection, MediaConnection) and next(sent) in lost):
                await send(connection, data)

        monkeypatch.setattr(Connection, "send", lossy)
        await far.take(await call.answer())
        async with asyncio.timeout(0.9):
            await call.until("connected")
        await call.peer.aclose()


async def test_another_certificate_than_the_offers_is_no_connection() -> None:
    async with far_browser() as far:
        offer = re.sub(r"(a=fingerprint:sha-\d+ )..", r"\g<1>00", await far.offer())
        call = Call(offer)
        await far.take(await call.answer())
        await call.until("failed")
        assert call.running
        await call.running


async def test_the_answer_names_the_ports_and_the_address_that_are_set() -> None:
    first = random.randrange(20_000, 60_000)
    settings = IceSettings(interfaces=("127.0.0.1",), ports=(first, first + 9), public_address="198.51.100.7")
    async with far_browser() as far:
        call = Call(await far.offer(), settings)
        candidates = re.findall(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host", await call.answer())
        assert [address for address, _ in candidates] == ["127.0.0.1"]
        assert all(first <= int(port) <= first + 9 for _, port in candidates)
        await call.peer.aclose()


async def test_no_free_port_is_said() -> None:
    async with far_browser() as far:
        offer = await far.offer()
        first = Call(offer)
        port = re.search(r"a=candidate:\S+ 1 udp \d+ \S+ (\d+) typ host", await first.answer())
        assert port
        second = Call(offer, IceSettings(interfaces=("127.0.0.1",), ports=(int(port[1]), int(port[1]))))
        with pytest.raises(Busy, match="no UDP port is free"):
            await second.answer()
        await first.peer.aclose()


async def test_servers_that_do_not_answer_hold_an_answer_up_for_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "GATHER_TIMEOUT", 0.1)
    loop = asyncio.get_running_loop()
    silent, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
    port = silent.get_extra_info("sockname")[1]
    servers = (
        IceServer(f"stun:127.0.0.1:{port}"),
        IceServer(f"turn:127.0.0.1:{port}", secret="s"),
        IceServer("turn:127.0.0.1:1?transport=tcp", "user", "password"),
    )
    async with far_browser() as far:
        offer = await far.offer()
        before = _held()
        call = Call(offer, IceSettings(servers=servers, interfaces=("127.0.0.1",)))
        async with asyncio.timeout(1):
            answer = await call.answer()
        assert len(re.findall("a=candidate", answer)) == 1
        await call.peer.aclose()
        assert call.running
        await call.running
        tasks, _, descriptors = _held()  # names are looked up in the loop's pool of threads
        assert (tasks, descriptors) <= (before[0], before[2])
    silent.close()


async def test_what_is_not_wanted_is_not_there() -> None:
    async with far_browser() as far:
        call = Call(await far.offer())
        await call.peer.answer(Wanted(send_video=True))
        assert call.peer.video_in is None
        assert call.peer.audio_in is None
        assert call.peer.video_out
        await call.peer.aclose()


def _held() -> tuple[int, int, int]:
    """Tasks, threads and descriptors."""
    return len(asyncio.all_tasks()), threading.active_count(), len([*Path("/proc/self/fd").iterdir()])

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.call.sessions import OfferWanted, Session, Sessions
from gateway.errors import ArgumentError, Busy, Conflict, Forbidden, NotFound, SdpError, TooManyHalfOpen
from gateway.legs import FileInput, RtpOutput, SdpInput, WhepOutput
from gateway.rtp import sdp
from gateway.rtp.packet import RtpPacket, is_rtcp
from gateway.rtp.rtcp import SenderReport, parse_compound
from gateway.rtp.url import RtpUrl
from tests.calls import LOOPBACK, Callee, callee, caller, description, free_port
from tests.calls_of_server import effect, left_over, sessions, until
from tests.far_peer import far_peer
from tests.frames import coded
from tests.test_file_input import film

PLAIN = effect()
UNITS = {codec: coded(codec, 12) for codec in ("H264", "VP8")}


def to(far_end: Callee, *, audio: int | None = None) -> RtpOutput:
    port = far_end.endpoint.port
    return RtpOutput(
        RtpUrl(LOOPBACK, port, port + 1),
        payload_type=97,
        audio=RtpUrl(LOOPBACK, audio, audio + 1) if audio is not None else None,
        audio_payload_type=8 if audio is not None else None,
    )


def described(port: int, codec: str = "H264", *more: str) -> SdpInput:
    return SdpInput(sdp.write(description(port, codec)) + "".join(f"{line}\r\n" for line in more))


def with_type_97(port: int) -> str:
    """An offer of what a callee understands."""
    return sdp.write(description(port)).replace("RTP/AVPF 96", "RTP/AVPF 97").replace(":96 ", ":97 ")


def stands(session: Session) -> tuple[str, bool]:
    """Its state, and whether it has a time to live."""
    return session.state, session.expires is not None


def port_in_range(calls: Sessions) -> int:
    """A free pair of ports within what the server may use."""
    first, last = calls.settings.rtp_ports
    while not first <= (port := free_port()) <= last:
        pass
    return port


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_rtp_in_rtp_out_in_the_codec_it_came_in(codec: str) -> None:
    async with sessions() as (calls, news), callee(codec) as far_end:
        port = port_in_range(calls)
        session, token = await calls.create(described(port, codec), to(far_end), PLAIN, {"call": "7"})
        assert stands(session) == ("new", True)
        async with caller(port, codec) as source:
            out = []
            for unit in UNITS[codec]:
                source.send(unit)
                out += await far_end.receive()
        assert [unit.timestamp - out[0].timestamp for unit in out] == [number * 3000 for number in range(12)]
        assert stands(session) == ("live", False)
        assert calls.session_of(token) == session.id
        assert news.all[0].data["labels"] == {"call": "7"}
        await calls.close(session.id)
        async with asyncio.timeout(5):
            await far_end.left.wait()
        assert news.types[-1] == "session.ended"
        with pytest.raises(NotFound):
            calls.get(session.id)


async def test_an_offer_of_plain_rtp_is_answered_on_one_pair_of_ports() -> None:
    async with sessions() as (calls, _), callee() as far_end:
        # The callee's own socket sends as well: what it gets back comes from the port it sends to.
        answered = await calls.offer(OfferWanted(sdp=with_type_97(far_end.endpoint.port), effect=PLAIN))
        (media,) = sdp.parse(answered.sdp).media
        first, last = calls.settings.rtp_ports
        assert first <= media.port <= last
        assert media.direction == "sendrecv"
        assert calls.connection(answered.resource).role == "offerer"
        assert answered.token is not None
        async with caller(media.port) as source:
            source.core._settings = replace(source.core._settings, payload_type=97)
            source.send(*UNITS["H264"][:3])
            assert len(await far_end.receive(3)) == 3


async def test_a_watcher_may_offer_plain_rtp_and_a_browser_sees_the_same() -> None:
    async with sessions() as (calls, _), callee() as far_end, callee() as second, far_peer() as browser:
        port = port_in_range(calls)
        session, _ = await calls.create(described(port), to(far_end), PLAIN)
        text = (
            sdp.write(description(second.endpoint.port)).replace("RTP/AVPF 96", "RTP/AVPF 97").replace(":96 ", ":97 ")
        )
        plain = await calls.offer(OfferWanted(sdp=text.replace("a=sendrecv", "a=recvonly"), watch=session.id))
        assert sdp.parse(plain.sdp).media[0].direction == "sendonly"
        again = await calls.offer(OfferWanted(sdp=text, watch=session.id))
        await until(lambda: [leg.role for leg in session.legs] == ["input", "output", "watcher"])
        with pytest.raises(NotFound):
            calls.connection(plain.resource)
        with pytest.raises(SdpError):
            await calls.connection(again.resource).patch("")
        watched = await calls.offer(OfferWanted(sdp=await browser.offer("H264", sends=False), watch=session.id))
        await browser.take(watched.sdp)
        async with caller(port) as source:
            source.send(*UNITS["H264"][:3])
            assert (await far_end.receive(3))[0].is_keyframe
            assert (await second.receive(1))[0].is_keyframe
            await until(lambda: all(not leg.is_half_open for leg in session.legs))
            source.send(*UNITS["H264"][3:])
            await browser.received(1)


async def test_sound_goes_along_under_its_own_payload_type_and_with_its_clock() -> None:
    async with sessions() as (calls, _), callee() as far_end:
        port, sound_port = port_in_range(calls), port_in_range(calls)
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth,
        ):
            ear.bind((LOOPBACK, 0))
            ear.setblocking(False)
            source = described(port, "H264", f"m=audio {sound_port} RTP/AVP 0")
            await calls.create(source, to(far_end, audio=ear.getsockname()[1]), PLAIN)
            for number in range(4):
                packet = RtpPacket(0, False, number, number * 160, 5, bytes([number]) * 160)
                mouth.sendto(packet.serialize(), (LOOPBACK, sound_port))
            loop = asyncio.get_running_loop()
            async with asyncio.timeout(5):
                came = [RtpPacket.parse(await loop.sock_recv(ear, 2000)) for _ in range(4)]
        assert [packet.payload for packet in came] == [bytes([number]) * 160 for number in range(4)]
        assert {packet.payload_type for packet in came} == {8}
        assert [packet.timestamp - came[0].timestamp for packet in came] == [0, 160, 320, 480]


async def test_a_file_plays_in_and_what_left_is_its_composite(tmp_path: Path) -> None:
    film(tmp_path / "film.mp4", frames=8, rate=25)
    async with sessions(media_dir=tmp_path) as (calls, _), callee() as far_end, far_peer() as viewer:
        session, _ = await calls.create(FileInput("film.mp4"), to(far_end), PLAIN)
        await far_end.receive(10)  # it is played again from its beginning
        played = await calls.play(session.id, await viewer.offer(sends=False))
        await viewer.take(played.sdp)
        await viewer.received(3)
        assert session.state == "live"
        with pytest.raises(NotFound):
            await calls.create(FileInput("../film.mp4"), WhepOutput(), PLAIN)


async def test_what_never_carries_media_is_reaped_and_leaves_nothing() -> None:
    async with sessions(setup_timeout=0.3) as (calls, news), callee() as far_end, far_peer() as browser:
        await browser.offer()
        before = left_over()
        await calls.create(described(port_in_range(calls)), to(far_end), PLAIN)
        await calls.offer(OfferWanted(sdp=browser.connection.localDescription.sdp, effect=PLAIN))
        assert len(calls) == 2
        await until(lambda: len(calls) == 0)
        assert {happening.data["reason"] for happening in news.all if happening.type == "session.ended"} <= {
            "no media came in time",
            "its far end went before it sent a picture",
        }
        await until(lambda: all(now <= then for now, then in zip(left_over(), before, strict=True)))


async def test_half_open_calls_are_limited_and_make_room_when_they_go() -> None:
    async with sessions(setup_timeout=0.5, max_half_open=2) as (calls, _), callee() as far_end:
        for _ in range(2):
            await calls.create(described(port_in_range(calls)), to(far_end), PLAIN)
        assert calls.unready
        with pytest.raises(TooManyHalfOpen) as refused:
            await calls.create(described(port_in_range(calls)), to(far_end), PLAIN)
        assert (refused.value.status, refused.value.retry_after) == (429, 0.5)
        await until(lambda: not calls.unready)
        await calls.create(described(port_in_range(calls)), to(far_end), PLAIN)


async def test_sessions_are_limited() -> None:
    async with sessions(max_sessions=1) as (calls, _), callee() as far_end:
        port = port_in_range(calls)
        session, _ = await calls.create(described(port), to(far_end), PLAIN)
        async with caller(port) as source:
            source.send(*UNITS["H264"][:2])
            await far_end.receive(1)
        with pytest.raises(Busy) as refused:
            await calls.create(described(port_in_range(calls)), to(far_end), PLAIN)
        assert refused.value.status == 503
        assert refused.value.retry_after is not None
        await calls.close(session.id)
        await calls.create(described(port_in_range(calls)), to(far_end), PLAIN)


async def test_draining_takes_no_more_and_ends_what_goes_on_too_long() -> None:
    async with sessions() as (calls, _), callee() as far_end:
        port = port_in_range(calls)
        await calls.create(described(port), to(far_end), PLAIN)
        async with caller(port) as source:
            source.send(*UNITS["H264"][:2])
            await far_end.receive(2)
            draining = asyncio.create_task(calls.drain(0.3))
            await asyncio.sleep(0)
            with pytest.raises(Busy):
                await calls.create(described(port_in_range(calls)), to(far_end), PLAIN)
            source.send(*UNITS["H264"][2:4])
            await far_end.receive(2)
            async with asyncio.timeout(5):
                await draining
                await far_end.left.wait()
        assert len(calls) == 0


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("nonsense", SdpError, "no line such as"),
        ("v=0\nm=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\n", SdpError, "c="),
        ("v=0\nc=IN IP4 192.0.2.7\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n", Forbidden, "192.0.2.7"),
        ("v=0\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n", SdpError, "no video"),
        ("v=0\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/SAVP 96\na=rtpmap:96 H264/90000\n", SdpError, "encrypted"),
        (
            "v=0\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\na=rtcp:9 IN IP4 192.0.2.9\n",
            Forbidden,
            "192.0.2.9",
        ),
        (
            "v=0\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\na=inactive\n",
            SdpError,
            "inactive",
        ),
        (
            "v=0\nc=IN IP4 no.such.host.invalid\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
            ArgumentError,
            "invalid",
        ),
    ],
)
async def test_an_offer_that_cannot_be_used_is_refused_in_words(text: str, error: type[Exception], words: str) -> None:
    async with sessions() as (calls, news):
        before = left_over()
        with pytest.raises(error, match=words):
            await calls.offer(OfferWanted(sdp=text, effect=PLAIN))
        assert news.types == []
        await until(lambda: left_over() == before)


async def test_an_sdps_ports_are_within_the_range() -> None:
    async with sessions(rtp_ports=(20_000, 20_010)) as (calls, _), callee() as far_end:
        with pytest.raises(ArgumentError, match="20000-20010"):
            await calls.create(described(5004), to(far_end), PLAIN)


async def test_an_effect_that_cannot_be_made_is_refused() -> None:
    missing = effect(background={"kind": "image", "source": "sha256-none"})
    async with sessions() as (calls, _), callee() as far_end:
        with pytest.raises(ArgumentError, match="sha256-none"):
            await calls.create(described(port_in_range(calls)), to(far_end), missing)
        assert len(calls) == 0


async def test_the_sources_clock_is_told_on() -> None:
    async with sessions() as (calls, _), callee() as far_end:
        port = port_in_range(calls)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
            ear.bind((LOOPBACK, 0))
            ear.setblocking(False)
            out = ear.getsockname()[1]
            url = RtpUrl(LOOPBACK, far_end.endpoint.port, out)
            await calls.create(described(port), RtpOutput(url, payload_type=97), PLAIN)
            async with caller(port) as source:
                source.send(*UNITS["H264"][:3])
                await far_end.receive(3)
                loop = asyncio.get_running_loop()
                async with asyncio.timeout(15):
                    while True:
                        data = await loop.sock_recv(ear, 2000)
                        if is_rtcp(data) and any(isinstance(one, SenderReport) for one in parse_compound(data)):
                            break
        assert b"caller" in data  # the source's CNAME


async def test_silent_rtp_is_lost_comes_back_and_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.call.lifetime.SILENT", 0.2)
    monkeypatch.setattr("gateway.call.lifetime.KEEP_SILENT", 0.5)
    async with sessions() as (calls, news), callee() as far_end:
        port = port_in_range(calls)
        session, _ = await calls.create(described(port), to(far_end), PLAIN)
        async with caller(port) as source:
            source.send(*UNITS["H264"][:2])
            await until(lambda: stands(session) == ("lost", True))
            source.send(*UNITS["H264"][2:4])
            await far_end.receive(3)
            assert stands(session) == ("live", False)
            await until(lambda: len(calls) == 0)
        assert news.all[-1].data["reason"] == "its source did not come back"
        assert news.types.count("session.live") == 2


async def test_a_watcher_by_plain_rtp_who_reports_no_more_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.call.rtp_leg.RECEIVER_SILENT", 0.2)
    async with sessions() as (calls, _), callee() as far_end:
        session, _ = await calls.create(described(port_in_range(calls)), to(far_end), PLAIN)
        watched = await calls.offer(OfferWanted(sdp=with_type_97(free_port()), watch=session.id))
        await until(lambda: len(session.legs) == 2)
        with pytest.raises(NotFound):
            calls.connection(watched.resource)


async def test_a_port_in_use_is_a_conflict() -> None:
    async with sessions() as (calls, _), callee() as far_end:
        port = port_in_range(calls)
        await calls.create(described(port), to(far_end), PLAIN)
        with pytest.raises(Conflict, match=str(port)) as refused:
            await calls.create(described(port), to(far_end), PLAIN)
        assert refused.value.status == 409
        assert refused.value.retry_after is not None
        assert len(calls) == 1


async def test_the_largest_offer_does_not_hold_the_loop_up(loop_guard: None) -> None:
    types = range(128)
    lines = [f"a=rtpmap:{number} H264/90000\na=fmtp:{number} a=1;b=2\na=rtcp-fb:{number} nack" for number in types]
    text = f"v=0\nc=IN IP4 192.0.2.7\nm=video 5004 RTP/AVP {' '.join(map(str, types))}\n" + "\n".join(lines * 8)
    assert 60_000 < len(text) <= sdp.MAX_SIZE
    async with sessions() as (calls, _):
        with pytest.raises(Forbidden):
            await calls.offer(OfferWanted(sdp=text, effect=PLAIN))

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gateway.call.sessions import Answered, OfferWanted, Sessions
from gateway.errors import Conflict, Forbidden, GatewayError, NotFound, PreconditionFailed, SdpError
from gateway.legs import RtpOutput, WhepOutput, WhipInput
from gateway.rtp.packet import RtpPacket
from gateway.rtp.url import RtpUrl
from tests.calls import LOOPBACK, callee, free_port
from tests.calls_of_server import effect, left_over, sessions, until
from tests.far_peer import FarPeer, far_peer
from tests.frames import luma

PLAIN = effect()


async def called(calls: Sessions, peer: FarPeer, codec: str | None = None, *, sound: bool = False) -> Answered:
    answered = await calls.offer(OfferWanted(sdp=await peer.offer(codec, sound=sound), effect=PLAIN))
    await peer.take(answered.sdp)
    return answered


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_a_browser_gets_itself_back(codec: str) -> None:
    async with sessions() as (calls, news), far_peer() as browser:
        answered = await called(calls, browser, codec, sound=True)
        frames = await browser.received(10)
        assert [(frame.width, frame.height) for frame in frames] == [(320, 240)] * 10
        assert luma(frames[-1]).std() > 20
        await browser.heard(5)
        assert answered.session.state == "live"
        assert news.types[:3] == ["session.created", "leg.added", "session.live"]
        (leg,) = answered.session.stats().legs
        assert leg.video_out is not None
        assert leg.video_out.codec == codec
        assert leg.sound_out is not None
        assert leg.sound_out.packets > 0
    assert calls.unready


async def test_a_new_effect_holds_from_the_next_frame_on_without_a_key_frame() -> None:
    async with sessions() as (calls, _), far_peer() as browser:
        answered = await called(calls, browser)
        session = answered.session
        await browser.received(5)
        white = effect(matting={"kind": "chroma"}, background={"kind": "color", "color": "ffffff"}, on_unsure="cover")
        assert session.version == 1
        await session.update(white, if_match=1)
        assert session.version == 2
        await until(lambda: browser.frames.qsize() > 4)
        while not browser.frames.empty():
            last = browser.frames.get_nowait()
        assert luma(last).mean() > 220
        (leg,) = session.stats().legs
        assert leg.video_out is not None
        assert leg.video_out.encoding.keyframes == 1
        with pytest.raises(PreconditionFailed):
            await session.update(PLAIN, if_match=1)


async def test_two_changes_at_once_both_hold() -> None:
    async with sessions() as (calls, _), far_peer() as browser:
        session = (await called(calls, browser)).session
        await asyncio.gather(
            session.update(lambda old: old.merged({"background": {"color": "112233"}})),
            session.update(lambda old: old.merged({"edge": {"feather": 2}})),
        )
        assert session.effect.document()["background"]["color"] == "112233"
        assert session.effect.edge.feather == 2


async def test_a_watcher_sees_and_hears_and_its_leaving_ends_nothing() -> None:
    async with sessions() as (calls, news), far_peer() as browser, far_peer() as watcher:
        answered = await called(calls, browser, sound=True)
        await browser.received(1)
        offer = await watcher.offer(sends=False, sound=True)
        watched = await calls.offer(OfferWanted(sdp=offer, watch=answered.session.id))
        assert watched.token is None
        await watcher.take(watched.sdp)
        await watcher.received(5)
        await watcher.heard(5)
        await calls.connection(watched.resource).close()
        with pytest.raises(NotFound):
            calls.connection(watched.resource)
        assert answered.session.state == "live"
        await browser.received(5)
        assert news.types.count("leg.removed") == 1


async def test_whip_in_and_whep_out() -> None:
    async with sessions() as (calls, _), far_peer() as publisher, far_peer() as viewer, far_peer() as late:
        with pytest.raises(NotFound):
            await calls.play("desk", await viewer.offer(sends=False))
        published = await calls.publish("desk", await publisher.offer("H264"), PLAIN)
        with pytest.raises(Conflict, match="nothing yet") as nothing_yet:
            await calls.play("desk", viewer.connection.localDescription.sdp)
        assert nothing_yet.value.retry_after is not None
        await publisher.take(published.sdp)
        await until(lambda: published.session.has_composite)
        played = await calls.play("desk", viewer.connection.localDescription.sdp)
        await viewer.take(played.sdp)
        await viewer.received(5)
        with pytest.raises(Conflict, match="already"):
            await calls.publish("desk", await late.offer())
        await calls.connection(published.resource).close()
        assert len(calls) == 0
        with pytest.raises(NotFound):
            calls.connection(published.resource)


async def test_who_closes_its_peer_first_may_still_hang_up() -> None:
    async with sessions() as (calls, _), far_peer() as publisher, far_peer() as again:
        first = await calls.publish("desk", await publisher.offer(), PLAIN)
        await publisher.take(first.sdp)
        await until(lambda: first.session.state == "live")
        await publisher.close()
        await until(lambda: not first.session.legs)
        assert calls.connection(first.resource).session == first.session.id
        second = await calls.publish("desk", await again.offer())
        assert second.session is first.session
        with pytest.raises(NotFound):
            calls.connection(first.resource)
        await again.take(second.sdp)
        await until(lambda: second.session.state == "live")
        await again.close()
        await until(lambda: not second.session.legs)
        await calls.connection(second.resource).close()
        assert len(calls) == 0


async def test_whip_and_whep_take_no_plain_rtp() -> None:
    async with sessions() as (calls, _):
        plain = "v=0\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
        with pytest.raises(SdpError, match="ICE"):
            await calls.publish("desk", plain, PLAIN)
        assert len(calls) == 0


async def test_stills_keys_and_plates_of_a_running_call() -> None:
    async with sessions() as (calls, _), far_peer() as browser:
        session = (await called(calls, browser)).session
        await browser.received(2)
        still = await session.snapshot("input")
        assert (still.width, still.height) == (320, 240)
        assert (await session.measure_key_color()).confidence >= 0
        await session.capture_plate(5)
        matting = session.effect.document()["matting"]
        assert (matting["kind"], matting["plate"]) == ("plate", "first:5")
        assert session.version == 2
        with pytest.raises(PreconditionFailed):
            await session.capture_plate(5, if_match=1)


async def test_a_session_awaits_its_publisher() -> None:
    async with sessions() as (calls, _), far_peer() as publisher, far_peer() as viewer:
        session, token = await calls.create(WhipInput("studio"), WhepOutput(), PLAIN, {"desk": "4"})
        assert calls.session_of(token) == session.id
        assert session.labels == {"desk": "4"}
        with pytest.raises(Conflict, match="studio"):
            await calls.create(WhipInput("studio"), WhepOutput(), PLAIN)
        published = await calls.publish("studio", await publisher.offer())
        assert published.session is session
        await publisher.take(published.sdp)
        await until(lambda: session.has_composite)
        played = await calls.play(session.id, await viewer.offer(sends=False))
        await viewer.take(played.sdp)
        await viewer.received(3)


@contextmanager
def ear() -> Iterator[socket.socket]:
    """A socket that hears RTP on loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind((LOOPBACK, 0))
        opened.setblocking(False)
        yield opened


async def heard_by(opened: socket.socket, count: int) -> list[RtpPacket]:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(10):
        return [RtpPacket.parse(await loop.sock_recv(opened, 2000)) for _ in range(count)]


async def test_a_browser_to_rtp_with_its_sound() -> None:
    async with sessions() as (calls, _), far_peer() as browser, callee() as far_end:
        with ear() as listener:
            port, sound = far_end.endpoint.port, listener.getsockname()[1]
            output = RtpOutput(RtpUrl(LOOPBACK, port, port + 1), 97, RtpUrl(LOOPBACK, sound, sound + 1), 111)
            offer = await browser.offer("H264", sound=True)
            answered = await calls.offer(OfferWanted(sdp=offer, effect=PLAIN, output=output))
            await browser.take(answered.sdp)
            assert {packet.payload_type for packet in await heard_by(listener, 5)} == {111}
        units = await far_end.receive(10)
        assert units[0].is_keyframe
        assert [leg.kind for leg in answered.session.legs] == ["webrtc", "rtp", "rtp"]
        await calls.close(answered.session.id)
        async with asyncio.timeout(5):
            await far_end.left.wait()


async def test_a_publisher_who_comes_later_is_heard_over_rtp() -> None:
    async with sessions() as (calls, _), far_peer() as publisher, callee() as far_end:
        with ear() as listener:
            port, sound = far_end.endpoint.port, listener.getsockname()[1]
            output = RtpOutput(RtpUrl(LOOPBACK, port, port + 1), 97, RtpUrl(LOOPBACK, sound, sound + 1))
            await calls.create(WhipInput("studio"), output, PLAIN)
            published = await calls.publish("studio", await publisher.offer(sound=True))
            await publisher.take(published.sdp)
            await heard_by(listener, 5)
        assert (await far_end.receive(1))[0].is_keyframe


async def test_rtp_goes_nowhere_but_where_it_may() -> None:
    async with sessions() as (calls, _), far_peer() as browser:
        output = RtpOutput(RtpUrl("192.0.2.7", 5004, 5005), payload_type=97)
        with pytest.raises(Forbidden, match=r"192\.0\.2\.7"):
            await calls.offer(OfferWanted(sdp=await browser.offer(), output=output, effect=PLAIN))
        assert len(calls) == 0


async def test_a_lost_browser_comes_back_to_its_key_and_its_watchers() -> None:
    async with sessions() as (calls, news), far_peer() as first, far_peer() as watcher, far_peer() as second:
        answered = await called(calls, first)
        session = answered.session
        await first.received(3)
        watched = await calls.offer(OfferWanted(sdp=await watcher.offer(sends=False), watch=session.id))
        await watcher.take(watched.sdp)
        await watcher.received(3)
        await first.close()
        await until(lambda: session.state == "lost")
        assert session.expires is not None
        offer = await second.offer("H264")
        with pytest.raises(Forbidden):
            await calls.offer(OfferWanted(sdp=offer, session=session.id, token="not it"))
        again = await calls.offer(OfferWanted(sdp=offer, session=session.id, token=answered.token))
        assert again.session is session
        await second.take(again.sdp)
        await second.received(3)
        assert session.state == "live"
        assert session.version == 1
        while not watcher.frames.empty():
            watcher.frames.get_nowait()
        later = await watcher.received(3)
        assert sorted({frame.pts or 0 for frame in later}) == [frame.pts for frame in later]
        assert news.types.count("session.live") == 2


async def test_a_second_peer_replaces_the_first_only_when_it_brings_pictures() -> None:
    async with sessions() as (calls, _), far_peer() as first, far_peer() as second:
        answered = await called(calls, first)
        await first.received(3)
        offer = await second.offer()
        again = await calls.offer(OfferWanted(sdp=offer, session=answered.session.id, token=answered.token))
        await first.received(3)
        assert len(answered.session.legs) == 2
        await second.take(again.sdp)
        await second.received(3)
        await until(lambda: len(answered.session.legs) == 1)
        assert answered.session.state == "live"


async def test_an_offer_without_pictures_is_refused() -> None:
    async with sessions() as (calls, _), far_peer() as browser:
        with pytest.raises(SdpError):
            await calls.offer(OfferWanted(sdp=await browser.offer(sends=False), effect=PLAIN))
        assert len(calls) == 0


async def test_calls_leave_nothing() -> None:
    async with sessions(keep_lost=0.1) as (calls, _):
        for _ in range(2):  # what is made once and kept is there now
            async with far_peer() as browser:
                await called(calls, browser)
                await browser.received(2)
            await calls.close(next(iter(calls)).id)
        before = left_over()
        for number in range(6):
            async with far_peer() as browser:
                answered = await called(calls, browser)
                if number % 2:
                    await browser.received(2)
            await calls.close(answered.session.id)
        await until(lambda: left_over()[:2] == before[:2])
        assert left_over()[2] <= before[2]


async def test_a_port_that_is_taken_leaves_nothing() -> None:
    port = free_port()
    async with sessions() as (calls, _), far_peer() as browser, far_peer() as other, callee() as far_end:
        out = far_end.endpoint.port
        output = RtpOutput(RtpUrl(LOOPBACK, out, out + 1, local_port=port), payload_type=97)
        offers = [await browser.offer(), await other.offer()]
        await calls.offer(OfferWanted(sdp=offers[0], effect=PLAIN, output=output))
        before = left_over()
        with pytest.raises(GatewayError, match=str(port)):
            await calls.offer(OfferWanted(sdp=offers[1], effect=PLAIN, output=output))
        assert len(calls) == 1
        assert len(calls._connections) == 1
        assert left_over()[1:] == before[1:]


async def test_nobody_takes_anothers_viewers_by_a_name_like_its_id() -> None:
    async with sessions() as (calls, _), far_peer() as browser, far_peer() as thief, far_peer() as viewer:
        first = (await called(calls, browser)).session
        await browser.received(1)
        await calls.publish(first.id, await thief.offer(), PLAIN)
        assert (await calls.play(first.id, await viewer.offer(sends=False))).session is first

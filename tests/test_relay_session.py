from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from gateway.codec.decoder import VideoDecoder
from gateway.errors import GatewayError
from gateway.geometry import Geometry
from gateway.relay import RelaySettings, Snapshots, Sound
from gateway.relay_session import RelaySession
from gateway.rtp import sdp
from gateway.rtp.core import AccessUnit, SourceChanged, SourceLeft
from gateway.rtp.packet import RtpPacket
from gateway.rtp.url import RtpUrl
from gateway.video_path import PathEvent
from gateway.worker import Worker, WorkerStuck
from tests.calls import LOOPBACK, Callee, Caller, callee, caller, free_port, relay_settings, with_mode_0
from tests.frames import SMALL, coded, drawn_frame, luma, psnr
from tests.mattings import Steered, pipeline
from transforms.effect import EffectError, ImageBackground
from transforms.picture import Picture, Size

UNITS = {codec: coded(codec, 30, keyframes=(15,)) for codec in ("H264", "VP8")}


@dataclass
class Running:
    """A session at work between two ends."""

    session: RelaySession
    caller: Caller
    callee: Callee
    ended: asyncio.Task[None]
    sdp: str
    port: int
    events: list[PathEvent] = field(default_factory=list)

    async def relayed(self, *units: AccessUnit) -> list[AccessUnit]:
        """What comes out for these, sent one after another."""
        out = []
        for unit in units:
            self.caller.send(unit)
            out += await self.callee.receive()
        return out

    async def stop(self) -> None:
        self.session.stop()
        await self.ended


async def started(settings: RelaySettings, events: list[PathEvent]) -> tuple[RelaySession, asyncio.Task[None], str]:
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    session = RelaySession(settings, on_started=listening.set_result, on_event=events.append)
    ended = asyncio.create_task(session.run())
    ended.add_done_callback(lambda _: listening.cancel())
    try:
        return session, ended, await listening
    except asyncio.CancelledError:
        ended.result()
        raise


@asynccontextmanager
async def running(codec: str = "H264", **changes: object) -> AsyncIterator[Running]:
    async with callee(codec) as far_end:
        port = free_port()
        settings = replace(relay_settings(port, far_end.endpoint.port, codec), **changes)  # type: ignore[arg-type]
        events: list[PathEvent] = []
        session, ended, text = await started(settings, events)
        async with caller(port, codec) as source:
            yield Running(session, source, far_end, ended, text, port, events)
        session.stop()
        await ended


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_every_frame_arrives_once_in_order_with_its_time(codec: str) -> None:
    async with running(codec) as call:
        out = await call.relayed(*UNITS[codec])
        steps = [unit.timestamp - out[0].timestamp for unit in out]
        assert steps == [number * 3000 for number in range(30)]
        decoder = VideoDecoder(codec)
        for number, unit in enumerate(out):
            (frame,) = decoder.decode(unit)
            assert psnr(luma(frame), luma(drawn_frame(number))) > 30
        await call.stop()
        summary = call.session.summary()
        assert (summary.frames_in, summary.frames_out, summary.dropped) == (30, 30, 0)
        assert summary.latency_p50 is not None
        assert call.callee.units.empty()


async def test_the_loop_stays_free(loop_guard: None) -> None:
    units = UNITS["H264"]
    async with running() as call:
        assert len(await call.relayed(*units[:10])) == 10


async def test_it_tells_of_its_sources_and_says_goodbye_at_the_end() -> None:
    async with running() as call:
        await call.relayed(*UNITS["H264"][:3])
        call.caller.goodbye()
        async with caller(call.port, seed=9) as again:  # its frames show that the goodbye was heard
            again.send(*UNITS["H264"][:2])
            await call.callee.receive(2)
        assert [type(event) for event in call.events] == [SourceChanged, SourceLeft, SourceChanged]
        assert not call.ended.done()
        await call.stop()
        async with asyncio.timeout(5):
            await call.callee.left.wait()


async def test_a_far_end_that_asks_gets_a_key_frame() -> None:
    async with running() as call:
        first, second = await call.relayed(*UNITS["H264"][:2])
        assert (first.is_keyframe, second.is_keyframe) == (True, False)
        call.callee.ask_for_keyframe()
        (again,) = await call.callee.receive()
        assert again.is_keyframe
        assert call.session.summary().repeated == 1


async def test_a_joined_stream_is_asked_for_a_key_frame() -> None:
    async with running() as call:
        call.caller.send(*UNITS["H264"][5:8])
        async with asyncio.timeout(5):
            await call.caller.asked.wait()
        call.caller.send(*UNITS["H264"][15:17])
        out = await call.callee.receive(2)
        assert [unit.is_keyframe for unit in out] == [True, False]


async def test_a_sender_that_restarts_is_taken_up_again() -> None:
    async with running() as call:
        before = await call.relayed(*UNITS["H264"][:3])
        call.caller.goodbye()
        async with caller(call.port, seed=9) as again:
            again.send(*UNITS["H264"][:2])
            after = await call.callee.receive(2)
        assert after[0].timestamp > before[-1].timestamp
        decoder = VideoDecoder("H264")
        *_, resumed, following = [frame for unit in before + after for frame in decoder.decode(unit)]
        assert psnr(luma(resumed), luma(drawn_frame(0))) > 30
        assert psnr(luma(following), luma(drawn_frame(1))) > 30


async def test_the_size_may_change_in_mid_stream() -> None:
    async with running() as call:
        out = await call.relayed(
            *UNITS["H264"][:2], *(replace_time(unit, 6000) for unit in coded("H264", 2, Size(642, 362)))
        )
        decoder = VideoDecoder("H264")
        sizes = [Picture.of(frame).size for unit in out for frame in decoder.decode(unit)]
        assert sizes == [Size(320, 240)] * 2 + [Size(642, 362)] * 2


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def replace_time(unit: AccessUnit, later: int) -> AccessUnit:
    return replace(unit, timestamp=unit.timestamp + later)


async def test_pictures_are_turned_before_they_are_matted_and_written_while_the_call_goes_on(tmp_path: Path) -> None:
    wanted = Snapshots(0.0, ("composite", "input"), tmp_path / "call.png")
    async with running(geometry=Geometry(rotate=90), snapshots=wanted) as relay:
        (unit, *_) = await relay.relayed(*UNITS["H264"][:10])
        (frame, *_) = await asyncio.to_thread(VideoDecoder("H264").decode, unit)
        assert Size(frame.width, frame.height) == Size(*reversed(SMALL))
        async with asyncio.timeout(5):
            while not (tmp_path / "call-input-000001.png").exists():  # noqa: ASYNC110  (a file tells nobody)
                await asyncio.sleep(0.01)
        await relay.stop()
    for view in ("composite", "input"):
        with Image.open(tmp_path / f"call-{view}-000001.png") as image:
            assert image.size == tuple(reversed(SMALL))


async def test_packetization_mode_0_sends_single_units_only() -> None:
    async with callee() as far_end:
        port = free_port()
        session, ended, text = await started(with_mode_0(relay_settings(port, far_end.endpoint.port)), [])
        assert "packetization-mode=0" in text
        async with caller(port) as source:
            source.send(*UNITS["H264"][:3])
            assert len(await far_end.receive(3)) == 3
        session.stop()
        await ended


async def test_silence_ends_it_only_where_that_is_wanted() -> None:
    async with running(idle_timeout=0.2) as call:
        await call.relayed(*UNITS["H264"][:3])
        async with asyncio.timeout(5):
            await call.ended


async def test_sound_goes_around_untouched() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far_ear:
        far_ear.bind((LOOPBACK, 0))
        far_ear.setblocking(False)
        port, ear = free_port(), far_ear.getsockname()[1]
        media = sdp.parse(f"v=0\nc=IN IP4 {LOOPBACK}\nm=audio {port} RTP/AVP 0\n").media[0]
        async with running(sound=Sound(media=media, destination=RtpUrl(LOOPBACK, ear, ear + 1))) as call:
            assert f"m=audio {ear} RTP/AVP 0" in call.sdp
            packets = [
                RtpPacket(0, False, number, number * 160, 5, bytes([number] * 160)).serialize() for number in range(4)
            ]
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
                for packet in packets:
                    mouth.sendto(packet, (LOOPBACK, port))
            loop = asyncio.get_running_loop()
            async with asyncio.timeout(5):
                assert [await loop.sock_recv(far_ear, 2000) for _ in packets] == packets


async def test_a_port_in_use_is_named() -> None:
    port = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((LOOPBACK, port))
        with pytest.raises(GatewayError, match=str(port)):
            await started(relay_settings(port, 9), [])


def test_no_kernel_is_compiled_before_the_sockets_listen() -> None:
    """Compiling takes ten seconds where there is no cache: it may not happen while modules are imported."""
    script = "import sys, gateway.relay_session; print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


async def test_where_only_the_second_leg_cannot_be_bound_nothing_stays_open() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("0.0.0.0", 0))
        local = taken.getsockname()[1]
        tasks, threads, fds = len(asyncio.all_tasks()), threading.active_count(), descriptors()
        with pytest.raises(GatewayError, match=str(local)):
            await started(replace(relay_settings(free_port(), 9), local_port=local), [])
        assert (len(asyncio.all_tasks()), threading.active_count(), descriptors()) == (tasks, threads, fds)


async def test_an_unreadable_background_ends_it_before_it_starts(tmp_path: Path) -> None:
    settings = relay_settings(free_port(), 9)
    broken = replace(settings, effect=replace(settings.effect, background=ImageBackground(tmp_path / "none.png")))
    with pytest.raises(EffectError, match=r"none\.png"):
        await started(broken, [])


async def test_a_stuck_worker_ends_the_session_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.relay_session.Worker", partial(Worker, patience=0.2))
    stuck = Steered()
    async with callee() as far_end:
        port = free_port()
        session, ended, _ = await started(relay_settings(port, far_end.endpoint.port), [])
        assert session._video is not None
        assert session._video.track is not None
        session._video.track.replace_pipeline(pipeline(stuck))
        async with caller(port) as source:
            source.send(*UNITS["H264"][:2])
            with pytest.raises(WorkerStuck, match="stuck"):
                async with asyncio.timeout(5):
                    await ended
    stuck.leave.release(9)


async def test_a_session_that_ended_leaves_nothing() -> None:
    async with running() as warm:
        await warm.relayed(*UNITS["H264"][:2])
    tasks, threads, fds = len(asyncio.all_tasks()), threading.active_count(), descriptors()
    for _ in range(3):
        async with running() as call:
            await call.relayed(*UNITS["H264"][:2])
    assert len(asyncio.all_tasks()) == tasks
    assert threading.active_count() == threads
    assert descriptors() == fds


async def test_one_that_is_stopped_while_it_warms_up_never_starts() -> None:
    said: list[str] = []
    session = RelaySession(relay_settings(free_port(), 9), on_started=said.append, on_event=lambda event: None)
    session.stop()
    await session.run()
    assert said == []


async def test_one_that_is_stopped_while_a_name_server_is_silent_never_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answer = threading.Event(), threading.Event()

    def look_up(host: str, port: int) -> tuple[str, int]:
        asked.set()
        answer.wait(30)
        return host, port

    monkeypatch.setattr("gateway.resolver.look_up", look_up)
    settings = replace(relay_settings(free_port(), 9), destination=RtpUrl("far.example", 9, 10))
    session = RelaySession(settings, on_started=pytest.fail, on_event=lambda event: None)
    ended = asyncio.create_task(session.run())
    await asyncio.to_thread(asked.wait, 10)
    session.stop()
    async with asyncio.timeout(5):
        await ended
    answer.set()


async def test_a_cancelled_session_says_goodbye_and_leaves_nothing() -> None:
    async with callee() as far_end:
        port = free_port()
        _, ended, _ = await started(relay_settings(port, far_end.endpoint.port), [])
        async with caller(port) as source:
            source.send(*UNITS["H264"][:2])
            await far_end.receive(2)
            ended.cancel()
            with pytest.raises(asyncio.CancelledError):
                await ended
            async with asyncio.timeout(5):
                await far_end.left.wait()

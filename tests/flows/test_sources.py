"""Who sends: restarts, silence, a standstill, a stranger, a goodbye. One call each from its beginning to its end."""

from __future__ import annotations

import asyncio
import signal
from functools import partial
from itertools import pairwise
from pathlib import Path

from gateway.rtp.packet import RtpPacket
from gateway.rtp.rtcp import Goodbye, parse_compound
from tests.peers import ffmpeg
from tests.peers.call import Call, markers
from tests.peers.clips import LANDSCAPE, Clip, make_clip, numbered
from tests.peers.live_caller import LiveCaller
from tests.peers.received import CodedFrame
from transforms.picture import Size


def assert_one_stream(frames: list[CodedFrame]) -> None:
    """What leaves is one stream whatever came: one SSRC, whole frames, timestamps that only grow."""
    assert len({frame.ssrc for frame in frames}) == 1
    assert all(frame.is_whole for frame in frames)
    steps = [(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in pairwise(frames)]
    assert all(0 < step < 90_000 * 60 for step in steps)


def assert_contiguous(call: Call) -> None:
    """Sequence numbers that leave have no gap."""
    sequence = [RtpPacket.parse(passed.data).sequence_number for passed in call.way_out.arrived]
    assert all((b - a) & 0xFFFF == 1 for a, b in pairwise(sequence))


async def test_a_restarted_sender_goes_on_in_the_same_stream_even_at_another_size(
    clip: Clip, clips: Path, tmp_path: Path
) -> None:
    """Killed without a goodbye; the next has another SSRC, other numbers and another picture size."""
    upright = make_clip(clips, size=Size(360, 640), frames=30)
    async with Call(partial(ffmpeg.sdp, clip), tmp_path) as call:
        async with ffmpeg.sender(clip, call.way_in.port) as sender:
            await call.frames_out(30)
            sender.signal(signal.SIGKILL)
        await call.quiet()
        before = len(call.received())
        async with ffmpeg.sender(upright, call.way_in.port):
            await call.frames_out(before + upright.frames)
    seen = call.seen()
    assert [frame.number for frame in seen[before:]] == list(range(upright.frames))
    assert {(frame.frame.width, frame.frame.height) for frame in seen[before:]} == {upright.size}
    assert_one_stream(call.received())
    assert_contiguous(call)
    source = [frame.coded for frame in call.sent()]
    resumed = next(frame for frame in source if frame.ssrc != source[0].ssrc)
    assert seen[before].coded.first_at - resumed.last_at < 0.4e9


async def test_silence_and_a_goodbye_end_nothing(tmp_path: Path) -> None:
    caller = LiveCaller()
    async with Call(caller.describe, tmp_path) as call:
        async with caller.calling(call.way_in.port, numbered(LANDSCAPE, 45, markers=True)) as sending:
            await call.frames_out(20)
            caller.paused = True
            await call.quiet()
            await asyncio.sleep(1.5)  # the silence itself
            caller.paused = False
            await sending
        await call.relay.heard("said goodbye")
        async with LiveCaller(seed=2).calling(call.way_in.port, numbered(LANDSCAPE, 10, markers=True)):
            await call.frames_out(55)
    assert [frame.number for frame in call.seen()] == [*range(45), *range(10)]
    assert_one_stream(call.received())


async def test_a_relay_that_stood_still_is_soon_on_time_again(tmp_path: Path) -> None:
    """Stopped for a second and continued: what piled up is not played late, for the caller honours PLI."""
    caller = LiveCaller()
    frames = numbered(LANDSCAPE, 120, markers=True)
    async with Call(caller.describe, tmp_path) as call, caller.calling(call.way_in.port, frames) as sending:
        await call.frames_out(20)
        call.relay.signal(signal.SIGSTOP)
        await asyncio.sleep(1.0)  # the standstill itself
        call.relay.signal(signal.SIGCONT)
        await sending
        await call.last_frame_out()
    assert_one_stream(call.received())
    late = call.latencies()[-40:]
    assert len(late) == 40
    assert sorted(late)[20] < 0.1


async def test_a_stream_joined_in_the_middle_is_asked_for_a_key_frame(tmp_path: Path) -> None:
    """The caller's only key frame went by before the relay could hear it."""
    caller, frames = LiveCaller(), numbered(LANDSCAPE, 60, markers=True)
    async with Call(caller.describe, tmp_path) as call:
        call.way_in.connect(None)
        async with caller.calling(call.way_in.port, frames):
            await call.way_in.watch.until(lambda: markers(call.way_in) >= 10, "ten frames of the caller", within=5)
            call.way_in.connect(call.relay_port)
            await call.frames_out(20)
    numbers = [seen.number for seen in call.seen()]
    assert numbers[0] is not None
    assert numbers[0] > 9
    assert numbers[:20] == list(range(numbers[0], numbers[0] + 20))
    assert call.received()[0].first_at - call.way_in.left[0].at < 0.4e9


async def test_a_stranger_who_sends_into_the_port_changes_nothing(clip: Clip, tmp_path: Path) -> None:
    """Frames of another stream, straight from another address, all the time."""
    async with Call(partial(ffmpeg.sdp, clip), tmp_path) as call, ffmpeg.sender(clip, call.way_in.port):
        await call.frames_out(5)
        async with ffmpeg.sender(clip, call.relay_port):
            await call.frames_out(clip.frames)
    assert [seen.number for seen in call.seen()] == list(range(clip.frames))
    assert_one_stream(call.received())


async def test_sigterm_says_goodbye_and_ends_well(clip: Clip, tmp_path: Path) -> None:
    async with Call(partial(ffmpeg.sdp, clip), tmp_path) as call, ffmpeg.sender(clip, call.way_in.port):
        await call.frames_out(20)
        call.relay.signal(signal.SIGTERM)
        status = await call.relay.ended()
        await call.way_out.watch.until(lambda: bool(goodbyes(call)), "BYE to the far end", within=2)
    assert status == 0
    assert goodbyes(call) == [(call.received()[0].ssrc,)]
    assert call.relay.summary.frames_out >= 20
    assert "Traceback" not in call.relay.said


def goodbyes(call: Call) -> list[tuple[int, ...]]:
    """The SSRCs of each BYE that came out."""
    packets = [packet for passed in call.way_out.arrived_rtcp for packet in parse_compound(passed.data)]
    return [packet.ssrcs for packet in packets if isinstance(packet, Goodbye)]

"""Every frame, once, in order, at its time, with the right picture; from a real ffmpeg."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from gateway.rtp.sdp import parse, video_input
from tests.peers import ffmpeg
from tests.peers.call import Call
from tests.peers.clips import Clip, alpha_of, make_clip
from tests.peers.link import free_port
from tests.peers.picture import VISIBLE, foreground_psnr, leak
from tests.peers.received import SeenFrame, recorded_numbers
from transforms.picture import Picture, Size


@pytest.fixture(scope="module")
def call(clip: Clip, tmp_path_factory: pytest.TempPathFactory) -> Call:
    """The record of a call that the tests below look at."""
    return asyncio.run(relayed(clip, tmp_path_factory.mktemp("call")))


async def relayed(clip: Clip, directory: Path, *options: str, held_back: int = 0) -> Call:
    """The whole clip through a relay, but for the last frames, which a decoder of B-frames holds back."""
    async with Call(partial(ffmpeg.sdp, clip), directory, *options) as call, ffmpeg.sender(clip, call.way_in.port):
        await call.frames_out(clip.frames - held_back, within=clip.seconds + 10)
    return call


def offsets(call: Call, codec: str = "H264") -> set[int]:
    """The differences between a frame's timestamps out and in."""
    sent = {seen.number: seen.coded.timestamp for seen in call.sent(codec)}
    return {(seen.coded.timestamp - sent[seen.number]) & 0xFFFFFFFF for seen in call.seen(codec)}


def numbers(frames: list[SeenFrame]) -> list[int | None]:
    return [seen.number for seen in frames]


def test_every_frame_leaves_once_in_order_and_whole(call: Call, clip: Clip) -> None:
    assert numbers(call.seen()) == list(range(clip.frames))
    assert all(frame.is_whole for frame in call.received())


def test_frames_keep_their_time_but_for_one_constant(call: Call) -> None:
    assert len(offsets(call)) == 1


def test_the_screen_never_appears_from_the_first_frame_on(call: Call, clip: Clip) -> None:
    leaks = [leak(Picture.of(seen.frame), alpha_of(clip, number)) for number, seen in enumerate(call.seen())]
    assert max(leaks) < VISIBLE


def test_the_person_is_the_one_who_was_sent(call: Call, clip: Clip) -> None:
    for source, seen in zip(call.sent(), call.seen(), strict=True):
        assert source.number is not None
        alpha = alpha_of(clip, source.number)
        assert foreground_psnr(Picture.of(seen.frame), Picture.of(source.frame), alpha) > 30


def test_the_first_picture_needs_no_probing(call: Call) -> None:
    """A second is what a program takes that looks at the stream first; the benchmark has the exact figure."""
    assert call.received()[0].first_at - call.sent()[0].coded.last_at < 0.3e9


def test_the_printed_parameter_sets_are_the_streams_own(call: Call) -> None:
    printed = video_input(parse(call.relay.description)).parameter_sets
    assert len(printed) == 2
    assert all(unit in call.received()[0].data for unit in printed)


def test_the_summary_tells_what_happened(call: Call, clip: Clip) -> None:
    summary = call.relay.summary
    assert (summary.frames_in, summary.frames_out, summary.dropped, summary.held) == (clip.frames, clip.frames, 0, 0)
    assert summary.latency is not None
    assert {"matte", "background", "composite"} <= summary.stages.keys()


async def test_vp8_of_odd_size_is_relayed_frame_by_frame(clips: Path, tmp_path: Path) -> None:
    clip = make_clip(clips, codec="VP8", size=Size(427, 241), frames=45)
    call = await relayed(clip, tmp_path)
    seen = call.seen("VP8")
    assert numbers(seen) == list(range(clip.frames))
    assert len(offsets(call, "VP8")) == 1
    assert {(frame.frame.width, frame.frame.height) for frame in seen} == {clip.size}


async def test_b_frames_leave_in_presentation_order_at_their_own_times(clips: Path, tmp_path: Path) -> None:
    """Parameter sets are in the SDP alone here."""
    clip = make_clip(clips, frames=60, b_frames=2, markers=True, repeat_headers=False)
    call = await relayed(clip, tmp_path, held_back=2)
    assert numbers(call.seen()) == list(range(clip.frames - 2))
    assert len(offsets(call)) == 1
    assert "frames later for the source's B-frames" in call.relay.said


async def test_packetization_mode_0_sends_single_nal_units_only(clip: Clip, tmp_path: Path) -> None:
    call = await relayed(clip, tmp_path, "--packetization-mode", "0")
    assert numbers(call.seen()) == list(range(clip.frames))
    kinds = {passed.data[12] & 0x1F for passed in call.way_out.arrived}
    assert max(kinds) < 24
    assert max(len(passed.data) for passed in call.way_out.arrived) <= 1200


async def test_ffmpeg_plays_the_printed_description(clip: Clip, tmp_path: Path) -> None:
    recorded = tmp_path / "recorded.nut"
    async with Call(partial(ffmpeg.sdp, clip), tmp_path) as call:
        port = free_port()
        description = tmp_path / "out.sdp"
        description.write_text(call.relay.description.replace(f" {call.way_out.port} ", f" {port} "))
        call.way_out.connect(port)
        async with ffmpeg.receiver(description, recorded, frames=40) as receiver:
            await ffmpeg.listens(port)
            async with ffmpeg.sender(clip, call.way_in.port, loops=2):
                status = await receiver.ended(within=20)
    assert status == 0, receiver.said
    found = recorded_numbers(recorded)
    assert found[0] is not None
    assert found == [(found[0] + step) % clip.frames for step in range(40)]

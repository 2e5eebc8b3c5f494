"""Whoever receives: asks for key frames, or is somebody else who sends what nobody asked for."""

from __future__ import annotations

import os
import random
import socket
from functools import partial
from pathlib import Path

from gateway.rtp.packet import RtpPacket
from gateway.rtp.rtcp import Goodbye, PictureLossIndication, ReceiverReport, serialize_compound
from tests.peers import ffmpeg
from tests.peers.call import Call
from tests.peers.clips import LANDSCAPE, Clip, numbered
from tests.peers.link import HOST, Passed
from tests.peers.live_caller import LiveCaller


def asking(call: Call) -> bytes:
    """A receiver's report and PLI."""
    ssrc = RtpPacket.parse(call.way_out.arrived[0].data).ssrc
    return serialize_compound((ReceiverReport(1, ()), PictureLossIndication(1, ssrc)))


async def test_a_key_frame_follows_a_pli_at_once(clip: Clip, tmp_path: Path) -> None:
    slow = ("--gop", "60")
    async with Call(partial(ffmpeg.sdp, clip), tmp_path, *slow) as call, ffmpeg.sender(clip, call.way_in.port):
        await call.frames_out(20)
        asked = call.way_out.say(asking(call))
        await call.frames_out(clip.frames)
    keyframes = [frame for frame in call.received() if frame.is_keyframe]
    assert len(keyframes) == 2
    assert 0 < keyframes[1].last_at - asked < 0.3e9


async def test_a_key_frame_is_had_even_while_the_source_is_silent(tmp_path: Path) -> None:
    """The last good picture once more: whoever joins does not look at nothing."""
    caller, frames = LiveCaller(), numbered(LANDSCAPE, 15, markers=True)
    async with Call(caller.describe, tmp_path) as call, caller.calling(call.way_in.port, frames) as sending:
        await sending
        await call.quiet()
        asked = call.way_out.say(asking(call))
        await call.frames_out(16, within=2)
    last = call.seen()[-1]
    assert last.number == 14
    assert last.coded.is_keyframe
    assert 0 < last.coded.last_at - asked < 0.5e9


async def test_hostile_datagrams_are_counted_and_change_nothing(clip: Clip, tmp_path: Path) -> None:
    """Noise, huge datagrams, other payload types and floods of RTCP from a stranger, on every port of the relay."""
    chance = random.Random(3)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        async with Call(partial(ffmpeg.sdp, clip), tmp_path) as call, ffmpeg.sender(clip, call.way_in.port):
            await call.frames_out(5)
            ports = (call.relay_port, call.relay_port + 1, call.way_out.upstream_port)
            for datagram in hostile(call.way_in.arrived, chance):
                for port in ports:
                    stranger.sendto(datagram, (HOST, port))
            await call.frames_out(clip.frames)
    assert [seen.number for seen in call.seen()] == list(range(clip.frames))
    assert call.relay.summary.dropped == 0
    assert "Traceback" not in call.relay.said


def hostile(seen: list[Passed], chance: random.Random) -> list[bytes]:
    """What a stranger may send who also listens."""
    real = RtpPacket.parse(seen[0].data)
    foreign = RtpPacket(77, True, real.sequence_number, real.timestamp, real.ssrc, os.urandom(500)).serialize()
    leaving = serialize_compound((ReceiverReport(real.ssrc, ()), Goodbye((real.ssrc,))))
    noise = [chance.randbytes(chance.choice((0, 1, 7, 12, 100, 1400))) for _ in range(100)]
    rtcp_like = [bytes((0x81, chance.randint(192, 223))) + chance.randbytes(60) for _ in range(100)]
    return [*noise, *rtcp_like, *[foreign] * 20, *[leaving] * 20, chance.randbytes(65_000), b""]

"""Sound goes around the picture untouched, and the reports of both keep them together."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from gateway.rtp.reports import NTP_SECOND
from gateway.rtp.rtcp import SenderReport, SourceDescription, parse_compound
from gateway.rtp.sdp import audio_input, parse
from tests.peers import ffmpeg
from tests.peers.call import Call
from tests.peers.clips import Clip
from tests.peers.link import HOST, Link, Passed, free_port


def reports(passed: list[Passed]) -> list[SenderReport]:
    """The sender reports of a recording."""
    return [packet for one in passed for packet in parse_compound(one.data) if isinstance(packet, SenderReport)]


def cnames(passed: list[Passed]) -> set[str]:
    """The canonical names in a recording."""
    packets = [packet for one in passed for packet in parse_compound(one.data)]
    return {name for packet in packets if isinstance(packet, SourceDescription) for name in packet.cnames.values()}


def seconds_of(timestamp: int, report: SenderReport) -> float:
    """The source's wall clock, by a report, at an RTP timestamp of 90 kHz."""
    return report.ntp / NTP_SECOND + ((timestamp - report.timestamp + (1 << 31)) % (1 << 32) - (1 << 31)) / 90_000


async def test_sound_is_relayed_byte_for_byte_and_in_time_with_the_picture(clip: Clip, tmp_path: Path) -> None:
    """A beep and a flash of one moment have one time by the reports before the relay; so they have behind it."""
    sound_port = free_port()
    describe = partial(ffmpeg.sdp_with_sound, clip, sound_port=sound_port)
    with Link(sound_port) as sound_in, Link() as sound_out:
        call = Call(describe, tmp_path, "--audio-url", f"rtp://{HOST}:{sound_out.port}")
        async with call, ffmpeg.sender_with_sound(clip, call.way_in.port, sound_in.port, loops=3):
            await call.way_out.watch.until(lambda: bool(reports(call.way_out.arrived_rtcp)), "report", within=8)
            await sound_out.watch.until(lambda: len(sound_out.arrived) > 20, "sound", within=8)
    sent, received = [[one.data for one in link.arrived] for link in (sound_in, sound_out)]
    assert len(received) > 20
    assert received == sent[: len(received)]
    reports_out = [one.data for one in sound_out.arrived_rtcp if reports([one])]
    assert reports_out
    assert reports_out == [one.data for one in sound_in.arrived_rtcp][: len(reports_out)]
    assert cnames(call.way_out.arrived_rtcp) == cnames(sound_out.arrived_rtcp) == {ffmpeg.CNAME}
    flash_in, flash_out = call.sent()[0].coded.timestamp, call.received()[0].timestamp
    before = seconds_of(flash_in, reports(call.way_in.arrived_rtcp)[0])
    after = seconds_of(flash_out, reports(call.way_out.arrived_rtcp)[0])
    assert abs(after - before) < 0.010
    audio = audio_input(parse(call.relay.description))
    assert audio is not None
    assert audio.port == sound_out.port


async def test_without_an_audio_url_one_line_says_that_sound_is_not_relayed(clip: Clip, tmp_path: Path) -> None:
    describe = partial(ffmpeg.sdp_with_sound, clip, sound_port=free_port())
    async with Call(describe, tmp_path) as call:
        pass
    assert call.relay.said.count("sound is not relayed") == 1
    assert audio_input(parse(call.relay.description)) is None

"""Groups on both sides: joined, sent to, described. Nothing leaves the machine, for the packets may make no hop."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.rtp.sdp import parse, video_input
from tests.peers import ffmpeg
from tests.peers.clips import Clip
from tests.peers.link import Passed, free_port
from tests.peers.received import coded_frames, seen_frames
from tests.peers.relay import Relay
from tests.peers.watch import Watch

GROUP_IN, GROUP_OUT = "239.255.77.1", "239.255.77.2"


@contextmanager
def member(group: str, port: int, heard: list[Passed], watch: Watch) -> Iterator[None]:
    """Hears a group while the block lasts; the test skips where the machine has no multicast."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind((group, port))
        opened.setblocking(False)
        try:
            joined = socket.inet_aton(group) + socket.inet_aton("0.0.0.0")
            opened.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
        except OSError as error:
            pytest.skip(f"no multicast on this machine: {error}")

        def hear() -> None:
            heard.append(Passed(time.time_ns(), opened.recv(65_536)))
            watch.notify()

        loop = asyncio.get_running_loop()
        loop.add_reader(opened, hear)
        yield
        loop.remove_reader(opened)


def ends(heard: list[Passed]) -> int:
    """How many packets have the marker."""
    return sum(passed.data[1] >> 7 for passed in heard)


async def test_a_group_is_joined_and_another_is_sent_to(clip: Clip, tmp_path: Path) -> None:
    port_in, port_out = free_port(), free_port()
    description = tmp_path / "in.sdp"
    described = ffmpeg.sdp(clip, port_in).replace("c=IN IP4 127.0.0.1", f"c=IN IP4 {GROUP_IN}/1")
    description.write_text(described)
    heard: list[Passed] = []
    watch = Watch()
    relay = Relay(description, f"rtp://{GROUP_OUT}:{port_out}?ttl=0", "--preset", "ultrafast")
    with member(GROUP_OUT, port_out, heard, watch):
        async with relay, ffmpeg.sender(clip, port_in, host=GROUP_IN, options="&ttl=0"):
            await watch.until(lambda: ends(heard) == clip.frames, "whole clip out of the relay", within=10)
    assert [seen.number for seen in seen_frames(coded_frames(heard))] == list(range(clip.frames))
    printed = video_input(parse(relay.description)).media
    assert printed.connection is not None
    assert (printed.connection.address, printed.port) == (GROUP_OUT, port_out)

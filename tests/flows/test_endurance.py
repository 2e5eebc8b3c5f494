"""What only shows in a long call."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from tests.peers import ffmpeg
from tests.peers.call import Call, markers
from tests.peers.clips import Clip

GROWTH = 5 << 20
"""Bytes of memory that do not count as growth."""
SETTLED, SECONDS = 60, 180


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 60)
async def test_three_minutes_leave_memory_threads_and_descriptors_as_they_were(clip: Clip, tmp_path: Path) -> None:
    described = partial(ffmpeg.sdp, clip)
    async with Call(described, tmp_path) as call, ffmpeg.sender(clip, call.way_in.port, loops=-1):
        await call.frames_out(30)
        await asyncio.sleep(SETTLED)  # the time is what is tested here
        memory, threads, descriptors = call.relay.resident, call.relay.threads, call.relay.descriptors
        before = markers(call.way_out)
        await asyncio.sleep(SECONDS - SETTLED)
        assert markers(call.way_out) > before
        assert call.relay.resident - memory <= GROWTH
        assert (call.relay.threads, call.relay.descriptors) == (threads, descriptors)

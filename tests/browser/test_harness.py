"""The harness itself, against libwebrtc alone: what it counts must be what happened."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.browser.blank import blank_page
from tests.browser.camera import FakeCamera
from tests.browser.chromium import chromium

SMALL = {"width": 640, "height": 360}


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_a_loop_through_libwebrtc_is_counted(camera: FakeCamera, codec: str) -> None:
    async with blank_page() as url, chromium(camera) as browser:
        tab = await browser.open(url)
        answer = await tab.run("harness.loopback('call', {codec, camera})", codec=codec, camera=SMALL)
        await tab.until_frames("call-back", 90)
        way = await tab.way_back("call")
        sent = await tab.frames("call-sent")
        samples = await tab.statistics("call")
        await tab.run("harness.hangUp('call')")
    print(way)
    assert codec in answer["sdp"]
    assert way.share > 0.9
    assert 0 < way.latency(50) < 0.5
    assert {frame.size for frame in sent} == {(640, 360)}
    numbers = [frame.number for frame in sent if frame.number is not None]
    assert len(numbers) == len(sent)
    steps = [(later - earlier) % camera.period for earlier, later in pairwise(numbers)]
    assert 0 < min(steps) <= max(steps) < camera.period / 2
    assert samples[-1]["outbound"]["framesEncoded"] > 60
    assert tab.errors == []

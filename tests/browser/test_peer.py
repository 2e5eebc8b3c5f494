"""The connection alone, no codec and no picture of ours between: what Chromium sends comes back as it was."""

from __future__ import annotations

import pytest

from gateway.serving import IceSettings
from tests.browser.camera import FakeCamera
from tests.browser.chromium import chromium
from tests.webrtc_echo import echo_server

CAMERA = {"width": 640, "height": 360, "audio": True}


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_what_chromium_sends_comes_back(camera: FakeCamera, codec: str) -> None:
    async with echo_server(IceSettings(loopback=True)) as (url, echoes), chromium(camera) as browser:
        tab = await browser.open(url)
        answer = await tab.run("harness.offer('call', {codec, camera})", codec=codec, camera=CAMERA)
        await tab.until_frames("call-back", 90)
        way = await tab.way_back("call")
        first = next(frame for frame in await tab.frames("call-back") if frame.number is not None)
        (echo,) = echoes
        await tab.run("harness.hangUp('call')")
    print(way)
    assert way.share > 0.95
    assert way.unreadable == 0
    assert first.at - answer["posted"] / 1000 < 2
    assert echo.states[:2] == ["connecting", "connected"]
    assert echo.peer.foreign == 0
    assert {unit.is_keyframe for unit in echo.units[:1]} == {True}
    assert tab.errors == []

"""Changes of an effect while a real browser looks: when they show, and that nothing else does."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest

from tests.browser.camera import FakeCamera
from tests.browser.chromium import Tab, chromium
from tests.browser.conftest import Host
from tests.browser.frame_log import WatchedFrame

DARK, LIGHT = "101010", "f0f0f0"
GREY = 12
"""Levels of chroma from the middle, at most, where a grey background is; the screen of the tests is 20 from it."""
FRAME = 1 / 30
"""Seconds; a frame is noted a moment after it left the camera."""
FREEZE = 0.5
"""Seconds between two new frames that a machine which has other things to do may take. Left alone, it takes 0.08."""
CAMERA = {"width": 640, "height": 360}
PATCH = """fetch(path, {method: 'PATCH', body: JSON.stringify({effect}),
    headers: {'content-type': 'application/json', authorization: `Bearer ${token}`}})
    .then(async (response) => ({status: response.status, at: performance.now(), ...await response.json()}))"""


class Call:
    """One through the server, which began dark. `path`: of its session."""

    def __init__(self, tab: Tab, host: Host, path: str) -> None:
        self.tab = tab
        self._token = host.token
        self.path = path

    async def patch(self, effect: dict[str, Any]) -> float:
        """Change the effect; when the page was answered, in seconds of its clock."""
        answer = await self.tab.run(PATCH, path=self.path, effect=effect, token=self._token)
        assert answer["status"] == 200, answer
        return float(answer["at"]) / 1000

    async def more(self, count: int) -> list[WatchedFrame]:
        """What came back, once there are so many more frames with a number."""
        seen = sum(frame.number is not None for frame in await self.tab.frames("call-back"))
        await self.tab.until_frames("call-back", seen + count)
        return await self.tab.frames("call-back")

    async def counter(self, name: str) -> int:
        """One of the browser's counters of what comes in."""
        reports = "harness.calls.get('call').pc.getStats().then((all) => [...all.values()])"
        one = ".then((all) => all.find((each) => each.type === 'inbound-rtp' && each.kind === 'video')[name])"
        return int(await self.tab.run(reports + one, name=name))


@asynccontextmanager
async def calling(host: Host, camera: FakeCamera, codec: str) -> AsyncIterator[Call]:
    """A call of a Chromium, running for a second."""
    async with chromium(camera) as browser:
        tab = await browser.open(host.bare, bypass_csp=True)
        how = {
            "codec": codec,
            "camera": CAMERA,
            "body": {"effect": {"matting": {"kind": "chroma"}, "background": {"kind": "color", "color": DARK}}},
            "headers": {"authorization": f"Bearer {host.token}"},
        }
        answer = await tab.run("harness.offer('call', how)", how=how)
        call = Call(tab, host, answer["location"])
        await call.more(30)
        yield call
        assert tab.errors == []
        await tab.run("harness.hangUp('call')")


def brightness(frame: WatchedFrame) -> float:
    """Of the corners, where nothing but the background may be."""
    return sum(corner[0] for corner in frame.corners) / 2


def is_background(frame: WatchedFrame) -> bool:
    """Whether both corners are one of the two backgrounds: no screen, no room, no mixture."""
    return all(
        (luma < 50 or luma > 200) and abs(cb - 128) < GREY and abs(cr - 128) < GREY for luma, cb, cr in frame.corners
    )


def left(frame: WatchedFrame, sent: Sequence[WatchedFrame]) -> float:
    """When a frame that came back left, in seconds of the page's clock."""
    return max(one.at for one in sent if one.number == frame.number and one.at < frame.at)


def longest_gap(frames: Sequence[WatchedFrame], since: float, until: float) -> float:
    """Seconds between two frames that came within a time, at worst."""
    times = [frame.at for frame in frames if since <= frame.at <= until]
    return max(later - earlier for earlier, later in pairwise(times))


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_what_leaves_after_the_answer_comes_back_changed_and_costs_no_key_frame(
    host: Host, camera: FakeCamera, codec: str
) -> None:
    async with calling(host, camera, codec) as call:
        keyframes = await call.counter("keyFramesDecoded")
        late, begun = [], (await call.tab.frames("call-back"))[-1].at
        for number in range(10):
            is_light = number % 2 == 0
            answered = await call.patch({"background": {"color": LIGHT if is_light else DARK}})
            after = [frame for frame in await call.more(6) if frame.at > answered]
            old = [frame for frame in after if (brightness(frame) > 200) != is_light]
            assert after[: len(old)] == old, "the old background came again"
            sent = await call.tab.frames("call-sent")
            assert all(left(frame, sent) < answered + FRAME for frame in old)
            late.append(len(old))
        frames = await call.tab.frames("call-back")
        gap = longest_gap(frames, begun, frames[-1].at)
        print(f"{codec}: {late} frames of the old background after each answer, longest gap {1000 * gap:.0f} ms")
        assert all(is_background(frame) for frame in frames)
        assert await call.counter("keyFramesDecoded") == keyframes


async def test_a_hundred_changes_in_ten_seconds_leave_the_call_perfect(host: Host, camera: FakeCamera) -> None:
    chance = random.Random(4)
    choices: list[dict[str, Any]] = [
        {"edge": {"feather": 1.5, "shrink": 0.5}},
        {"edge": {"feather": None, "clip": [0.1, 0.9]}},
        {"quality": "fast"},
        {"quality": "best"},
        {"on_unsure": "cover"},
        {"background": {"kind": "color", "color": LIGHT}},
        {"background": {"kind": "color", "color": DARK}},
        {"matting": {"shadow": "keep"}},
        {"matting": {"shadow": None}},
    ]
    async with calling(host, camera, "H264") as call:
        keyframes = await call.counter("keyFramesDecoded")
        before = await call.more(60)
        begun = before[-1].at
        for number in range(100):
            await call.tab.until("performance.now() / 1000 > next", next=begun + number / 10)
            await call.patch(chance.choice(choices))
        frames = await call.more(5)
        usual, gap = longest_gap(before, 0, begun), longest_gap(frames, begun, frames[-1].at)
        way = await call.tab.way_back("call", since=begun)
        print(f"{way}; longest gap {1000 * gap:.0f} ms, before {1000 * usual:.0f} ms")
        assert all(is_background(frame) for frame in frames)
        assert await call.counter("keyFramesDecoded") == keyframes
        assert gap < max(FREEZE, 3 * usual)
        assert way.unreadable == 0
        stats = "fetch(`${path}/stats`, {headers: {authorization: `Bearer ${token}`}}).then((answer) => answer.json())"
        shown = (await call.tab.run(stats, path=call.path, token=host.token))["pipeline"]["shown"]
        assert set(shown) == {"composite"}

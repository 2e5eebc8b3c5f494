"""Changes of an effect by PATCH, as the far end of a running RTP call sees them: in its pictures, and in their pace."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gateway.codec.decoder import VideoDecoder
from gateway.rtp.core import AccessUnit
from tests.calls import Callee, callee
from tests.clips import FRAME_RATE
from tests.frames import luma
from tests.playing import SCREEN, made_session, with_media
from tests.serving import Served

FRAME = 90_000 // FRAME_RATE


@dataclass
class Watched:
    """A call whose pictures are looked at. `brightness`: by frame, of the corner where nobody stands."""

    server: Served
    path: str
    units: list[AccessUnit] = field(default_factory=list)
    brightness: list[int] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, far_end: Callee) -> None:
        decoder, loop = VideoDecoder("H264"), asyncio.get_running_loop()
        while True:
            unit = await far_end.units.get()
            self.units.append(unit)
            self.arrivals.append(loop.time())
            for frame in await asyncio.to_thread(decoder.decode, unit):
                self.brightness.append(int(np.median(luma(frame)[:16, :16])))
            self.changed.set()

    async def until(self, frames: int) -> None:
        """Wait until so many frames were looked at."""
        async with asyncio.timeout(20):
            while len(self.brightness) < frames:
                self.changed.clear()
                await self.changed.wait()

    async def patch(self, effect: dict[str, Any]) -> int:
        """Change the effect; returns how many frames had come when the change was answered."""
        async with self.server.client.patch(self.path, json={"effect": effect}) as response:
            assert response.status == 200, await response.text()
            return len(self.units)


@asynccontextmanager
async def _watched(tmp_path: Path) -> AsyncIterator[Watched]:
    async with with_media(tmp_path) as server, callee() as far_end:
        output = {"kind": "rtp", "url": f"rtp://127.0.0.1:{far_end.endpoint.port}", "payload_type": 97}
        effect = {"matting": SCREEN, "background": {"kind": "color", "color": "101010"}}
        made = await made_session(server, output=output, effect=effect)
        watched = Watched(server, f"/v1/sessions/{made['id']}")
        async with asyncio.TaskGroup() as tasks:
            taking = tasks.create_task(watched.take(far_end))
            yield watched
            taking.cancel()


async def test_a_change_is_in_the_pictures_within_two_frames_and_costs_no_key_frame(tmp_path: Path) -> None:
    async with _watched(tmp_path) as watched:
        await watched.until(10)
        keyframes = sum(unit.is_keyframe for unit in watched.units)
        for number in range(6):
            is_light = number % 2 == 0
            begun = await watched.patch({"background": {"color": "f0f0f0" if is_light else "101010"}})
            await watched.until(begun + 6)
            assert all((value > 200) == is_light for value in watched.brightness[begun + 2 : begun + 6])
            assert all(value < 40 or value > 200 for value in watched.brightness)
        assert sum(unit.is_keyframe for unit in watched.units) == keyframes


async def test_a_hundred_changes_leave_the_call_as_it_was(tmp_path: Path) -> None:
    chance = random.Random(4)
    choices: list[dict[str, Any]] = [
        {"edge": {"feather": 1.5, "shrink": 0.5}},
        {"edge": {"feather": None, "clip": [0.1, 0.9]}},
        {"quality": "fast"},
        {"quality": "best"},
        {"on_unsure": "cover"},
        {"background": {"kind": "color", "color": "f0f0f0"}},
        {"background": {"kind": "color", "color": "101010"}},
        {"matting": {"shadow": "keep"}},
        {"matting": {"shadow": None}},
    ]
    async with _watched(tmp_path) as watched:
        await watched.until(10)
        keyframes, begun = sum(unit.is_keyframe for unit in watched.units), len(watched.units)
        for _ in range(100):
            await watched.patch(chance.choice(choices))
            await watched.until(len(watched.units))
        await watched.until(len(watched.units) + 2)
        times = [unit.timestamp for unit in watched.units]
        missing = (times[-1] - times[begun]) // FRAME + 1 - len(times[begun:])
        assert missing <= 1
        assert sum(unit.is_keyframe for unit in watched.units) == keyframes
        assert all(value < 40 or value > 200 for value in watched.brightness)
        async with watched.server.client.get(f"{watched.path}/stats") as response:
            shown = (await response.json())["pipeline"]["shown"]
        assert shown == {"composite": shown["composite"]}

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from functools import cache, partial

from gateway.codec.decoder import VideoDecoder
from gateway.codec.encoder import EncoderSettings, VideoEncoder
from gateway.effect import EffectModel
from gateway.rtp.core import AccessUnit
from tests.calls import callee, caller
from tests.calls_of_server import effect, sessions
from tests.frames import TIME_BASE, access_unit
from tests.test_sessions_rtp import described, port_in_range, to
from transforms.effect import Color
from transforms.picture import Matrix, Picture, Size
from transforms.sample import SampleCaller

SIZE = Size(320, 180)
BACKGROUNDS = ("000000", "a03020", "2040a0", "e0e0e0")
NEAR = 12
"""Levels by which a coded plain background differs from its own."""


@cache
def person_before_a_screen() -> list[AccessUnit]:
    person, encoder = SampleCaller(SIZE), VideoEncoder(EncoderSettings("H264", preset="ultrafast"))
    units: list[AccessUnit] = []
    for number in range(15):
        frame = person.frame(number)[0]
        frame.pts, frame.time_base = number * 3000, TIME_BASE
        units += map(access_unit, encoder.encode(frame))
    return units


def merged(old: EffectModel, *, patch: dict[str, object]) -> EffectModel:
    return old.merged(patch)


def corner(picture: Picture) -> tuple[int, ...]:
    """The mean of what stands above the person's shoulder, where the screen was."""
    return tuple(round(float(plane.rows[:10, :10].mean())) for plane in picture.planes)


async def test_a_hundred_changes_leave_every_frame_a_composite_and_ask_for_no_key_frame() -> None:
    """Random changes as fast as they are answered while frames flow: no frame of the room, none lost, none repeated."""
    chance = random.Random(7)
    allowed = [Matrix.BT601.to_ycbcr(Color.parse(color), full_range=False) for color in BACKGROUNDS]
    async with sessions() as (calls, _), callee() as far_end:
        port = port_in_range(calls)
        start = effect(matting={"kind": "chroma"}, background={"kind": "color", "color": BACKGROUNDS[0]})
        session, _ = await calls.create(described(port), to(far_end), start)
        patches: list[Callable[[], dict[str, object]]] = [
            lambda: {"background": {"kind": "color", "color": chance.choice(BACKGROUNDS)}},
            lambda: {"edge": {"feather": chance.randint(0, 3), "shrink": chance.randint(-2, 2)}},
            lambda: {"on_unsure": chance.choice(["hold", "cover"])},
            lambda: {"edge": {"despill": chance.random()}},
        ]

        async def change() -> None:
            for _ in range(100):
                patch = chance.choice(patches)()
                await session.update(partial(merged, patch=patch))

        out: list[AccessUnit] = []
        async with caller(port) as source:
            changing = asyncio.create_task(change())
            units, number = person_before_a_screen(), 0
            while not changing.done() or number < 15:
                unit = units[number % 15]
                source.send(AccessUnit(unit.data, number * 3000, unit.is_keyframe, unit.received))
                out += await far_end.receive()
                number += 1
            await changing
        decoder = VideoDecoder("H264")
        for unit in out:
            (frame,) = decoder.decode(unit)
            seen = corner(Picture.of(frame))
            assert any(max(abs(a - b) for a, b in zip(seen, one, strict=True)) < NEAR for one in allowed), seen
        assert [unit.timestamp - out[0].timestamp for unit in out] == [index * 3000 for index in range(len(out))]
        keyframes = [index for index, unit in enumerate(out) if unit.is_keyframe]
        assert keyframes == list(range(0, len(out), 60))  # every two seconds, and no more
        stats = session.stats()
        assert (stats.matting.dropped, stats.matting.held, stats.matting.covered) == (0, 0, 0)
        assert session.version == 101

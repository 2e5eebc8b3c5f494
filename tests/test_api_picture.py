"""What an effect says around the matte, as snapshots of a running session show it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.clips import clip_image
from tests.playing import corner, picture, playing
from tests.serving import Served, problem
from tests.uploads import encoded

JPEG = {"Content-Type": "image/jpeg"}
SIZE = (320, 180)


def _is_near(found: tuple[int, ...], wanted: tuple[int, ...], *, by: int = 4) -> bool:
    return len(found) == len(wanted) and all(abs(one - other) <= by for one, other in zip(found, wanted, strict=True))


async def _patched(server: Served, path: str, **effect: Any) -> dict[str, Any]:
    async with server.client.patch(path, json={"effect": effect}) as response:
        assert response.status == 200, await response.text()
        told: dict[str, Any] = (await response.json())["effect"]
        return told


async def _until(server: Served, path: str, is_so: Callable[[Image.Image], bool], *, query: str = "") -> Image.Image:
    """The first snapshot of which it is so."""
    async with asyncio.timeout(10):
        while True:
            async with server.client.get(f"{path}/snapshot{query}") as response:
                if is_so(seen := await picture(response)):
                    return seen


async def test_the_picture_is_cropped_turned_and_scaled_while_the_call_goes_on(tmp_path: Path) -> None:
    async with playing(tmp_path, effect={"geometry": {"size": "160x90"}}) as (server, path):
        await _until(server, path, lambda seen: seen.size == (160, 90))
        told = await _patched(server, path, geometry={"crop": "160x120+80+40", "rotate": 90, "size": None})
        assert told["geometry"] == {"crop": "160x120+80+40", "rotate": 90}
        await _until(server, path, lambda seen: seen.size == (120, 160))
        assert (await _patched(server, path, geometry=None))["geometry"] == {"rotate": 0}
        await _until(server, path, lambda seen: seen.size == SIZE)


async def test_an_image_lies_where_it_is_put(tmp_path: Path) -> None:
    blue = encoded(Image.new("RGB", (200, 200), (20, 40, 200)), "JPEG", quality=95)
    async with playing(tmp_path) as (server, path):
        async with server.client.post("/v1/backgrounds", data=blue, headers=JPEG) as response:
            source = (await response.json())["id"]
        image = {"kind": "image", "source": source}
        await _patched(server, path, background=image)
        await _until(server, path, lambda seen: _is_near(corner(seen), (20, 40, 200)))
        await _patched(server, path, background={"fit": "contain", "color": "c04010"})
        await _until(server, path, lambda seen: _is_near(corner(seen), (0xC0, 0x40, 0x10)))
        told = await _patched(server, path, background={"offset": "-70,0"}, fade=0.01)
        assert (told["background"]["offset"], told["fade"]) == ([-70, 0], 0.01)
        await _until(server, path, lambda seen: _is_near(corner(seen), (20, 40, 200)))


async def test_the_room_out_of_focus_has_its_own_colours(tmp_path: Path) -> None:
    room = corner(clip_image())
    async with playing(tmp_path) as (server, path):
        told = await _patched(server, path, background={"kind": "blur", "strength": 1})
        assert told["background"] == {"kind": "blur", "strength": 1}
        await _until(server, path, lambda seen: _is_near(corner(seen), room, by=20))


async def test_the_foreground_is_the_person_over_black(tmp_path: Path) -> None:
    async with playing(tmp_path) as (server, path):
        async with server.client.get(f"{path}/snapshot?view=foreground&format=jpeg") as response:
            assert response.content_type == "image/jpeg"
            seen = await picture(response)
        assert _is_near(corner(seen), (0, 0, 0))
        assert np.asarray(seen).max() > 100
        async with server.client.get(f"{path}/snapshot?format=png", headers={"Accept": "image/jpeg"}) as response:
            assert response.content_type == "image/png"
        assert (await _patched(server, path, view="foreground"))["view"] == "foreground"


async def test_a_background_that_is_of_another_kind_is_refused_where_it_stands(tmp_path: Path) -> None:
    async with playing(tmp_path) as (server, path):
        change = {"effect": {"background": {"kind": "video", "source": "builtin:soft"}}}
        async with server.client.patch(path, json=change) as response:
            assert "'builtin:soft': there is no such video" in (await problem(response, 422))["detail"]

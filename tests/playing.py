"""A server with a session that plays a clip of the sample person, for tests of what can be asked of a session."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse
from PIL import Image, ImageStat

from tests.clips import write_clip
from tests.serving import LOOPBACK, Served, served

BACKDROP = "205080"
SCREEN = {"kind": "chroma"}
"""The clip is of a person before one; no model of persons need be loaded to know it."""
FILE_TO_WHEP: dict[str, Any] = {
    "input": {"kind": "file", "source": "clip.mkv"},
    "output": {"kind": "whep"},
    "effect": {"matting": SCREEN, "background": {"kind": "color", "color": BACKDROP}},
}


@asynccontextmanager
async def with_media(
    tmp_path: Path, *, tokens: Mapping[str, str] | None = None, **limits: Any
) -> AsyncIterator[Served]:
    """A server whose media directory holds `clip.mkv`. `limits`: of its settings."""
    media = tmp_path / "media"
    media.mkdir()
    write_clip(media / "clip.mkv")
    async with served(
        tmp_path / "data", settings=replace(LOOPBACK, media_dir=media, **limits), tokens=tokens
    ) as server:
        yield server


@asynccontextmanager
async def playing(tmp_path: Path, **wanted: Any) -> AsyncIterator[tuple[Served, str]]:
    """A server, and the path of a session that plays and has a first composite."""
    async with with_media(tmp_path) as server:
        made = await made_session(server, **wanted)
        path = f"/v1/sessions/{made['id']}"
        await until_composite(server, path)
        yield server, path


async def made_session(server: Served, *, token: str | None = None, **wanted: Any) -> dict[str, Any]:
    """A session of the clip, as it was answered."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with server.client.post("/v1/sessions", json=FILE_TO_WHEP | wanted, headers=headers) as response:
        assert response.status == 201, await response.text()
        document: dict[str, Any] = await response.json()
        assert response.headers["Location"] == f"/v1/sessions/{document['id']}"
        return document


async def until_composite(server: Served, path: str, *, headers: Mapping[str, str] | None = None) -> None:
    """Ask until the session has shown a composite."""
    async with asyncio.timeout(20):
        while True:
            async with server.client.get(f"{path}/stats", headers=headers) as response:
                if (await response.json())["pipeline"]["shown"].get("composite"):
                    return
            await asyncio.sleep(0.02)


async def picture(response: ClientResponse) -> Image.Image:
    """The image that a request was answered with."""
    assert response.status == 200, await response.text()
    return Image.open(io.BytesIO(await response.read()))


def corner(image: Image.Image) -> tuple[int, ...]:
    """The mean of 16 by 16 pixels at the upper left, where nobody stands: red, green, blue; one value of a grey one."""
    return tuple(round(mean) for mean in ImageStat.Stat(image.crop((0, 0, 16, 16))).mean)

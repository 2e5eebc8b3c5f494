"""A server's sessions on loopback, of real parts but for the HTTP around them."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gateway.call.sessions import Sessions
from gateway.effect import AssetKind, EffectModel
from gateway.errors import NotFound
from gateway.events import Events, Happening, Told
from gateway.serving import IceSettings, ServerSettings

SETTINGS = ServerSettings(ice=IceSettings(interfaces=("127.0.0.1",)), preset="ultrafast", rtp_ports=(30_000, 39_999))


def effect(**document: object) -> EffectModel:
    """An effect over plain black; the picture as it is where no matting is named."""
    plain = {"matting": {"kind": "none"}, "background": {"kind": "color", "color": "000000"}}
    return EffectModel.model_validate(plain | document)


class NoAssets:
    """No image is there, and no model."""

    def path(self, asset_id: str, kind: AssetKind) -> Path:
        raise NotFound(f"{kind} {asset_id}")

    def model(self, name: str) -> Path:
        raise NotFound(f"{name!r}: none such")

    def model_spec(self, name: str) -> Path:
        raise NotFound(f"{name!r}: none such")


@dataclass
class News:
    """All that was published."""

    events: Events

    @property
    def all(self) -> list[Happening]:
        return [told.happening for told in self.events._kept]

    @property
    def types(self) -> list[str]:
        return [happening.type for happening in self.all]


@asynccontextmanager
async def sessions(**changes: Any) -> AsyncIterator[tuple[Sessions, News]]:
    events = Events()
    async with Sessions(replace(SETTINGS, **changes), events=events, assets=NoAssets()) as made:
        yield made, News(events)


async def until(holds: Callable[[], bool], *, seconds: float = 10) -> None:
    """Look again at every turn of the loop until it holds."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  (of a dozen kinds of things there are no events)
            await asyncio.sleep(0.005)


def left_over() -> tuple[int, int, int]:
    """Tasks, threads and descriptors there are now."""
    gc.collect()
    return len(asyncio.all_tasks()), threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))


__all__ = ["SETTINGS", "News", "NoAssets", "Told", "effect", "left_over", "sessions", "until"]

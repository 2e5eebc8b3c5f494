"""A whole server on loopback, of real parts, for tests of its HTTP."""

from __future__ import annotations

import asyncio
import atexit
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from gateway.access import Access
from gateway.access.caller import scopes_of
from gateway.access.origins import Origins
from gateway.access.tokens import Grant, Tokens, digest_of
from gateway.api.app import make_app
from gateway.api.server import Server
from gateway.assets import ServerAssets
from gateway.backgrounds import Backgrounds
from gateway.call.sessions import Sessions
from gateway.events import Events
from gateway.metrics import Metrics
from gateway.models import Models
from gateway.profiles import Profiles
from gateway.serving import IceSettings, ServerSettings

LOOPBACK = ServerSettings(ice=IceSettings(interfaces=("127.0.0.1",)), preset="ultrafast")


@dataclass(frozen=True, slots=True)
class Served:
    """A server that listens on loopback, and a client of it."""

    server: Server
    client: TestClient[Request, Application]

    def url(self, path: str) -> str:
        """As other programs are told it."""
        return str(self.client.make_url(path))


@asynccontextmanager
async def served(
    folder: Path,
    *,
    settings: ServerSettings = LOOPBACK,
    tokens: Mapping[str, str] | None = None,
    origins: Iterable[str] = (),
    takes_calls: bool = True,
) -> AsyncIterator[Served]:
    """A server that keeps its things below `folder`. `tokens`: each token's scopes; none: nobody needs one.

    `origins`: the pages from elsewhere that may call. `takes_calls`: False where no call is made; it is there sooner.
    """
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(_hang_up_drawings, folder / "backgrounds")
        events = Events()
        backgrounds = await stack.enter_async_context(Backgrounds(folder / "backgrounds"))
        profiles = await stack.enter_async_context(Profiles(folder / "profiles"))
        models = Models(settings.models_dir)
        sessions = Sessions(settings, events=events, assets=ServerAssets(backgrounds, models))
        grants = [Grant(words, scopes_of(words), digest_of(token)) for token, words in (tokens or {}).items()]
        server = Server(
            settings=settings,
            sessions=sessions,
            access=Access(Tokens(grants), sessions=sessions, origins=Origins(origins)),
            backgrounds=backgrounds,
            models=models,
            profiles=profiles,
            events=events,
            metrics=Metrics(sessions),
        )
        client = await stack.enter_async_context(TestClient(TestServer(make_app(server), host="127.0.0.1")))
        stack.callback(events.close)
        if takes_calls:
            await stack.enter_async_context(sessions)
        yield Served(server, client)


async def problem(response: ClientResponse, status: int) -> dict[str, Any]:
    """The problem (RFC 9457) that a refused request was answered with."""
    document: dict[str, Any] = await response.json(content_type="application/problem+json")
    assert (response.status, document["status"]) == (status, status), document
    assert document["title"]
    return document


@cache
def _drawings() -> Path:
    """A folder in which the pictures that are built in are drawn already."""
    folder = Path(tempfile.mkdtemp(prefix="changebg-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)

    async def draw() -> None:
        async with Backgrounds(folder):
            pass

    asyncio.run(draw())
    return folder


def _hang_up_drawings(folder: Path) -> None:
    """Spare a test the half second of drawing."""
    folder.mkdir(parents=True, exist_ok=True)
    for place in _drawings().glob("builtin-*"):
        (folder / place.name).symlink_to(place)

"""A server from its first moment to its last: its parts, entered in order, left in the other.

It listens before it can take a call: `/healthz` answers at once, `/readyz` once all that a call may use is loaded. Told
to stop, it takes no new calls, lets the running ones end within `ServerSettings.drain`, says BYE to the rest, and
answers HTTP until that is done.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from aiohttp import web

from gateway.access import Access
from gateway.access.jwt import JwtKeys
from gateway.access.origins import Origins
from gateway.access.rates import CreationRates
from gateway.access.signed_urls import SignedUrls
from gateway.access.tokens import Tokens
from gateway.api.app import make_app
from gateway.api.server import Server
from gateway.assets import ServerAssets
from gateway.backgrounds import Backgrounds
from gateway.call.sessions import Sessions
from gateway.errors import GatewayError
from gateway.events import Events
from gateway.metrics import Metrics
from gateway.models import Models
from gateway.profiles import Profiles
from gateway.serving import ServerSettings

IDLE: Final = 65.0
"""Seconds that a connection may say nothing; a proxy's own patience is 60 s as a rule, and it should be the first."""
LAST_ANSWERS: Final = 2.0
"""Seconds that requests in progress are given when all calls have ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """How callers reach a server, and who they may be. `port` 0: any free one. `tls` None: HTTP."""

    host: str = "127.0.0.1"
    port: int = 8080
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    tokens: Tokens = field(default_factory=Tokens, repr=False)
    keys: JwtKeys | None = field(default=None, repr=False)
    url_key: bytes | None = field(default=None, repr=False)
    origins: Origins = field(default_factory=Origins)
    rates: CreationRates = field(default_factory=CreationRates)


@contextmanager
def data_folder(chosen: Path | None) -> Iterator[Path]:
    """Where uploads, profiles and keys are kept: `chosen`, made where it is not there, or a folder for this block.

    Raises:
        GatewayError: it cannot be made.
    """
    if chosen is None:
        with TemporaryDirectory(prefix="changebg-") as folder:
            yield Path(folder)
        return
    try:
        chosen.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise GatewayError(f"--data-dir {str(chosen)!r}: {error.strerror or error}") from error
    yield chosen


async def serve(
    front: Front, settings: ServerSettings, folder: Path, *, on_ready: Callable[[int], object], stop: asyncio.Event
) -> None:
    """Serve until `stop` is set, and the calls have ended. Cancelled: until now.

    Args:
        front: how callers reach it.
        settings: what calls may do.
        folder: what is kept lies below it.
        on_ready: told the port as soon as a call can be taken.
        stop: set to end it.

    Raises:
        GatewayError: it cannot listen there, or a key set cannot be had.
    """
    async with AsyncExitStack() as stack:
        server = await _parts(front, settings, folder, stack)
        port = await _listen(front, make_app(server), stack)
        stack.callback(server.events.close)  # before the answers that go on for ever are waited for
        await stack.enter_async_context(server.sessions)
        on_ready(port)
        await stop.wait()
        await server.sessions.drain(settings.drain)


async def _parts(front: Front, settings: ServerSettings, folder: Path, stack: AsyncExitStack) -> Server:
    """Everything but the sessions is entered; they load for seconds, and can be asked how far they are."""
    if front.keys is not None:
        await front.keys.load()
    events = Events()
    backgrounds = await stack.enter_async_context(Backgrounds(folder / "backgrounds"))
    profiles = await stack.enter_async_context(Profiles(folder / "profiles"))
    models = Models(settings.models_dir)
    sessions = Sessions(settings, events=events, assets=ServerAssets(backgrounds, models))
    access = Access(
        front.tokens,
        keys=front.keys,
        sessions=sessions,
        origins=front.origins,
        urls=SignedUrls(front.url_key),
        rates=front.rates,
    )
    return Server(
        settings=settings,
        sessions=sessions,
        access=access,
        backgrounds=backgrounds,
        models=models,
        profiles=profiles,
        events=events,
        metrics=Metrics(sessions),
    )


async def _listen(front: Front, app: web.Application, stack: AsyncExitStack) -> int:
    """Answer HTTP from now on; returns the port."""
    runner = web.AppRunner(
        app, access_log=None, handle_signals=False, keepalive_timeout=IDLE, shutdown_timeout=LAST_ANSWERS
    )
    stack.push_async_callback(runner.cleanup)
    await runner.setup()
    try:
        await web.TCPSite(runner, front.host, front.port, ssl_context=front.tls).start()
    except OSError as error:
        reason = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
        raise GatewayError(f"cannot listen on {front.host} port {front.port}: {reason}") from error
    return int(runner.addresses[0][1])

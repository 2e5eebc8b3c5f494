"""The STUN and TURN servers this server tells browsers of: as JSON, and as the `Link` headers of WHIP and WHEP."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated

from aiohttp import web
from pydantic import ConfigDict, Field

from gateway.access.guard import caller_of
from gateway.api.answers import answer
from gateway.api.models import Given
from gateway.api.operation import Answer, operation
from gateway.api.server import server_of
from gateway.serving import IceServer
from gateway.turn import credentials


class IceServerModel(Given):
    """As a browser's `RTCConfiguration` takes it (W3C webrtc §4.2.3)."""

    urls: list[str]
    username: str | None = None
    credential: str | None = Field(default=None, repr=False)


class IceServersModel(Given):
    """The servers for `RTCPeerConnection`. `expires`: when their credentials do, unix seconds."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    ice_servers: Annotated[list[IceServerModel], Field(alias="iceServers")]
    expires: int | None = None


def routes() -> list[web.RouteDef]:
    """What this file answers."""
    return [web.get("/v1/ice-servers", get_ice_servers)]


@operation(
    tag="calls",
    summary="The STUN and TURN servers to use, with credentials that expire",
    scope=None,
    answers={200: Answer("for RTCPeerConnection", {"application/json": IceServersModel})},
)
async def get_ice_servers(request: web.Request) -> web.Response:
    """None unless the operator configured some."""
    caller_of(request)
    return answer(ice_servers(server_of(request).settings.ice.servers, now=time.time()))


def ice_servers(servers: Sequence[IceServer], *, now: float) -> IceServersModel:
    """What a browser is told of `servers`. `now`: unix seconds."""
    shown = [(server, credentials(server, now=now)) for server in servers]
    models = [
        IceServerModel(urls=[server.url])
        if known is None
        else IceServerModel(urls=[server.url], username=known.username, credential=known.password)
        for server, known in shown
    ]
    ends = [known.expires for _, known in shown if known is not None and known.expires is not None]
    return IceServersModel(ice_servers=models, expires=min(ends, default=None))


def link_headers(servers: Sequence[IceServer], *, now: float) -> list[str]:
    """`Link` headers that tell a WHIP or WHEP client of `servers` (RFC 9725 §4.6). `now`: unix seconds."""
    links = []
    for server in servers:
        link = f'<{server.url}>; rel="ice-server"'
        if known := credentials(server, now=now):
            link += f'; username="{_quoted(known.username)}"; credential="{_quoted(known.password)}"'
            link += '; credential-type="password"'
        links.append(link)
    return links


def _quoted(text: str) -> str:
    """The inside of an HTTP quoted string (RFC 9110 §5.6.4)."""
    return text.replace("\\", "\\\\").replace('"', '\\"')

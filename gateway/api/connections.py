"""Connections: what WHIP and WHEP call a session URL, and every browser's offer is given one.

A connection's URL holds a name nobody can guess, told to its client alone; so the URL itself is the permission, and no
token is asked for. It says nothing of the session, whose id is public. What goes for all of them is here: RFC 9725
(WHIP) and draft-ietf-wish-whep-04 agree on it.

We gather every candidate before we answer, take those that trickle in later, and refuse an ICE restart (422, RFC 9725
§4.3.1): a client whose network changed makes a new offer, and comes back to its session with its token.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from aiohttp import web

from gateway.access.guard import public
from gateway.api.answers import acceptable
from gateway.api.bodies import BadBody, read_text
from gateway.api.conditions import matches
from gateway.api.ice_servers import link_headers
from gateway.api.operation import TEXT, Answer, Parameter, operation
from gateway.api.server import server_of
from gateway.errors import PreconditionFailed, PreconditionRequired, SdpError
from gateway.rtp import sdp
from gateway.rtp.sdp.browser import BrowserOffer

if TYPE_CHECKING:
    from gateway.call.connection import Connection
    from gateway.call.sessions import Answered

SDP_TYPE = "application/sdp"
FRAGMENT_TYPE = "application/trickle-ice-sdpfrag"
"""RFC 8840 §9."""

CREATED = Answer(
    "the answer",
    {SDP_TYPE: TEXT},
    {
        "Location": "the connection: PATCH candidates to it, DELETE it to hang up",
        "ETag": "of its ICE session: the If-Match of a PATCH",
        "Link": "the STUN and TURN servers to use, rel=ice-server",
        "Accept-Patch": FRAGMENT_TYPE,
    },
)


def routes() -> list[web.RouteDef]:
    """What this file answers."""
    path = connection_path("{resource}")
    return [
        web.patch(path, patch_connection),
        web.delete(path, delete_connection),
        web.options(path, options_connection),
        web.get(path, get_connection),
    ]


def connection_path(resource: str) -> str:
    """Where a connection is found. `resource`: its name in `Sessions`."""
    return f"/v1/connections/{resource}"


async def offered(request: web.Request) -> str:
    """The offer that the body of a WHIP or WHEP request is.

    Raises:
        UnsupportedMedia, TooLarge, TooSlow: as `gateway.api.bodies.read_text`.
        NotAcceptable: the client takes no SDP.
        BadBody: it is no SDP.
        SdpError: it is not WebRTC's. Whether that can be answered is another matter.
    """
    acceptable(request, (SDP_TYPE,))
    text = await read_text(request, types=(SDP_TYPE,))
    try:
        description = sdp.parse(text)
    except SdpError as error:
        raise BadBody(f"the body is no SDP: {error}") from error
    if not BrowserOffer.fits(description):
        raise SdpError("the offer is not WebRTC's: it has no ICE in it; plain RTP is offered to /v1/offer")
    return text


def created(request: web.Request, answered: Answered) -> web.Response:
    """The 201 that RFC 9725 §4.2 describes."""
    response = web.Response(body=answered.sdp.encode(), status=201, content_type=SDP_TYPE)
    response.headers["Location"] = connection_path(answered.resource or "")
    response.headers["ETag"] = f'"{answered.etag}"'
    response.headers["Accept-Patch"] = FRAGMENT_TYPE
    for link in link_headers(server_of(request).settings.ice.servers, now=time.time()):
        response.headers.add("Link", link)
    return response


def endpoint_options() -> web.Response:
    """What is told of a WHIP or WHEP endpoint to everybody, a browser that asks for permission first included."""
    return web.Response(headers={"Allow": "GET, HEAD, OPTIONS, POST", "Accept-Post": SDP_TYPE})


@public
@operation(
    tag="calls",
    summary="Tell a connection of more candidates",
    scope=None,
    answers={204: Answer("they are taken")},
    problems=(400, 404, 408, 412, 413, 415, 422, 428),
    body={FRAGMENT_TYPE: TEXT},
    parameters=(Parameter("If-Match", "the ETag that came with the answer", place="header"),),
)
async def patch_connection(request: web.Request) -> web.Response:
    """Trickle ICE (RFC 8840, RFC 9725 §4.3.1). An ICE restart is answered 422: make a new offer instead."""
    connection = _connection_of(request)
    fragment = await read_text(request, types=(FRAGMENT_TYPE,))
    if "If-Match" not in request.headers:
        raise PreconditionRequired("If-Match is missing: the ETag that came with the answer")
    if not matches(request, f'"{connection.etag}"'):
        raise PreconditionFailed("If-Match names another ICE session")
    try:
        await connection.patch(fragment)
    except SdpError as error:
        raise BadBody(f"the body is no fragment of SDP: {error}") from error
    return web.Response(status=204)


@public
@operation(
    tag="calls",
    summary="Hang up",
    scope=None,
    answers={200: Answer("it ended")},
    problems=(404,),
)
async def delete_connection(request: web.Request) -> web.Response:
    """A watcher leaves; an offerer's or publisher's session ends with it."""
    await _connection_of(request).close()
    return web.Response()


@public
async def options_connection(request: web.Request) -> web.Response:
    """The same whether there is such a connection or not."""
    return web.Response(headers={"Allow": "DELETE, GET, HEAD, OPTIONS, PATCH", "Accept-Patch": FRAGMENT_TYPE})


@public
async def get_connection(request: web.Request) -> web.Response:
    """It has no representation (RFC 9725 §4.1)."""
    _connection_of(request)
    return web.Response(status=204)


def _connection_of(request: web.Request) -> Connection:
    return server_of(request).sessions.connection(request.match_info["resource"])

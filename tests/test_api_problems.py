"""Errors as RFC 9457 problems, and bodies read with limits of size, kind and time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import BaseModel

from gateway.api.bodies import JSON_LIMIT, read_body, read_json, read_text
from gateway.api.problems import problems
from gateway.errors import Busy, Forbidden, GatewayError, NotFound, PreconditionFailed, SdpError, TooOften
from transforms.effect import EffectError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Client = TestClient[web.Request, web.Application]


class Wanted(BaseModel):
    size: int


@asynccontextmanager
async def _serving(handler: Handler) -> AsyncIterator[Client]:
    app = web.Application(middlewares=[problems])
    app.router.add_post("/here", handler)
    async with TestClient(TestServer(app, host="127.0.0.1")) as client:
        yield client


async def _told(response: ClientResponse) -> dict[str, Any]:
    assert response.content_type == "application/problem+json"
    told: dict[str, Any] = await response.json(content_type="application/problem+json")
    assert told["status"] == response.status
    assert told["title"] and told["instance"].startswith("/")
    return told


async def _takes_json(request: web.Request) -> web.Response:
    return web.json_response((await read_json(request, Wanted)).model_dump())


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (NotFound("session 'x': there is none"), 404, "not-found"),
        (Forbidden("desk has no permission to watch"), 403, "forbidden"),
        (SdpError("line 3: 'm=' is no medium"), 422, "sdp-error"),
        (EffectError("feather 99 is outside 0 to 20 pixels"), 422, "effect-error"),
        (PreconditionFailed("at version 3 by now"), 412, "precondition-failed"),
        (Busy("64 sessions are the most", retry_after=2.2), 503, "busy"),
        (TooOften("too many requests", retry_after=0.1), 429, "too-often"),
    ],
)
async def test_an_error_is_told_as_a_problem(error: Exception, status: int, kind: str) -> None:
    async def handler(request: web.Request) -> web.Response:
        raise error

    async with _serving(handler) as client, client.post("/here?ticket=secret") as response:
        told = await _told(response)
    assert (response.status, told["type"]) == (status, f"urn:changebg:problem:{kind}")
    assert (told["detail"], told["instance"]) == (str(error), "/here")
    assert response.headers.get("Retry-After") == {"busy": "3", "too-often": "1"}.get(kind)


async def test_a_mistake_of_ours_is_logged_once_and_told_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async def handler(request: web.Request) -> web.Response:
        raise KeyError("an inner name")

    with caplog.at_level(logging.ERROR):
        async with _serving(handler) as client, client.post("/here") as response:
            told = await _told(response)
    assert response.status == 500
    assert "inner name" not in str(told)
    assert len([record for record in caplog.records if record.exc_info]) == 1


async def test_an_error_of_the_run_is_a_500_with_its_sentence(caplog: pytest.LogCaptureFixture) -> None:
    async def handler(request: web.Request) -> web.Response:
        raise GatewayError("the worker does not come back")

    with caplog.at_level(logging.ERROR):
        async with _serving(handler) as client, client.post("/here") as response:
            assert (await _told(response))["detail"] == "the worker does not come back"
    assert "the worker does not come back" in caplog.text


async def test_no_such_path_and_no_such_method_are_problems_too() -> None:
    async with _serving(_takes_json) as client:
        async with client.get("/there") as response:
            assert (await _told(response))["status"] == 404
        async with client.get("/here") as response:
            assert (await _told(response))["status"] == 405
            assert response.headers["Allow"] == "POST"


async def test_a_body_that_does_not_fit_says_where() -> None:
    async with _serving(_takes_json) as client, client.post("/here", json={"size": "large"}) as response:
        told = await _told(response)
    assert response.status == 422
    assert [error["pointer"] for error in told["errors"]] == ["/size"]
    assert told["type"] == "urn:changebg:problem:invalid-body"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"size": NaN}', b'{"size": 1' + b"0" * 5000 + b"}", b'"\\ud800"'],
)
async def test_what_is_not_json_is_a_bad_request(body: bytes) -> None:
    async with _serving(_takes_json) as client:
        async with client.post("/here", data=body, headers={"Content-Type": "application/json"}) as response:
            await _told(response)
        assert response.status == 400


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/json2", None])
async def test_another_kind_of_body_is_refused(kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    async with _serving(_takes_json) as client:
        options: dict[str, Any] = {"skip_auto_headers": {"Content-Type"}} if kind is None else {}
        async with client.post("/here", data=b'{"size": 3}', headers=headers, **options) as response:
            assert "expected application/json" in (await _told(response))["detail"]
        assert response.status == 415


async def test_a_compressed_body_is_refused() -> None:
    async with _serving(_takes_json) as client, client.post("/here", json={}, compress="deflate") as response:
        await _told(response)
    assert response.status == 415


async def test_a_large_body_is_refused_by_its_length_and_without_one() -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 65536

    async with _serving(_takes_json) as client:
        kind = {"Content-Type": "application/json"}
        async with client.post("/here", data=b" " * (JSON_LIMIT + 1), headers=kind) as response:
            assert "256 KiB" in (await _told(response))["detail"]
        assert response.status == 413
        async with client.post("/here", data=endless(), headers=kind) as response:
            await _told(response)
        assert response.status == 413


async def test_a_body_that_does_not_come_is_given_up() -> None:
    stalled = asyncio.Event()

    async def trickle() -> AsyncIterator[bytes]:
        yield b'{"size":'
        await stalled.wait()

    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=await read_body(request, types=("application/json",), limit=100, patience=0.1))

    async with _serving(handler) as client:
        async with client.post("/here", data=trickle(), headers={"Content-Type": "application/json"}) as response:
            await _told(response)
        stalled.set()
    assert response.status == 408


async def test_a_client_that_vanishes_in_its_body_leaves_nothing(caplog: pytest.LogCaptureFixture) -> None:
    ended = asyncio.Event()

    async def handler(request: web.Request) -> web.Response:
        try:
            return await _takes_json(request)
        finally:
            ended.set()

    async with _serving(handler) as client:
        url = client.make_url("/here")
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(b"POST /here HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        async with asyncio.timeout(5):
            await ended.wait()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    del reader


async def test_text_that_is_not_utf8_is_a_bad_request() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(text=await read_text(request, types=("application/sdp",)))

    async with _serving(handler) as client:
        kind = {"Content-Type": "application/sdp"}
        async with client.post("/here", data=b"v=0\r\n\xff", headers=kind) as response:
            assert "octet 5 is 0xff" in (await _told(response))["detail"]
        async with client.post("/here", data=b"v=0\r\n", headers=kind) as response:
            assert await response.text() == "v=0\r\n"
        async with client.post("/here", data=b"v=0\r\n" * 20_000, headers=kind) as response:
            assert response.status == 413

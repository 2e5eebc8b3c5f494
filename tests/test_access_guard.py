"""gateway.access.guard and headers: what stands before every handler, on a real HTTP server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from gateway.access import Access
from gateway.access.guard import admit, caller_of, guard, public, shared
from gateway.access.headers import prepare
from gateway.access.origins import Origins, is_loopback_host
from gateway.access.rates import CreationRates
from gateway.access.tokens import Tokens, single
from gateway.api.problems import problems

Client = TestClient[web.Request, web.Application]

OURS = "https://app.example"
FOREIGN = "https://evil.example"
SIGNED_IN = {"Authorization": "Bearer secret"}


async def make(request: web.Request) -> web.Response:
    admit(request, "publish")
    return web.Response(status=201)


async def watch(request: web.Request) -> web.Response:
    caller_of(request).require("watch", session=request.match_info["id"])
    return web.json_response({"caller": caller_of(request).name})


async def forgetful(request: web.Request) -> web.Response:
    return web.Response(text="a handler that asks for nothing")


@public
async def health(request: web.Request) -> web.Response:
    return web.Response(text="ok")


@shared
async def module(request: web.Request) -> web.Response:
    return web.Response(text="export {};", headers={"Access-Control-Allow-Origin": "*"})


@public
async def options(request: web.Request) -> web.Response:
    return web.Response(status=204, headers={"Accept-Post": "application/sdp"})


@asynccontextmanager
async def server(access: Access) -> AsyncIterator[Client]:
    app = web.Application(middlewares=[problems, guard(access)])
    app.on_response_prepare.append(prepare(access))
    app.router.add_post("/v1/sessions", make)
    app.router.add_get("/v1/sessions/{id}", watch)
    app.router.add_get("/forgetful", forgetful)
    app.router.add_get("/healthz", health)
    app.router.add_get("/call.js", module)
    app.router.add_post("/whip/{name}", make)
    app.router.add_route("OPTIONS", "/whip/{name}", options)
    async with TestClient(TestServer(app)) as client:
        yield client


def guarded(**more: Any) -> Access:
    return Access(Tokens([single("secret")]), **more)


async def problem(answer: ClientResponse) -> str:
    assert answer.content_type == "application/problem+json"
    return str((await answer.json())["detail"])


async def test_a_server_on_loopback_serves_whoever_is_there() -> None:
    async with server(Access()) as client:
        assert (await client.post("/v1/sessions")).status == 201
        assert await (await client.get("/v1/sessions/s1")).json() == {"caller": "anybody"}


@pytest.mark.parametrize(
    "host", ["localhost:8080", "LOCALHOST", "127.0.0.1", "127.1.2.3:1", "[::1]:8080", "app.localhost"]
)  # fmt: skip
async def test_loopback_has_many_names(host: str) -> None:
    async with server(Access()) as client:
        assert (await client.get("/healthz", headers={"Host": host})).status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8080", "192.0.2.1", "localhost.evil.example", "127.0.0.1.nip.io", "evil@127.0.0.1x",
     "0.0.0.0", "[::]", "", "[", "xn--localhost"],
)  # fmt: skip
async def test_a_name_that_was_rebound_to_this_machine_is_refused(host: str) -> None:
    async with server(Access()) as client:
        for path in ("/v1/sessions/s1", "/healthz", "/nowhere"):
            answer = await client.get(path, headers={"Host": host})
            assert answer.status == 403, path
            assert "loopback" in await problem(answer)


@pytest.mark.parametrize("origin", [FOREIGN, "null", "http://localhost:1", "http://127.0.0.1", "file://", "x"])
async def test_a_foreign_page_is_refused_where_no_token_is_needed(origin: str) -> None:
    async with server(Access()) as client:
        for headers in ({"Origin": origin}, {"Origin": origin, "Content-Type": "text/plain"}):
            answer = await client.post("/v1/sessions", data=b"{}", headers=headers)
            assert answer.status == 403
            assert "--allow-origin" in await problem(answer)
            assert "Access-Control-Allow-Origin" not in answer.headers


async def test_our_own_page_is_not_foreign() -> None:
    async with server(Access()) as client:
        own = f"http://127.0.0.1:{client.port}"
        assert (await client.post("/v1/sessions", headers={"Origin": own})).status == 201


@pytest.mark.parametrize(
    ("site", "mode", "status"),
    [
        ("cross-site", "no-cors", 403),
        ("same-site", "no-cors", 403),
        ("cross-site", "navigate", 200),
        ("same-origin", "no-cors", 200),
        ("none", "navigate", 200),
    ],
)
async def test_a_foreign_page_that_hides_its_name_is_refused_but_a_link_is_followed(
    site: str, mode: str, status: int
) -> None:
    async with server(Access()) as client:
        answer = await client.get("/v1/sessions/s1", headers={"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode})
        assert answer.status == status


async def test_the_module_for_other_pages_is_anybodys() -> None:
    for access in (Access(), guarded()):
        async with server(access) as client:
            answer = await client.get("/call.js", headers={"Origin": FOREIGN, "Sec-Fetch-Site": "cross-site"})
            assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")


async def test_without_the_token_nothing_is_reached_but_what_is_public() -> None:
    async with server(guarded()) as client:
        for method, path in (("POST", "/v1/sessions"), ("GET", "/v1/sessions/s1"), ("GET", "/forgetful")):
            answer = await client.request(method, path)
            assert answer.status == 401, path
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert await problem(answer) == "a token is needed: Authorization: Bearer …"
        assert (await client.get("/healthz")).status == 200
        assert (await client.get("/nowhere")).status == 404
        assert (await client.put("/v1/sessions", headers=SIGNED_IN)).status == 405


async def test_with_the_token_any_name_and_page_may_call() -> None:
    async with server(guarded()) as client:
        headers = {**SIGNED_IN, "Host": "calls.example", "Origin": FOREIGN}
        assert (await client.post("/v1/sessions", headers=headers)).status == 201
        assert (await client.post("/v1/sessions", headers={"Authorization": "Bearer wrong"})).status == 401
        assert (await client.get("/healthz", headers={"Authorization": "Bearer wrong"})).status == 401


async def test_a_signed_url_publishes_there_and_nowhere_else() -> None:
    access = guarded()
    url = access.urls.sign("/whip/my studio", seconds=60)
    async with server(access) as client:
        assert (await client.post(url)).status == 201
        assert (await client.post(url.replace("studio", "desk"))).status == 401
        assert (await client.post(url.replace("/whip/my%20studio", "/v1/sessions"))).status == 401
        assert (await client.post("/whip/my%20studio")).status == 401


PREFLIGHT = {
    "Origin": OURS,
    "Access-Control-Request-Method": "PATCH",
    "Access-Control-Request-Headers": "authorization",
}


@pytest.mark.parametrize("make_access", [Access, guarded])
async def test_a_browser_may_ask_for_the_pages_that_were_allowed(make_access: Callable[..., Access]) -> None:
    async with server(make_access(origins=Origins([OURS]))) as client:
        answer = await client.options("/v1/sessions/s1", headers=PREFLIGHT)
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == OURS
        assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
        assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in answer.headers
        refused = await client.options("/v1/sessions/s1", headers={**PREFLIGHT, "Origin": FOREIGN})
        assert refused.status == 403
        assert "Access-Control-Allow-Origin" not in refused.headers


async def test_a_routes_own_answer_to_options_is_kept() -> None:
    async with server(guarded(origins=Origins([OURS]))) as client:
        answer = await client.options("/whip/studio", headers=PREFLIGHT)
        assert answer.headers["Accept-Post"] == "application/sdp"
        assert answer.headers["Access-Control-Allow-Origin"] == OURS


async def test_an_allowed_page_reads_answers_and_errors_with_their_headers() -> None:
    async with server(guarded(origins=Origins([OURS]))) as client:
        for headers in (SIGNED_IN, {}):
            answer = await client.post("/v1/sessions", headers={**headers, "Origin": OURS})
            assert answer.headers["Access-Control-Allow-Origin"] == OURS
            assert "Location" in answer.headers["Access-Control-Expose-Headers"]
            assert "Origin" in answer.headers.getall("Vary")
        foreign = await client.post("/v1/sessions", headers={**SIGNED_IN, "Origin": FOREIGN})
        assert "Access-Control-Allow-Origin" not in foreign.headers


async def test_every_answer_tells_browsers_what_not_to_do() -> None:
    async with server(guarded()) as client:
        for path in ("/healthz", "/v1/sessions/s1", "/nowhere"):
            headers = (await client.get(path)).headers
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
            assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert headers["Referrer-Policy"] == "no-referrer"
            assert headers["Cache-Control"] == "no-store"
            assert headers["Server"] == "changebg"


async def test_who_makes_too_much_is_told_when_to_come_back() -> None:
    async with server(Access(rates=CreationRates(0.1, clock=lambda: 0.0))) as client:
        assert (await client.post("/v1/sessions")).status == 201
        answer = await client.post("/v1/sessions")
        assert answer.status == 429
        assert answer.headers["Retry-After"] == "8"
        assert (await client.get("/v1/sessions/s1")).status == 200


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:80", "[::1]"])
def test_a_loopback_name_is_known_as_one(host: str) -> None:
    assert is_loopback_host(host)

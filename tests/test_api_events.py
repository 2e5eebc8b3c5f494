"""Server-sent events, and the tickets that open them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse

from gateway.access.caller import Caller
from gateway.api import events as events_api
from gateway.api.tickets import LIFETIME, MOST, Tickets
from gateway.errors import Unauthorized
from gateway.events import Happening
from tests.far_peer import far_peer
from tests.serving import Served, problem, served

WATCHING = "\r\n".join(
    ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=ice-ufrag:abcd", "m=video 9 UDP/TLS/RTP/SAVPF 96", ""]
)
WATCHER = Caller("watcher", frozenset({"watch"}), "127.0.0.1")


def _publish(there: Served, number: int, session: str = "a") -> None:
    there.server.events.publish(Happening("note", session, {"number": number}, 1000.0))


async def _block(response: ClientResponse) -> list[str]:
    """The lines up to the next empty one."""
    async with asyncio.timeout(5):
        lines: list[str] = []
        while line := (await response.content.readline()).decode().rstrip("\n"):
            lines.append(line)
        return lines


async def _event(response: ClientResponse) -> tuple[str | None, str, Any]:
    """The id, type and data of the next event."""
    lines: list[str] = []
    while not any(line.startswith("data: ") for line in lines):
        lines = await _block(response)
    fields = dict(line.split(": ", 1) for line in lines)
    return fields.get("id"), fields["event"], json.loads(fields["data"])


async def _numbers(response: ClientResponse, count: int) -> list[int]:
    return [(await _event(response))[2]["data"]["number"] for _ in range(count)]


async def test_what_happens_is_told_as_it_happens(tmp_path: Path) -> None:
    async with served(tmp_path, takes_calls=False) as there:
        response = await there.client.get("/v1/events")
        assert (response.status, response.content_type) == (200, "text/event-stream")
        assert await _block(response) == ["retry: 2000"]
        _publish(there, 1)
        _, kind, data = await _event(response)
        assert (kind, data) == ("note", {"type": "note", "session": "a", "time": 1000.0, "data": {"number": 1}})


async def test_who_comes_back_goes_on_where_it_was(tmp_path: Path) -> None:
    async with served(tmp_path, takes_calls=False) as there:
        first = await there.client.get("/v1/events")
        for number in range(3):
            _publish(there, number)
        seen, _, _ = await _event(first)
        first.close()
        assert seen is not None
        again = await there.client.get("/v1/events", headers={"Last-Event-ID": seen})
        by_query = await there.client.get("/v1/events", params={"after": seen})
        assert await _numbers(again, 2) == await _numbers(by_query, 2) == [1, 2]


async def test_news_of_another_start_are_told_from_the_oldest_kept(tmp_path: Path) -> None:
    async with served(tmp_path, takes_calls=False) as there:
        _publish(there, 1)
        response = await there.client.get("/v1/events", headers={"Last-Event-ID": "another-7"})
        assert (await _event(response))[1] == "missed"
        assert await _numbers(response, 1) == [1]


async def test_one_sessions_news_only(tmp_path: Path) -> None:
    async with served(tmp_path, takes_calls=False) as there:
        response = await there.client.get("/v1/events", params={"session": "b"})
        _publish(there, 1, "a")
        _publish(there, 2, "b")
        assert await _numbers(response, 1) == [2]


async def test_silence_is_filled_so_that_no_proxy_cuts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_api, "HEARTBEAT", 0.01)
    async with served(tmp_path, takes_calls=False) as there:
        response = await there.client.get("/v1/events")
        assert [await _block(response) for _ in range(3)][1:] == [[":"], [":"]]
        _publish(there, 1)
        assert await _numbers(response, 1) == [1]


async def test_a_listener_that_leaves_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_api, "HEARTBEAT", 0.01)
    async with served(tmp_path, takes_calls=False) as there:
        leaving, staying = await there.client.get("/v1/events"), await there.client.get("/v1/events")
        leaving.close()
        while len(there.server.events._subscriptions) > 1:
            assert await _block(staying) in (["retry: 2000"], [":"])


async def test_the_end_of_the_server_ends_the_stream(tmp_path: Path) -> None:
    async with served(tmp_path, takes_calls=False) as there:
        response = await there.client.get("/v1/events")
        _publish(there, 1)
        there.server.events.close()
        assert await _numbers(response, 1) == [1]
        assert await response.content.read() == b""


async def test_a_ticket_opens_the_stream_once(tmp_path: Path) -> None:
    async with served(tmp_path, tokens={"may-watch": "watch"}, takes_calls=False) as there:
        await problem(await there.client.get("/v1/events"), 401)
        await problem(await there.client.post("/v1/events/tickets"), 401)
        bought = await there.client.post("/v1/events/tickets", headers={"Authorization": "Bearer may-watch"})
        ticket = (await bought.json())["ticket"]
        assert bought.status == 201
        assert (await there.client.get("/v1/events", params={"ticket": ticket})).status == 200
        await problem(await there.client.get("/v1/events", params={"ticket": ticket}), 401)
        await problem(await there.client.get("/v1/events", params={"ticket": "made-up"}), 401)


async def test_a_call_is_told_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    async with served(tmp_path) as there, far_peer() as encoder:
        await there.client.put("/v1/profiles/studio", json={"matting": {"kind": "none"}})
        news = await there.client.get("/v1/events")
        offer = (await encoder.offer("VP8")).replace("a=sendrecv", "a=sendonly")
        made = await there.client.post("/whip/studio", data=offer, headers={"Content-Type": "application/sdp"})
        await encoder.take(await made.text())
        told = {kind: data async for kind, data in _until(news, "session.live")}
        (session,) = there.server.sessions
        await there.client.patch(f"/v1/sessions/{session.id}", json={"effect": {"quality": "fast"}})
        await there.client.delete(made.headers["Location"])
        told |= {kind: data async for kind, data in _until(news, "session.ended")}
    assert list(told)[:2] == ["session.created", "leg.added"]
    assert {"session.live", "effect.changed", "leg.removed", "session.ended"} <= set(told)
    assert {data["session"] for data in told.values()} == {session.id}
    assert told["session.created"]["data"]["name"] == "studio"
    assert told["effect.changed"]["data"]["effect"]["quality"] == "fast"
    assert told["session.ended"]["data"]["reason"]


async def _until(response: ClientResponse, last: str) -> AsyncIterator[tuple[str, Any]]:
    kind = ""
    while kind != last:
        _, kind, data = await _event(response)
        yield kind, data


async def test_only_those_who_may_watch_listen(tmp_path: Path) -> None:
    async with served(tmp_path, tokens={"may-publish": "publish"}, takes_calls=False) as there:
        headers = {"Authorization": "Bearer may-publish"}
        await problem(await there.client.get("/v1/events", headers=headers), 403)
        await problem(await there.client.post("/v1/events/tickets", headers=headers), 403)


async def test_a_sessions_own_token_hears_of_that_session_only(tmp_path: Path) -> None:
    async with served(tmp_path, tokens={"may-publish": "publish"}) as there:
        body = {"input": {"kind": "whip", "name": "studio"}, "output": {"kind": "whep"}}
        publishing = {"Authorization": "Bearer may-publish"}
        made = await (await there.client.post("/v1/sessions", json=body, headers=publishing)).json()
        own = {"Authorization": f"Bearer {made['token']}"}
        await problem(await there.client.get("/v1/events", params={"session": "another"}, headers=own), 403)
        ticket = (await (await there.client.post("/v1/events/tickets", headers=own)).json())["ticket"]
        for response in (
            await there.client.get("/v1/events", headers=own),
            await there.client.get("/v1/events", params={"ticket": ticket}),
        ):
            _publish(there, 1, "another")
            _publish(there, 2, made["id"])
            assert await _numbers(response, 1) == [2]
            response.close()
        offer = {"Content-Type": "application/sdp", **own}
        early = await there.client.post("/whep/studio", data=WATCHING, headers=offer)
        await problem(early, 409)
        await problem(await there.client.post("/whep/another", data=WATCHING, headers=offer), 403)


async def test_whoever_takes_no_events_is_told_so(tmp_path: Path) -> None:
    async with served(tmp_path, takes_calls=False) as there:
        await problem(await there.client.get("/v1/events", headers={"Accept": "application/json"}), 406)


async def test_too_many_listeners_are_told_to_come_back(tmp_path: Path) -> None:
    async with served(tmp_path, takes_calls=False) as there:
        events = there.server.events
        crowd = [events.subscribe().__enter__() for _ in range(64)]
        response = await there.client.get("/v1/events")
        await problem(response, 503)
        assert int(response.headers["Retry-After"]) >= 1
        crowd[0].__exit__(None, None, None)
        assert (await there.client.get("/v1/events")).status == 200


def test_a_ticket_is_what_its_buyer_is_for_half_a_minute() -> None:
    now = 1000.0
    tickets = Tickets(clock=lambda: now)
    (ticket, expires), (late, _) = tickets.sell(WATCHER), tickets.sell(WATCHER)
    assert expires == 1000.0 + LIFETIME
    assert tickets.take(ticket) is WATCHER
    now += LIFETIME
    with pytest.raises(Unauthorized):
        tickets.take(late)


def test_tickets_that_nobody_shows_do_not_pile_up() -> None:
    tickets = Tickets()
    first, _ = tickets.sell(WATCHER)
    for _ in range(MOST):
        tickets.sell(WATCHER)
    with pytest.raises(Unauthorized):
        tickets.take(first)

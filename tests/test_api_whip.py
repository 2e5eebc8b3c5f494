"""WHIP (RFC 9725) and WHEP over HTTP, with aiortc's own peer as encoder and player."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientResponse

from gateway.serving import IceServer, IceSettings
from tests.calls_of_server import until
from tests.far_peer import FarPeer, far_peer
from tests.serving import LOOPBACK, Served, problem, served

PLAIN = {"matting": {"kind": "none"}, "background": {"kind": "color", "color": "000000"}}
SDP = {"Content-Type": "application/sdp"}
PLAIN_RTP = "\r\n".join(
    ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", "m=video 5004 RTP/AVP 26", ""]
)
FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path) as server:
        await server.client.put("/v1/profiles/studio", json=PLAIN)
        yield server


@pytest.fixture
async def encoder() -> AsyncIterator[FarPeer]:
    async with far_peer() as peer:
        yield peer


async def _post(there: Served, path: str, offer: str, **headers: str) -> ClientResponse:
    return await there.client.post(path, data=offer.encode(), headers=SDP | headers)


async def _publish(there: Served, encoder: FarPeer, path: str = "/whip/studio") -> ClientResponse:
    """Publish, and go on once the answer was taken."""
    response = await _post(there, path, await _sendonly(encoder))
    assert response.status == 201, await response.text()
    await encoder.take(await response.text())
    return response


async def _accepted(there: Served, path: str, offer: str) -> ClientResponse:
    """Ask again until it is no conflict any more."""
    async with asyncio.timeout(10):
        while (response := await _post(there, path, offer)).status == 409:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert response.status == 201, await response.text()
    return response


async def _sendonly(encoder: FarPeer) -> str:
    return (await encoder.offer("VP8")).replace("a=sendrecv", "a=sendonly")


async def _play(there: Served, player: FarPeer, name: str = "studio") -> ClientResponse:
    """Ask until there is a composite, as Retry-After says, without its patience."""
    response = await _accepted(there, f"/whep/{name}", await player.offer("VP8", sends=False))
    await player.take(await response.text())
    return response


def _fragment(offer: str, candidate: str = "") -> str:
    """What a client trickles: RFC 8840 §4.4."""
    ufrag, password = (re.findall(f"a=ice-{word}:(.*)\r\n", offer)[0] for word in ("ufrag", "pwd"))
    lines = [f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{password}", "m=video 9 UDP/TLS/RTP/SAVPF 0", "a=mid:0"]
    return "".join(f"{line}\r\n" for line in [*lines, *([candidate] if candidate else []), "a=end-of-candidates"])


async def test_what_is_published_is_played_and_ends_with_the_publisher(there: Served, encoder: FarPeer) -> None:
    published = await _publish(there, encoder)
    async with far_peer() as player:
        played = await _play(there, player)
        assert len(await player.received(10)) == 10
        (session,) = (await (await there.client.get("/v1/sessions")).json())["sessions"]
        assert (session["name"], session["input"]) == ("studio", {"kind": "whip", "name": "studio"})
        assert (await there.client.delete(played.headers["Location"])).status == 200
        await problem(await there.client.delete(played.headers["Location"]), 404)
        assert (await there.client.delete(published.headers["Location"])).status == 200
        assert (await (await there.client.get("/v1/sessions")).json())["sessions"] == []


async def test_the_answer_is_what_the_rfc_says(there: Served, encoder: FarPeer) -> None:
    response = await _publish(there, encoder)
    assert response.headers["Content-Type"] == "application/sdp"
    assert re.fullmatch(r'"[^"]+"', response.headers["ETag"])
    assert response.headers["Accept-Patch"] == "application/trickle-ice-sdpfrag"
    assert "Link" not in response.headers
    (session,) = (await (await there.client.get("/v1/sessions")).json())["sessions"]
    resource = response.headers["Location"].rpartition("/")[2]
    assert len(resource) >= 22
    assert session["id"] not in response.headers["Location"]
    answer = await response.text()
    assert "a=recvonly" in answer
    assert "a=candidate" in answer
    assert "a=end-of-candidates" in answer


async def test_the_effect_is_that_of_the_profile_of_its_name_or_of_the_one_asked_for(
    there: Served, encoder: FarPeer
) -> None:
    await there.client.put("/v1/profiles/red", json={**PLAIN, "background": {"kind": "color", "color": "ff0000"}})
    await _publish(there, encoder)
    async with far_peer() as other:
        await _publish(there, other, "/whip/second?profile=red")
        sessions = (await (await there.client.get("/v1/sessions")).json())["sessions"]
        assert [session["effect"]["background"]["color"] for session in sessions] == ["000000", "ff0000"]
    await problem(await _post(there, "/whip/third?profile=none-such", await _sendonly(encoder)), 404)


async def test_a_name_has_one_publisher(there: Served, encoder: FarPeer) -> None:
    await _publish(there, encoder)
    async with far_peer() as other:
        offer = await _sendonly(other)
        await problem(await _post(there, "/whip/studio", offer), 409)
        await encoder.connection.close()
        await _accepted(there, "/whip/studio", offer)
        await until(lambda: len(there.server.sessions) == 1)


async def test_a_session_that_waits_for_its_publisher_keeps_its_own_effect(there: Served, encoder: FarPeer) -> None:
    body = {
        "input": {"kind": "whip", "name": "studio"},
        "output": {"kind": "whep"},
        "effect": {**PLAIN, "background": {"kind": "color", "color": "00ff00"}},
    }
    made = await (await there.client.post("/v1/sessions", json=body)).json()
    early = await _post(there, "/whep/studio", await encoder.offer("VP8", sends=False))
    await problem(early, 409)
    assert int(early.headers["Retry-After"]) >= 1
    async with far_peer() as publisher:
        await _publish(there, publisher)
        (session,) = (await (await there.client.get("/v1/sessions")).json())["sessions"]
        assert (session["id"], session["effect"]["background"]["color"]) == (made["id"], "00ff00")


async def test_candidates_trickle_in_and_only_into_their_own_ice_session(there: Served, encoder: FarPeer) -> None:
    offer = await _sendonly(encoder)
    bare = re.sub("a=(candidate|end-of-candidates).*\r\n", "", offer)
    response = await _post(there, "/whip/studio", bare)
    place, etag = response.headers["Location"], response.headers["ETag"]
    candidate = re.findall("a=candidate:[^\r]*", offer)[0]
    fragment = _fragment(offer, candidate)
    await problem(await there.client.patch(place, data=fragment, headers=FRAGMENT), 428)
    for other in ('"other"', f"W/{etag}", "nonsense"):
        await problem(await there.client.patch(place, data=fragment, headers=FRAGMENT | {"If-Match": other}), 412)
    ours = FRAGMENT | {"If-Match": etag}
    patched = await there.client.patch(place, data=fragment, headers=ours)
    assert (patched.status, await patched.read(), patched.headers.get("ETag")) == (204, b"", None)
    await encoder.take(await response.text())
    async with far_peer() as player:
        await _play(there, player)
        await player.received(3)


async def test_an_ice_restart_is_refused_and_the_call_goes_on(there: Served, encoder: FarPeer) -> None:
    response = await _publish(there, encoder)
    place = response.headers["Location"]
    restart = "a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n"
    await problem(await there.client.patch(place, data=restart, headers=FRAGMENT | {"If-Match": "*"}), 422)
    assert (await there.client.get(place)).status == 204
    async with far_peer() as player:
        await _play(there, player)
        await player.received(3)


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"a=ice-ufrag:x", "application/sdp", 415),
        (b"{}", "application/json", 415),
        (b"\xff\xfe", "application/trickle-ice-sdpfrag", 400),
        (b"this is no fragment", "application/trickle-ice-sdpfrag", 400),
        (b"a=candidate:1 1 udp", "application/trickle-ice-sdpfrag", 400),
        (b"a=x\r\n" * 20_000, "application/trickle-ice-sdpfrag", 413),
    ],
)
async def test_a_bad_fragment_is_refused(
    there: Served, encoder: FarPeer, body: bytes, content_type: str, status: int
) -> None:
    response = await _publish(there, encoder)
    headers = {"Content-Type": content_type, "If-Match": response.headers["ETag"]}
    await problem(await there.client.patch(response.headers["Location"], data=body, headers=headers), status)
    assert (await there.client.get(response.headers["Location"])).status == 204


@pytest.mark.parametrize("endpoint", ["/whip/studio", "/whep/studio"])
@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"v=0\r\n", {"Content-Type": "text/plain"}, 415),
        (b"{}", {"Content-Type": "application/json"}, 415),
        (b"v=0\r\n", SDP | {"Accept": "application/json"}, 406),
        (b"", SDP, 400),
        (b"hello", SDP, 400),
        (b"\xff\xfe\x00", SDP, 400),
        (b"v=0\r\n" + b"a=x\r\n" * 20_000, SDP, 413),
    ],
)
async def test_a_bad_offer_is_refused(
    there: Served, endpoint: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    await problem(await there.client.post(endpoint, data=body, headers=headers), status)
    assert (await (await there.client.get("/v1/sessions")).json())["sessions"] == []


async def test_an_offer_that_nobody_could_publish_with_is_refused(there: Served, encoder: FarPeer) -> None:
    receiving = await encoder.offer("VP8", sends=False)
    for offer in (PLAIN_RTP, receiving, receiving.replace("m=video", "m=text")):
        await problem(await _post(there, "/whip/studio", offer), 422)
    assert (await (await there.client.get("/v1/sessions")).json())["sessions"] == []


@pytest.mark.parametrize("name", ["Studio", "a%2Fb", "-a", "a" * 65, "a.b"])
async def test_a_name_that_is_no_word_is_refused(there: Served, encoder: FarPeer, name: str) -> None:
    await problem(await _post(there, f"/whip/{name}", await _sendonly(encoder)), 422)


@pytest.mark.parametrize("endpoint", ["/whip/studio", "/whep/studio"])
async def test_the_endpoints_tell_what_they_take(there: Served, endpoint: str) -> None:
    options = await there.client.options(endpoint)
    assert (options.status, options.headers["Accept-Post"]) == (200, "application/sdp")
    for method in ("PUT", "PATCH", "DELETE"):
        response = await there.client.request(method, endpoint)
        await problem(response, 405)
        assert "POST" in response.headers["Allow"]
    for method in ("GET", "HEAD"):
        response = await there.client.request(method, endpoint)
        assert (response.status, await response.read()) == (204, b"")


async def test_a_connection_tells_what_it_takes(there: Served, encoder: FarPeer) -> None:
    place = (await _publish(there, encoder)).headers["Location"]
    options = await there.client.options(place)
    assert (options.status, options.headers["Accept-Patch"]) == (200, "application/trickle-ice-sdpfrag")
    for method in ("PUT", "POST"):
        await problem(await there.client.request(method, place), 405)
    await problem(await there.client.get("/v1/connections/none-such"), 404)
    await problem(await there.client.delete("/v1/connections/none-such"), 404)


async def test_clients_are_told_of_ice_servers_by_link(tmp_path: Path, encoder: FarPeer) -> None:
    told = (IceServer("stun:127.0.0.1:9"), IceServer("turn:127.0.0.1:9?transport=udp", secret="north"))
    ice = IceSettings(servers=told, interfaces=("127.0.0.1",))
    async with served(tmp_path, settings=replace(LOOPBACK, ice=ice)) as there:
        response = await _post(there, "/whip/studio", await _sendonly(encoder))
        stun, turn = response.headers.getall("Link")
        assert stun == '<stun:127.0.0.1:9>; rel="ice-server"'
        assert re.fullmatch(
            r'<turn:127\.0\.0\.1:9\?transport=udp>; rel="ice-server"; username="\d+:changebg"; '
            r'credential="[^"]{28}"; credential-type="password"',
            turn,
        )


async def test_each_endpoint_asks_for_its_own_permission(tmp_path: Path, encoder: FarPeer) -> None:
    tokens = {"may-publish": "publish", "may-watch": "watch"}
    async with served(tmp_path, tokens=tokens) as there:
        offer = await _sendonly(encoder)
        publishing, watching = ({"Authorization": f"Bearer {token}"} for token in tokens)
        await problem(await _post(there, "/whip/studio", offer), 401)
        await problem(await _post(there, "/whip/studio", offer, **watching), 403)
        await problem(await _post(there, "/whep/studio", offer), 401)
        await problem(await _post(there, "/whep/studio", offer, **publishing), 403)
        response = await _post(there, "/whip/studio", offer, **publishing)
        assert response.status == 201
        assert (await there.client.options("/whip/studio")).status == 200
        assert (await there.client.delete(response.headers["Location"])).status == 200


async def test_a_page_from_elsewhere_publishes_and_trickles(tmp_path: Path, encoder: FarPeer) -> None:
    page = {"Origin": "https://studio.example"}
    async with served(tmp_path, origins=page.values()) as there:

        async def asked(path: str, method: str, words: str) -> set[str]:
            """What a browser is told that asks first."""
            asking = page | {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": words}
            told = (await there.client.options(path, headers=asking)).headers
            assert told["Access-Control-Allow-Origin"] == page["Origin"]
            assert method in told["Access-Control-Allow-Methods"]
            return {word.strip().lower() for word in told["Access-Control-Allow-Headers"].split(",")}

        assert {"authorization", "content-type"} <= await asked("/whip/studio", "POST", "authorization,content-type")
        response = await _post(there, "/whip/studio", await _sendonly(encoder), **page)
        exposed = response.headers["Access-Control-Expose-Headers"].lower()
        assert all(name in exposed for name in ("location", "etag", "link"))
        place = response.headers["Location"]
        assert {"if-match", "content-type"} <= await asked(place, "PATCH", "content-type,if-match")
        assert await asked(place, "DELETE", "authorization")
        stranger = await there.client.post("/whip/other", data=b"", headers=SDP | {"Origin": "https://evil.example"})
        await problem(stranger, 403)


async def test_a_full_server_says_when_to_come_back(tmp_path: Path, encoder: FarPeer) -> None:
    async with served(tmp_path, settings=replace(LOOPBACK, max_sessions=1)) as there:
        await there.client.put("/v1/profiles/studio", json=PLAIN)
        await _publish(there, encoder)
        async with far_peer() as player, far_peer() as other:
            await _play(there, player)
            response = await _post(there, "/whip/second", await _sendonly(other))
            await problem(response, 503)
            assert int(response.headers["Retry-After"]) >= 1


async def test_a_player_of_nobody_is_told_so(there: Served, encoder: FarPeer) -> None:
    await problem(await _post(there, "/whep/nobody", await encoder.offer("VP8", sends=False)), 404)

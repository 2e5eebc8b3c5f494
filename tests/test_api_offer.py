"""`POST /v1/offer`: calls of browsers and of plain RTP, watched, come back to, and refused."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.api.bodies import SDP_LIMIT
from gateway.rtp import sdp
from tests.calls import callee, caller, description, free_port
from tests.far_peer import far_peer
from tests.frames import coded
from tests.hostile import VECTORS
from tests.playing import made_session, until_composite, with_media
from tests.serving import LOOPBACK, Served, problem, served

RTP = {"kind": "rtp", "url": "rtp://127.0.0.1:5004", "payload_type": 96}
AS_IT_IS = {"matting": {"kind": "none"}}


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def _post(server: Served, bearer: str | None = None, **body: Any) -> dict[str, Any]:
    headers = {} if bearer is None else _bearer(bearer)
    async with server.client.post("/v1/offer", json=body, headers=headers) as response:
        assert response.status == 201, await response.text()
        answer: dict[str, Any] = await response.json()
        assert response.headers["Location"] == answer["location"]
        return answer


async def test_a_browser_gets_itself_back(tmp_path: Path) -> None:
    async with served(tmp_path) as server, far_peer() as peer:
        answer = await _post(server, sdp=await peer.offer("VP8"), type="offer", effect=AS_IT_IS, labels={"desk": "4"})
        assert (answer["type"], answer["location"]) == ("answer", f"/v1/sessions/{answer['session']}")
        await peer.take(answer["sdp"])
        await peer.received(3)
        async with server.client.get(answer["location"]) as response:
            session = await response.json()
        assert (session["state"], session["labels"], session["effect"]["matting"]) == (
            "live",
            {"desk": "4"},
            {"kind": "none"},
        )
        async with server.client.get(f"{answer['location']}/stats") as response:
            stats = {each["type"]: each for each in (await response.json())["stats"]}
        assert stats["inbound-rtp"]["mimeType"] == "video/VP8" and stats["inbound-rtp"]["framesDecoded"] >= 3
        assert stats["outbound-rtp"]["frameWidth"] == 320 and stats["outbound-rtp"]["framesEncoded"] >= 3
        assert stats["remote-inbound-rtp"]["localId"] == stats["outbound-rtp"]["id"]
        pair, transport = stats["candidate-pair"], stats["transport"]
        assert (pair["leg"], transport["selectedCandidatePairId"]) == (stats["leg"]["id"], pair["id"])
        assert pair["localCandidateId"] == stats["local-candidate"]["id"]


async def test_plain_rtp_gets_itself_back(tmp_path: Path) -> None:
    async with served(tmp_path) as server, callee(payload_type=96) as far_end:
        offer = sdp.write(description(far_end.endpoint.port))
        answer = await _post(server, sdp=offer, effect=AS_IT_IS)
        (medium,) = sdp.parse(answer["sdp"]).media
        async with caller(medium.port) as source:
            for unit in coded("H264", 3):
                source.send(unit)
                await far_end.receive()
        async with server.client.delete(answer["location"]) as response:
            assert response.status == 204
        async with asyncio.timeout(5):
            await far_end.left.wait()


async def test_a_browser_is_sent_on_as_rtp(tmp_path: Path) -> None:
    async with served(tmp_path) as server, callee() as far_end, far_peer() as peer:
        output = {"kind": "rtp", "url": f"rtp://127.0.0.1:{far_end.endpoint.port}", "payload_type": 97}
        answer = await _post(server, sdp=await peer.offer("H264"), effect=AS_IT_IS, output=output)
        await peer.take(answer["sdp"])
        await far_end.receive(3)
        async with server.client.get(answer["location"]) as response:
            assert (await response.json())["output"] == output


async def test_a_watcher_comes_and_goes_and_the_session_stays(tmp_path: Path) -> None:
    async with with_media(tmp_path, tokens={"boss": "admin", "guest": "watch"}) as server, far_peer() as peer:
        made = await made_session(server, token="boss")
        await until_composite(server, f"/v1/sessions/{made['id']}", headers=_bearer("boss"))
        watched = {"kind": "session", "id": made["id"]}
        answer = await _post(server, "guest", sdp=await peer.offer(sends=False), input=watched)
        assert (answer["session"], answer["location"]) == (made["id"], answer["connection"])
        assert "token" not in answer
        await peer.take(answer["sdp"])
        await peer.received(2)
        async with server.client.delete(answer["location"]) as response:
            assert response.status == 200
        async with server.client.get(f"/v1/sessions/{made['id']}", headers=_bearer("boss")) as response:
            assert (await response.json())["state"] == "live"


async def test_a_lost_browser_comes_back_to_its_session(tmp_path: Path) -> None:
    async with served(tmp_path, tokens={"maker": "publish"}) as server:
        async with far_peer() as peer:
            first = await _post(server, "maker", sdp=await peer.offer("VP8"), effect=AS_IT_IS)
            await peer.take(first["sdp"])
            await peer.received(1)
        async with far_peer() as peer:
            offer = await peer.offer("VP8")
            body = {"sdp": offer, "session": first["session"], "token": "not this one"}
            async with server.client.post("/v1/offer", json=body) as response:
                await problem(response, 403)
            again = await _post(server, sdp=offer, session=first["session"], token=first["token"])
            assert again["session"] == first["session"]
            await peer.take(again["sdp"])
            await peer.received(1)
            async with server.client.get(again["location"], headers=_bearer(first["token"])) as response:
                assert (await response.json())["effect"]["matting"] == {"kind": "none"}


async def test_an_offer_needs_a_permission(tmp_path: Path) -> None:
    async with served(tmp_path, tokens={"guest": "watch", "maker": "publish"}) as server, far_peer() as peer:
        offer = await peer.offer("VP8")
        body: dict[str, Any] = {"sdp": offer}
        async with server.client.post("/v1/offer", json=body) as response:
            await problem(response, 401)
        async with server.client.post("/v1/offer", json=body, headers=_bearer("guest")) as response:
            await problem(response, 403)
        body |= {"session": "a1b2", "token": "anything"}
        async with server.client.post("/v1/offer", json=body) as response:
            await problem(response, 404)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"sdp": ""}, "/sdp"),
        ({"sdp": 3}, "/sdp"),
        ({"sdp": None}, "/sdp"),
        ({"type": "answer"}, "/type"),
        ({"effect": {"matting": {"kind": "none"}}, "profile": "studio"}, ""),
        ({"profile": "No Such"}, "/profile"),
        ({"input": {"kind": "file", "source": "x"}}, "/input/kind"),
        ({"input": {"kind": "session"}}, "/input/id"),
        ({"output": {"kind": "whep"}}, "/output/kind"),
        ({"session": "a1b2"}, ""),
        ({"input": {"kind": "session", "id": "a"}, "effect": {}}, ""),
        ({"input": {"kind": "session", "id": "a"}, "session": "a", "token": "b"}, ""),
        ({"input": {"kind": "session", "id": "a"}, "output": RTP}, ""),
        ({"labels": {"a b": "c"}}, "/labels"),
        ({"candidates": []}, "/candidates"),
    ],
)
async def test_a_body_that_does_not_fit_says_where(tmp_path: Path, change: dict[str, Any], pointer: str) -> None:
    body = {"sdp": "v=0\r\n"} | change
    async with served(tmp_path, takes_calls=False) as server, server.client.post("/v1/offer", json=body) as response:
        told = await problem(response, 422)
    assert told["errors"][0]["pointer"].startswith(pointer)


@pytest.mark.parametrize(
    ("offer", "status"),
    [
        ("v=0\r\n", 422),
        ("hello", 422),
        ("v=0\r\n" + "a=x\r\n" * (SDP_LIMIT // 5), 422),
        ("v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:96 VP8/90000\r\n", 422),
        ("v=0\r\nc=IN IP4 192.0.2.1\r\nm=video 5004 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n", 403),
        ("v=0\r\nc=IN IP4 127.0.0.1\r\nm=video 5004 RTP/AVP 96\r\na=rtpmap:96 AV1/90000\r\n", 422),
        ("v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 5004 RTP/AVP 0\r\n", 422),
    ],
)
async def test_an_offer_that_cannot_be_answered_leaves_no_session(tmp_path: Path, offer: str, status: int) -> None:
    async with served(tmp_path) as server:
        async with server.client.post("/v1/offer", json={"sdp": offer}) as response:
            assert (await problem(response, status))["detail"]
        async with server.client.get("/v1/sessions") as response:
            assert (await response.json())["sessions"] == []


async def test_too_many_half_open_calls_are_told_when_to_come_back(tmp_path: Path) -> None:
    async with served(tmp_path, settings=replace(LOOPBACK, max_half_open=1)) as server:
        offer = sdp.write(description(free_port()))
        await _post(server, sdp=offer)
        async with server.client.get("/readyz") as response:
            await problem(response, 503)
        async with server.client.post("/v1/offer", json={"sdp": offer}) as response:
            await problem(response, 429)
            assert int(response.headers["Retry-After"]) >= 1


async def test_a_full_server_says_when_to_come_back(tmp_path: Path) -> None:
    async with with_media(tmp_path, max_sessions=1) as server:
        made = await made_session(server)
        await until_composite(server, f"/v1/sessions/{made['id']}")
        async with server.client.post("/v1/offer", json={"sdp": sdp.write(description(free_port()))}) as response:
            assert "1 sessions are in use" in (await problem(response, 503))["detail"]
            assert int(response.headers["Retry-After"]) >= 1


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the shared folder beside the checkout has no vectors")
async def test_other_projects_descriptions_are_answered_or_refused(tmp_path: Path) -> None:
    files = sorted(path for folder in VECTORS.glob("*sdp*") for path in folder.rglob("*") if path.is_file())
    async with served(tmp_path, settings=replace(LOOPBACK, max_half_open=1000, max_sessions=1000)) as server:
        for file in files:
            text = file.read_bytes().decode(errors="replace")
            async with asyncio.timeout(1), server.client.post("/v1/offer", json={"sdp": text}) as response:
                assert response.status in (201, 403, 422), (file, await response.text())
            wanted = {"input": {"kind": "sdp", "sdp": text}, "output": {"kind": "whep"}}
            async with asyncio.timeout(1), server.client.post("/v1/sessions", json=wanted) as response:
                assert response.status in (201, 403, 422), (file, await response.text())

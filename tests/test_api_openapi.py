"""`/openapi.json` is whole, and says what the server does: every operation is called once for real."""

from __future__ import annotations

import io
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiortc import RTCConfiguration, RTCPeerConnection
from PIL import Image

from gateway.serving import IceSettings, ServerSettings
from tests.clips import write_clip
from tests.json_schema import faults, references, resolve
from tests.playing import until_composite
from tests.serving import Served, problem, served


def _png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "navy").save(file, "PNG")
    return file.getvalue()


@pytest.fixture
async def document(tmp_path: Path) -> dict[str, Any]:
    async with served(tmp_path, takes_calls=False) as server, server.client.get("/openapi.json") as response:
        found: dict[str, Any] = await response.json()
        return found


def _operations(document: dict[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Method, path and description by operationId."""
    every = [(method, path, each) for path, methods in document["paths"].items() for method, each in methods.items()]
    ids = [each["operationId"] for _, _, each in every]
    assert len(ids) == len(set(ids))
    return {each["operationId"]: (method, path, each) for method, path, each in every}


async def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = set(references(document))
    assert found
    for reference in found:
        assert resolve(reference, document)


async def test_every_operation_says_what_it_takes_gives_and_needs(document: dict[str, Any]) -> None:
    for name, (method, path, each) in _operations(document).items():
        in_path = [parameter["name"] for parameter in each.get("parameters", ()) if parameter["in"] == "path"]
        assert in_path == re.findall(r"\{(\w+)\}", path), name
        assert each["summary"] and each["description"] and each["tags"], name
        assert any(status.startswith("2") for status in each["responses"]), name
        assert "default" in each["responses"], name
        assert ("requestBody" in each) <= (method in ("post", "put", "patch")), name


async def test_the_contracts_operations_are_there(document: dict[str, Any]) -> None:
    found = {(method, re.sub(r"\{\w+\}", "{}", path)) for method, path, _ in _operations(document).values()}
    wanted = """
        post /v1/offer; post /v1/sessions; get /v1/sessions; get /v1/sessions/{}; delete /v1/sessions/{};
        patch /v1/sessions/{}; get /v1/sessions/{}/stats; get /v1/sessions/{}/snapshot; post /v1/sessions/{}/plate;
        post /v1/sessions/{}/keycolor; get /v1/events; get /v1/ice-servers; get /v1/backgrounds; post /v1/backgrounds;
        delete /v1/backgrounds/{}; get /v1/profiles/{}; put /v1/profiles/{}; delete /v1/profiles/{}; post /whip/{};
        post /whep/{}; get /healthz; get /readyz; get /metrics; get /openapi.json; get /v1/catalog; get /v1/models
    """
    assert {(method, path) for method, path in (item.split() for item in wanted.split(";"))} - found == set()


async def test_a_wrong_body_is_refused_by_every_operation_that_takes_one(tmp_path: Path) -> None:
    async with served(tmp_path, takes_calls=False) as server:
        async with server.client.get("/openapi.json") as response:
            document = await response.json()
        for name, (method, path, each) in _operations(document).items():
            if "requestBody" not in each:
                continue
            url = path.replace("{id}", "none").replace("{name}", "none").replace("{resource}", "none")
            async with server.client.request(method, url, data=b"{", headers={"Content-Type": "text/csv"}) as response:
                assert 400 <= response.status < 500, name
                await problem(response, response.status)


class Walk:
    """Calls each operation once, in the order of its methods: what one makes the next ones use."""

    def __init__(self, server: Served) -> None:
        self._server = server
        self._client = server.client
        self.session = ""
        self.background = ""
        self.connection = ""
        self.connection_etag = ""
        self.peers: list[RTCPeerConnection] = []

    async def get_health(self) -> ClientResponse:
        return await self._client.get("/healthz")

    async def get_ready(self) -> ClientResponse:
        return await self._client.get("/readyz")

    async def get_openapi(self) -> ClientResponse:
        return await self._client.get("/openapi.json")

    async def get_catalog(self) -> ClientResponse:
        return await self._client.get("/v1/catalog")

    async def list_models(self) -> ClientResponse:
        return await self._client.get("/v1/models")

    async def get_ice_servers(self) -> ClientResponse:
        return await self._client.get("/v1/ice-servers")

    async def post_background(self) -> ClientResponse:
        response = await self._client.post("/v1/backgrounds", data=_png(), headers={"Content-Type": "image/png"})
        assert response.status == 201, await response.text()
        self.background = (await response.json())["id"]
        return response

    async def list_backgrounds(self) -> ClientResponse:
        return await self._client.get("/v1/backgrounds")

    async def get_background(self) -> ClientResponse:
        return await self._client.get(f"/v1/backgrounds/{self.background}")

    async def get_thumbnail(self) -> ClientResponse:
        return await self._client.get(f"/v1/backgrounds/{self.background}/thumbnail")

    async def get_picture(self) -> ClientResponse:
        return await self._client.get(f"/v1/backgrounds/{self.background}/picture")

    async def delete_background(self) -> ClientResponse:
        return await self._client.delete(f"/v1/backgrounds/{self.background}")

    async def put_profile(self) -> ClientResponse:
        return await self._client.put("/v1/profiles/studio", json={"background": {"kind": "color", "color": "102030"}})

    async def get_profile(self) -> ClientResponse:
        return await self._client.get("/v1/profiles/studio")

    async def list_profiles(self) -> ClientResponse:
        return await self._client.get("/v1/profiles")

    async def create_session(self) -> ClientResponse:
        wanted = {
            "input": {"kind": "file", "source": "clip.mkv"},
            "output": {"kind": "whep"},
            "profile": "studio",
            "labels": {"desk": "4"},
        }
        response = await self._client.post("/v1/sessions", json=wanted)
        assert response.status == 201, await response.text()
        self.session = (await response.json())["id"]
        return response

    async def delete_profile(self) -> ClientResponse:
        return await self._client.delete("/v1/profiles/studio")

    async def list_sessions(self) -> ClientResponse:
        return await self._client.get("/v1/sessions")

    async def get_session(self) -> ClientResponse:
        return await self._client.get(f"/v1/sessions/{self.session}")

    async def get_snapshot(self) -> ClientResponse:
        await until_composite(self._server, f"/v1/sessions/{self.session}")
        return await self._client.get(f"/v1/sessions/{self.session}/snapshot")

    async def patch_session(self) -> ClientResponse:
        change = {"effect": {"edge": {"feather": 1}}}
        return await self._client.patch(f"/v1/sessions/{self.session}", json=change, headers={"If-Match": "*"})

    async def measure_key_color(self) -> ClientResponse:
        return await self._client.post(f"/v1/sessions/{self.session}/keycolor")

    async def make_plate(self) -> ClientResponse:
        return await self._client.post(f"/v1/sessions/{self.session}/plate", json={"frames": 2})

    async def get_stats(self) -> ClientResponse:
        return await self._client.get(f"/v1/sessions/{self.session}/stats")

    async def play(self) -> ClientResponse:
        response = await self._post_offer(f"/whep/{self.session}", "recvonly")
        self.connection, self.connection_etag = response.headers["Location"], response.headers["ETag"]
        return response

    async def patch_connection(self) -> ClientResponse:
        ufrag = re.search("a=ice-ufrag:(.*)", self.peers[-1].localDescription.sdp)
        fragment = f"a=ice-ufrag:{ufrag[1].strip() if ufrag else ''}\r\na=mid:0\r\na=end-of-candidates\r\n"
        kind = {"Content-Type": "application/trickle-ice-sdpfrag", "If-Match": self.connection_etag}
        return await self._client.patch(self.connection, data=fragment, headers=kind)

    async def delete_connection(self) -> ClientResponse:
        return await self._client.delete(self.connection)

    async def publish(self) -> ClientResponse:
        return await self._post_offer("/whip/stage", "sendonly")

    async def offer(self) -> ClientResponse:
        sdp = await self._offered("sendrecv")
        return await self._client.post("/v1/offer", json={"sdp": sdp, "type": "offer"})

    async def post_ticket(self) -> ClientResponse:
        return await self._client.post("/v1/events/tickets")

    async def get_events(self) -> ClientResponse:
        return await self._client.get("/v1/events")

    async def get_metrics(self) -> ClientResponse:
        return await self._client.get("/metrics")

    async def delete_session(self) -> ClientResponse:
        return await self._client.delete(f"/v1/sessions/{self.session}")

    async def _post_offer(self, path: str, direction: str) -> ClientResponse:
        sdp = await self._offered(direction)
        return await self._client.post(path, data=sdp.encode(), headers={"Content-Type": "application/sdp"})

    async def _offered(self, direction: str) -> str:
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.peers.append(peer)
        peer.addTransceiver("video", direction=direction)
        await peer.setLocalDescription(await peer.createOffer())
        return peer.localDescription.sdp


@asynccontextmanager
async def _walk(tmp_path: Path) -> AsyncIterator[Walk]:
    media = tmp_path / "media"
    media.mkdir()
    write_clip(media / "clip.mkv")
    settings = ServerSettings(ice=IceSettings(interfaces=("127.0.0.1",)), preset="ultrafast", media_dir=media)
    async with served(tmp_path / "data", settings=settings) as server:
        walk = Walk(server)
        try:
            yield walk
        finally:
            for peer in walk.peers:
                await peer.close()


async def test_every_operation_answers_as_it_says(tmp_path: Path, document: dict[str, Any]) -> None:
    operations = _operations(document)
    walked = [name for name in vars(Walk) if not name.startswith("_")]
    assert set(walked) == set(operations)
    async with _walk(tmp_path) as walk:
        for name in walked:
            call: Callable[[], Awaitable[ClientResponse]] = getattr(walk, name)
            async with await call() as response:
                assert response.status < 300, (name, await response.text())
                await _check(response, operations[name][2], document, name)


async def _check(response: ClientResponse, operation: dict[str, Any], document: dict[str, Any], name: str) -> None:
    said = operation["responses"][str(response.status)]
    for header in said.get("headers", {}):
        if header != "Link":
            assert header in response.headers, (name, header)
    if "content" not in said:
        assert not await response.read(), name
        return
    assert response.content_type in said["content"], (name, response.content_type)
    if response.content_type == "application/json":
        schema = said["content"]["application/json"]["schema"]
        assert list(faults(await response.json(), schema, document)) == [], name
    elif response.content_type != "text/event-stream":
        assert await response.read(), name


async def test_the_guides_requests_are_operations_that_fit(document: dict[str, Any]) -> None:
    guide = (Path(__file__).parents[1] / "docs/api.md").read_text().replace("\\\n", "")
    requests = re.findall(r"^\$ curl -X (\w+) localhost:8080(/[^\s?]*)(.*)$", guide, flags=re.MULTILINE)
    assert len(requests) >= 8
    for method, path, rest in requests:
        template = re.sub(r"(?<=sessions/)[^/]+", "{id}", path)
        operation = document["paths"][template][method.lower()]
        if body := re.search(r"-d '(.*)'", rest):
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            assert list(faults(json.loads(body[1]), schema, document)) == [], (method, path)
    for effect in re.findall(r"^```json\n(\{\n  \"matting\".*?)^```", guide, flags=re.MULTILINE | re.DOTALL):
        assert list(faults(json.loads(effect), document["components"]["schemas"]["EffectModel"], document)) == []

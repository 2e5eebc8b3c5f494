"""Requests nobody should make: each is refused as a problem, none is a 500, and nothing is left of them."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from gateway.rtp import sdp
from tests.calls import description
from tests.playing import FILE_TO_WHEP, playing
from tests.serving import Served, problem, served

ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        -1,
        0,
        1e308,
        10**400,
        "",
        " ",
        "\0",
        "a" * 5000,
        "../../etc/passwd",
        "%2e%2e%2f",
        "\u202e",
        "𝕏",
        "auto",
    ),
    *([], {}, [[]], [None] * 50, {"kind": "chroma"}, {"kind": None}, {"kind": []}, {"kind": {}}, {"": ""}, "{}", "{0}"),
)
"""Values for any place."""

NAMES = (
    "..",
    ".",
    "%00",
    "%2e%2e",
    "%2e%2e%2fsecret",
    "a%2fb",
    "%ff%fe",
    "%F0%9D%95%8F",
    "x" * 4000,
    "a%20b",
    ";",
    "*",
    "{id}",
)
"""What stands in a path where an id or a name should."""


def _places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(document, dict | list):
        for key in document if isinstance(document, dict) else range(len(document)):
            yield from _places(document[key], (*path, key))


def _spoilt(document: Any, chance: random.Random) -> Any:
    """The document with something odd in one of its places, or beside what is there."""
    spoilt, place = deepcopy(document), chance.choice(list(_places(document)))
    if not place:
        return chance.choice(ODD)
    parent = spoilt
    for key in place[:-1]:
        parent = parent[key]
    if isinstance(parent, dict) and chance.random() < 0.3:
        parent[str(chance.choice(ODD))[:40]] = chance.choice(ODD)
    else:
        parent[place[-1]] = chance.choice(ODD)
    return spoilt


def _left() -> tuple[int, int]:
    return len(asyncio.all_tasks()), threading.active_count()


async def _refused(server: Served, method: str, url: str, **body: Any) -> None:
    target = URL(server.url("/").rstrip("/") + url, encoded=True)
    async with server.client.session.request(method, target, **body) as response:
        assert response.status < 500, (method, url, body, await response.text())
        if response.status >= 400:
            await problem(response, response.status)


async def test_spoilt_bodies_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    chance = random.Random(7)
    async with playing(tmp_path) as (server, path):
        offer = {
            "sdp": sdp.write(description(40000)),
            "type": "offer",
            "labels": {"desk": "4"},
            "effect": FILE_TO_WHEP["effect"],
        }
        rtp = {"kind": "rtp", "url": "rtp://127.0.0.1:40000", "payload_type": 96, "audio": "rtp://127.0.0.1:40002"}
        taken: list[tuple[str, str, Any]] = [
            ("POST", "/v1/offer", offer),
            ("POST", "/v1/offer", offer | {"output": rtp}),
            ("POST", "/v1/offer", {"sdp": "v=0\r\n", "input": {"kind": "session", "id": "x"}}),
            ("POST", "/v1/offer", {"sdp": "v=0\r\n", "session": "x", "token": "y"}),
            ("POST", "/v1/sessions", FILE_TO_WHEP | {"output": rtp}),
            ("PATCH", path, {"effect": {"matting": {"kind": "plate", "plate": "learn"}, "edge": {"clip": [0.1, 0.9]}}}),
            ("POST", f"{path}/plate", {"frames": 30}),
            ("PUT", "/v1/profiles/studio", {"matting": {"kind": "chroma"}, "edge": {"garbage": "x", "feather": 1}}),
        ]
        before = _left()
        for _ in range(300):
            method, url, document = chance.choice(taken)
            body = json.dumps(_spoilt(document, chance)).encode()
            await _refused(server, method, url, data=body, headers={"Content-Type": "application/json"})
        for session in [each for each in server.server.sessions if f"/v1/sessions/{each.id}" != path]:
            await server.server.sessions.close(session.id)
        assert _left() == before


async def test_odd_names_in_paths_are_refused(tmp_path: Path) -> None:
    async with served(tmp_path, takes_calls=False) as server:
        async with server.client.get("/openapi.json") as response:
            paths = (await response.json())["paths"]
        for template in (path for path in paths if "{" in path):
            for name in NAMES:
                url = template.replace("{id}", name).replace("{name}", name).replace("{resource}", name)
                for method in paths[template]:
                    await _refused(server, method.upper(), url)


@pytest.mark.parametrize(
    "headers",
    [
        {"If-Match": '"' * 500},
        {"If-Match": "\xff"},
        {"Accept": ";q=," * 500},
        {"Accept": "image/png;q=1e9"},
        {"Content-Type": ";;;"},
        {"Content-Type": "application/json; charset=\xff"},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic eA=="},
        {"Authorization": "Bearer " + "a." * 4000},
        {"Content-Length": "99999999999999999999"},
        {"Last-Event-ID": "\t"},
    ],
    ids=str,
)
async def test_odd_headers_are_refused(tmp_path: Path, headers: dict[str, str]) -> None:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    async with playing(tmp_path) as (server, path):
        for method, url in [
            ("PATCH", path),
            ("GET", f"{path}/snapshot"),
            ("POST", "/v1/offer"),
            ("POST", f"{path}/plate"),
        ]:
            head = f"{method} {url} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{lines}"
            body = "" if "Content-Length" in headers else "Content-Length: 2\r\n"
            root = URL(server.url("/"))
            reader, writer = await asyncio.open_connection(root.host, root.port)
            writer.write(f"{head}{body}\r\n{{}}".encode("latin-1"))
            async with asyncio.timeout(15):
                status = int((await reader.readline()).split()[1])
            assert status < 500, (method, url, status)
            writer.close()

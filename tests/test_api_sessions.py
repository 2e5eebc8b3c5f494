"""`/v1/sessions`: made, listed, changed while they run, looked at, ended; and what of it is refused, and to whom."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.clips import clip_image
from tests.playing import BACKDROP, FILE_TO_WHEP, corner, made_session, picture, playing, until_composite, with_media
from tests.serving import Served, problem

RGB = tuple(bytes.fromhex(BACKDROP))


def _is_near(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Within what 8 bits of Y'CbCr and PNG make of a colour."""
    return len(found) == len(wanted) and all(abs(one - other) <= 3 for one, other in zip(found, wanted, strict=True))


async def test_a_session_lives_from_post_to_delete(tmp_path: Path) -> None:
    async with with_media(tmp_path) as server:
        made = await made_session(server, labels={"desk": "4"})
        path = f"/v1/sessions/{made['id']}"
        assert (made["labels"], made["input"]) == ({"desk": "4"}, {"kind": "file", "source": "clip.mkv"})
        assert made["token"] and made["whep"].endswith(f"/whep/{made['id']}")
        async with server.client.get("/v1/sessions") as response:
            (listed,) = (await response.json())["sessions"]
        assert listed["id"] == made["id"] and "token" not in listed
        async with server.client.delete(path) as response:
            assert response.status == 204
        for method in ("get", "delete", "patch"):
            async with server.client.request(method, path, json={"effect": {}}) as response:
                await problem(response, 404)


async def test_a_patch_is_in_the_next_picture(tmp_path: Path) -> None:
    async with playing(tmp_path) as (server, path):
        async with server.client.get(f"{path}/snapshot") as response:
            assert _is_near(corner(await picture(response)), RGB)
        change = {"effect": {"background": {"color": "c04010"}}}
        async with server.client.patch(path, json=change) as response:
            told = await response.json()
            assert (response.status, response.headers["ETag"], told["version"]) == (200, '"2"', 2)
        assert told["effect"]["background"] == {"kind": "color", "color": "c04010"}
        await _until_corner(server, path, (0xC0, 0x40, 0x10), before=RGB)
        async with server.client.get(path) as response:
            assert (response.headers["ETag"], (await response.json())["effect"]) == ('"2"', told["effect"])


async def test_a_call_that_names_no_matting_has_one_that_chooses_by_itself(tmp_path: Path) -> None:
    async with playing(tmp_path, effect={"background": {"kind": "color", "color": BACKDROP}}) as (server, path):
        async with server.client.get(path) as response:
            assert (await response.json())["effect"]["matting"] == {"kind": "auto", "color": "auto", "plate": "learn"}
        async with server.client.get(f"{path}/snapshot") as response:
            assert _is_near(corner(await picture(response)), RGB)
        async with server.client.post(f"{path}/plate", json={"frames": 3}) as response:
            assert (await response.json())["effect"]["matting"]["kind"] == "auto"


async def test_if_match_guards_what_somebody_else_changed(tmp_path: Path) -> None:
    async with playing(tmp_path) as (server, path):
        change = {"effect": {"edge": {"feather": 1}}}
        for etag, status in [('"1"', 200), ('"1"', 412), ('"7", "2"', 200), ("*", 200), ('W/"4"', 412), ("4", 412)]:
            async with server.client.patch(path, json=change, headers={"If-Match": etag}) as response:
                assert response.status == status, (etag, await response.text())


async def test_patches_at_once_all_hold(tmp_path: Path) -> None:
    async with playing(tmp_path) as (server, path):
        changes: list[dict[str, Any]] = [
            {"edge": {"feather": 2}},
            {"edge": {"shrink": 1}},
            {"background": {"color": "0000ff"}},
            {"on-unsure": "cover"},
            {"matting": {"shadow": "keep"}},
        ]

        async def patch(change: dict[str, Any]) -> int:
            async with server.client.patch(path, json={"effect": change}) as response:
                return response.status

        assert await asyncio.gather(*map(patch, changes)) == [200] * 5
        async with server.client.get(path) as response:
            effect = (await response.json())["effect"]
    assert (effect["edge"]["feather"], effect["edge"]["shrink"], effect["on_unsure"]) == (2, 1, "cover")
    assert (effect["background"]["color"], effect["matting"]["shadow"]) == ("0000ff", "keep")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"effect": {"edge": {"feather": 99}}}, "/effect/edge/feather"),
        ({"effect": {"matting": {"kind": "magic"}}}, "/effect/matting/kind"),
        ({"effect": {"colour": 1}}, "/effect/colour"),
        ({"effect": []}, "/effect"),
        ({}, "/effect"),
        ({"effect": {}, "labels": {}}, "/labels"),
        ([], ""),
    ],
)
async def test_a_patch_that_does_not_fit_says_where(tmp_path: Path, body: Any, pointer: str) -> None:
    async with playing(tmp_path) as (server, path):
        async with server.client.patch(path, json=body) as response:
            assert (await problem(response, 422))["errors"][0]["pointer"] == pointer
        async with server.client.get(path) as response:
            assert (await response.json())["version"] == 1


async def test_a_patch_to_an_image_that_is_not_there_changes_nothing(tmp_path: Path) -> None:
    async with playing(tmp_path) as (server, path):
        change = {"effect": {"background": {"kind": "image", "source": "nobody"}, "edge": {"feather": 2}}}
        async with server.client.patch(path, json=change) as response:
            assert "nobody" in (await problem(response, 422))["detail"]
        async with server.client.get(path) as response:
            assert (await response.json())["effect"]["edge"]["feather"] == 0


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"input": {"kind": "file", "source": "../data/profiles"}}, (403, 404, 422)),
        ({"input": {"kind": "file", "source": "/etc/passwd"}}, (403, 404, 422)),
        ({"input": {"kind": "file", "source": "none.mkv"}}, (404, 422)),
        ({"input": {"kind": "sdp", "sdp": "v=0\r\n"}}, (422,)),
        ({"input": {"kind": "sdp", "sdp": "v=0\r\nm=video 9 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"}}, (422,)),
        ({"input": {"kind": "whip", "name": "../x"}}, (422,)),
        ({"input": {"kind": "camera"}}, (422,)),
        ({"output": {"kind": "rtp", "url": "rtp://192.0.2.1:5004", "payload_type": 96}}, (403,)),
        ({"output": {"kind": "rtp", "url": "http://127.0.0.1/", "payload_type": 96}}, (422,)),
        ({"output": {"kind": "rtp", "url": "rtp://127.0.0.1:5004", "payload_type": 128}}, (422,)),
        (
            {"output": {"kind": "rtp", "url": "rtp://127.0.0.1:5004", "payload_type": 96, "audio_payload_type": 0}},
            (422,),
        ),
        ({"output": {"kind": "offerer"}}, (422,)),
        ({"labels": {"desk": "4\n5"}}, (422,)),
        ({"labels": {str(number): "" for number in range(17)}}, (422,)),
        ({"profile": "none"}, (422,)),
        ({"effect": {"view": "input"}}, (422,)),
        ({"name": "studio"}, (422,)),
    ],
)
async def test_what_cannot_be_is_refused_and_leaves_no_session(
    tmp_path: Path, change: dict[str, Any], status: tuple[int, ...]
) -> None:
    async with with_media(tmp_path) as server:
        wanted = {key: value for key, value in FILE_TO_WHEP.items() if key != "effect"} | change
        async with server.client.post("/v1/sessions", json=wanted) as response:
            assert response.status in status, await response.text()
            await problem(response, response.status)
        async with server.client.get("/v1/sessions") as response:
            assert (await response.json())["sessions"] == []


async def test_a_profile_stands_for_its_effect(tmp_path: Path) -> None:
    async with with_media(tmp_path) as server:
        async with server.client.put("/v1/profiles/studio", json={"edge": {"feather": 3}}) as response:
            assert response.status == 201
        wanted = {"input": FILE_TO_WHEP["input"], "output": FILE_TO_WHEP["output"], "profile": "studio"}
        async with server.client.post("/v1/sessions", json=wanted) as response:
            assert (await response.json())["effect"]["edge"]["feather"] == 3
        async with server.client.post("/v1/sessions", json=FILE_TO_WHEP | {"profile": "studio"}) as response:
            assert "one of the two" in (await problem(response, 422))["detail"]


async def test_snapshots_in_the_form_that_is_asked_for(tmp_path: Path) -> None:
    async with playing(tmp_path) as (server, path):
        for accept, kind in [("*/*", "image/png"), ("image/jpeg", "image/jpeg"), ("image/*;q=0.5", "image/png")]:
            async with server.client.get(f"{path}/snapshot", headers={"Accept": accept}) as response:
                assert (response.content_type, (await picture(response)).size) == (kind, (320, 180))
        async with server.client.get(f"{path}/snapshot", headers={"Accept": "image/webp"}) as response:
            await problem(response, 406)
        async with server.client.get(f"{path}/snapshot?view=alpha") as response:
            alpha = await picture(response)
        assert (alpha.mode, corner(alpha), alpha.getextrema()) == ("L", (0,), (0, 255))
        for query in ("view=matte", "format=webp"):
            async with server.client.get(f"{path}/snapshot?{query}") as response:
                await problem(response, 422)


async def test_many_snapshots_at_once_take_their_turns(tmp_path: Path) -> None:
    async with playing(tmp_path) as (server, path):
        threads: list[int] = []

        async def look() -> None:
            async with server.client.get(f"{path}/snapshot") as response:
                threads.append(threading.active_count())
                await picture(response)

        before = threading.active_count()
        await asyncio.gather(*(look() for _ in range(30)))
    assert max(threads) <= before + 2


async def test_the_room_is_shown_to_those_only_who_may_see_it_by_name(tmp_path: Path) -> None:
    tokens = {"boss": "admin", "nurse": "watch snapshot-input", "guest": "watch"}
    async with with_media(tmp_path, tokens=tokens) as server:
        made = await made_session(server, token="boss")
        path = f"/v1/sessions/{made['id']}"
        await until_composite(server, path, headers=_bearer("boss"))
        for token in ("boss", "guest", made["token"]):
            async with server.client.get(f"{path}/snapshot?view=input", headers=_bearer(token)) as response:
                assert "snapshot-input" in (await problem(response, 403))["detail"]
        async with server.client.get(f"{path}/snapshot?view=input", headers=_bearer("nurse")) as response:
            assert _is_near(corner(await picture(response)), corner(clip_image()))


async def test_without_a_token_nobody_sees_the_room(tmp_path: Path) -> None:
    async with playing(tmp_path) as (server, path), server.client.get(f"{path}/snapshot?view=input") as response:
        await problem(response, 403)


async def test_a_token_may_what_its_scopes_say(tmp_path: Path) -> None:
    async with with_media(tmp_path, tokens={"boss": "admin", "guest": "watch", "maker": "publish"}) as server:
        async with server.client.post("/v1/sessions", json=FILE_TO_WHEP, headers=_bearer("guest")) as response:
            await problem(response, 403)
        made, other = await made_session(server, token="maker"), await made_session(server, token="maker")
        path, other_path = f"/v1/sessions/{made['id']}", f"/v1/sessions/{other['id']}"
        refused = [
            ("get", "/v1/sessions", "maker"),
            ("get", f"{path}/stats", "maker"),
            ("patch", path, "guest"),
            ("delete", path, "guest"),
            ("post", f"{path}/keycolor", "guest"),
            ("post", f"{path}/plate", "guest"),
            ("delete", other_path, made["token"]),
            ("patch", other_path, made["token"]),
            ("get", other_path, made["token"]),
        ]
        for method, url, token in refused:
            async with server.client.request(method, url, json={"effect": {}}, headers=_bearer(token)) as response:
                await problem(response, 403)
        async with server.client.get("/v1/sessions", headers=_bearer(made["token"])) as response:
            assert [each["id"] for each in (await response.json())["sessions"]] == [made["id"]]
        async with server.client.patch(path, json={"effect": {}}, headers=_bearer(made["token"])) as response:
            assert response.status == 200
        async with server.client.get("/v1/sessions") as response:
            assert response.headers["WWW-Authenticate"].startswith("Bearer")
            await problem(response, 401)


async def test_a_whip_session_tells_an_encoder_where_to_publish(tmp_path: Path) -> None:
    async with with_media(tmp_path, tokens={"maker": "publish watch"}) as server:
        made = await made_session(server, token="maker", input={"kind": "whip", "name": "studio"})
        assert made["whip"].startswith(server.url("/whip/studio")) and "signature=" in made["whip"]
        assert made["whep"] == server.url("/whep/studio")
        signed = made["whip"].removeprefix(server.url("").rstrip("/"))
        async with server.client.post(signed, data=b"?", headers={"Content-Type": "application/sdp"}) as response:
            await problem(response, 400)
        async with server.client.post("/whip/studio", data=b"?") as response:
            await problem(response, 401)


async def test_the_key_color_is_measured_and_left_alone(tmp_path: Path) -> None:
    async with playing(tmp_path) as (server, path):
        async with server.client.post(f"{path}/keycolor") as response:
            found = await response.json()
        assert found["accepted"] and found["confidence"] > 0.5 and found["reasons"] == []
        assert _distance(found["color"], "2a6a84") < 12
        async with server.client.get(path) as response:
            assert (await response.json())["effect"]["matting"]["color"] == "auto"


async def test_a_plate_is_captured_from_the_call(tmp_path: Path) -> None:
    async with playing(tmp_path) as (server, path):
        async with server.client.post(f"{path}/plate", json={"frames": 3}) as response:
            assert (await response.json())["effect"]["matting"] == {"kind": "plate", "plate": "first:3"}
        async with server.client.post(f"{path}/plate", headers={"If-Match": '"1"'}) as response:
            await problem(response, 412)
        async with server.client.post(f"{path}/plate") as response:
            assert (await response.json())["effect"]["matting"]["plate"] == "first:30"
        async with server.client.post(f"{path}/plate", json={"frames": 0}) as response:
            assert (await problem(response, 422))["errors"][0]["pointer"] == "/frames"


async def test_a_plate_is_uploaded(tmp_path: Path) -> None:
    async with playing(tmp_path) as (server, path):
        async with server.client.get(f"{path}/snapshot") as response:
            image = await response.read()
        async with server.client.post(f"{path}/plate", data=image, headers={"Content-Type": "image/png"}) as response:
            assert response.status == 200, await response.text()
            plate = (await response.json())["effect"]["matting"]["plate"]
        async with server.client.get(f"/v1/backgrounds/{plate}") as response:
            assert (await response.json())["kind"] == "plate"
        for kind, body, status in [
            ("image/png", b"<svg/>", 415),
            ("text/html", b"<p>", 415),
            ("image/svg+xml", b"<svg/>", 415),
        ]:
            async with server.client.post(f"{path}/plate", data=body, headers={"Content-Type": kind}) as response:
                await problem(response, status)


async def _until_corner(server: Served, path: str, wanted: tuple[int, ...], *, before: tuple[int, ...]) -> None:
    """Look until the next picture has come; until then it is the one before, and nothing between the two."""
    async with asyncio.timeout(5):
        while True:
            async with server.client.get(f"{path}/snapshot") as response:
                found = corner(await picture(response))
            if _is_near(found, wanted):
                return
            assert _is_near(found, before)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _distance(one: str, other: str) -> int:
    """The largest difference of a component."""
    return max(abs(a - b) for a, b in zip(bytes.fromhex(one), bytes.fromhex(other), strict=True))

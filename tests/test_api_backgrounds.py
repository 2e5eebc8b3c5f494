"""Pictures over HTTP."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData
from PIL import Image

from gateway.backgrounds.upload import MOST_OCTETS
from gateway.effect import EffectModel
from tests.serving import Served, problem, served
from tests.uploads import SVG, film, photo, png_of

JPEG = {"Content-Type": "image/jpeg"}


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path, takes_calls=False) as server:
        yield server


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[Served]:
    tokens = {"may-all": "control,snapshot-input", "may-control": "control", "may-watch": "watch"}
    async with served(tmp_path, tokens=tokens, takes_calls=False) as server:
        yield server


def _as(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def _listed(there: Served) -> list[dict[str, Any]]:
    response = await there.client.get("/v1/backgrounds")
    backgrounds: list[dict[str, Any]] = (await response.json())["backgrounds"]
    return backgrounds


async def test_the_built_in_ones_are_there_with_pictures(there: Served) -> None:
    listed = await _listed(there)
    assert [entry["id"] for entry in listed] == ["builtin:soft", "builtin:wall", "builtin:paper", "builtin:night"]
    for entry in listed:
        response = await there.client.get(entry["thumbnail"])
        assert (response.status, response.content_type) == (200, "image/jpeg")
        assert Image.open(BytesIO(await response.read())).size == (320, 180)


async def test_an_upload_is_listed_shown_and_deleted(there: Served) -> None:
    response = await there.client.post("/v1/backgrounds?name=Beach", data=photo(), headers=JPEG)
    entry = await response.json()
    assert (response.status, response.headers["Location"]) == (201, f"/v1/backgrounds/{entry['id']}")
    assert {
        "kind": "background",
        "name": "Beach",
        "width": 320,
        "height": 240,
        "built_in": False,
    }.items() <= entry.items()
    assert entry in await _listed(there)
    assert await (await there.client.get(response.headers["Location"])).json() == entry
    picture = await there.client.get(entry["picture"])
    assert Image.open(BytesIO(await picture.read())).size == (320, 240)
    assert "immutable" in picture.headers["Cache-Control"]
    assert (await there.client.delete(response.headers["Location"])).status == 204
    await problem(await there.client.get(entry["picture"]), 404)


@pytest.mark.parametrize("declared", ["video/quicktime", "application/octet-stream"])
async def test_a_video_is_listed_and_played_in_parts(there: Served, declared: str) -> None:
    response = await there.client.post("/v1/backgrounds?name=Waves", data=film(), headers={"Content-Type": declared})
    entry = await response.json()
    assert response.status == 201, entry
    assert {
        "kind": "video",
        "name": "Waves",
        "width": 64,
        "height": 48,
        "media_type": "video/mp4",
    }.items() <= entry.items()
    assert entry["seconds"] == pytest.approx(0.48, abs=0.05)
    assert entry in await _listed(there)
    part = await there.client.get(entry["picture"], headers={"Range": "bytes=4-7"})
    assert (part.status, part.content_type, await part.read()) == (206, "video/mp4", b"ftyp")
    effect = EffectModel.model_validate({"background": {"kind": "video", "source": entry["id"]}})
    await there.server.profiles.put("beach", effect)
    await problem(await there.client.delete(f"/v1/backgrounds/{entry['id']}"), 409)
    await there.server.profiles.delete("beach")


async def test_a_video_that_says_it_is_a_picture_is_refused(there: Served) -> None:
    for query, declared in (("", "image/jpeg"), ("?kind=plate", "video/mp4"), ("?kind=mask", "video/mp4")):
        response = await there.client.post(f"/v1/backgrounds{query}", data=film(), headers={"Content-Type": declared})
        await problem(response, 415)


async def test_the_same_upload_again_is_found_not_made(there: Served) -> None:
    first = await there.client.post("/v1/backgrounds", data=photo(), headers=JPEG)
    again = await there.client.post("/v1/backgrounds", data=photo(), headers=JPEG)
    assert (first.status, again.status) == (201, 200)
    assert await first.json() == await again.json()


async def test_a_form_uploads_too_and_its_file_gives_the_name(there: Served) -> None:
    form = FormData(quote_fields=False)
    form.add_field("comment", "of no use")
    form.add_field("file", photo("PNG"), filename="C:/fakepath/My beach.png", content_type="image/png")
    entry = await (await there.client.post("/v1/backgrounds?kind=plate", data=form)).json()
    assert (entry["name"], entry["kind"]) == ("My beach", "plate")


@pytest.mark.parametrize(
    ("content", "declared", "status"),
    [
        (photo("PNG"), "image/jpeg", 415),
        (photo(), "text/html", 415),
        (SVG, "image/svg+xml", 415),
        (SVG, "image/png", 415),
        (b"", "image/png", 415),
        (photo("PNG")[:200], "image/png", 422),
        (png_of(20_000, 20_000), "image/png", 413),
        (b"--x\r\n\r\nnothing", "multipart/form-data; boundary=x", 400),
        (b"nothing", "multipart/form-data; boundary=x", 400),
        (b"nothing", "multipart/form-data", 400),
    ],
)
async def test_what_is_no_picture_is_refused(there: Served, content: bytes, declared: str, status: int) -> None:
    response = await there.client.post("/v1/backgrounds", data=content, headers={"Content-Type": declared})
    await problem(response, status)
    assert len(await _listed(there)) == 4


@pytest.mark.parametrize("query", ["kind=wallpaper", "name=a%0Ab", "name=" + "a" * 200])
async def test_an_upload_that_is_called_nonsense_is_refused(there: Served, query: str) -> None:
    await problem(await there.client.post(f"/v1/backgrounds?{query}", data=photo(), headers=JPEG), 422)


async def test_a_compressed_form_is_refused_before_it_is_unpacked(there: Served) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Content-Encoding": "gzip"}
    await problem(await there.client.post("/v1/backgrounds", data=gzip.compress(bytes(1 << 20)), headers=headers), 415)


async def test_too_large_an_upload_is_refused(there: Served) -> None:
    body, headers = BytesIO(bytes(MOST_OCTETS + 1)), {"Content-Type": "image/png"}
    await problem(await there.client.post("/v1/backgrounds", data=body, headers=headers), 413)


async def test_a_form_with_too_large_a_file_is_refused(there: Served) -> None:
    form = FormData()
    form.add_field("file", BytesIO(bytes(MOST_OCTETS + 1)), filename="large.png", content_type="image/png")
    await problem(await there.client.post("/v1/backgrounds", data=form), 413)


async def test_what_a_profile_shows_stays(there: Served) -> None:
    entry = await (await there.client.post("/v1/backgrounds", data=photo(), headers=JPEG)).json()
    effect = EffectModel.model_validate({"background": {"kind": "image", "source": entry["id"]}})
    await there.server.profiles.put("studio", effect)
    assert (
        "profile studio" in (await problem(await there.client.delete(f"/v1/backgrounds/{entry['id']}"), 409))["detail"]
    )
    await there.server.profiles.delete("studio")
    assert (await there.client.delete(f"/v1/backgrounds/{entry['id']}")).status == 204


async def test_what_is_built_in_stays(there: Served) -> None:
    await problem(await there.client.delete("/v1/backgrounds/builtin:soft"), 403)


@pytest.mark.parametrize("name", ["..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", "%00", "a" * 3000, "builtin:x", "..."])
async def test_no_name_from_outside_opens_a_file(there: Served, name: str) -> None:
    for path in (f"/v1/backgrounds/{name}", f"/v1/backgrounds/{name}/picture", f"/v1/backgrounds/{name}/thumbnail"):
        await problem(await there.client.get(path), 404)


async def test_uploading_and_deleting_need_control(guarded: Served) -> None:
    await problem(await guarded.client.post("/v1/backgrounds", data=photo(), headers=JPEG), 401)
    response = await guarded.client.post("/v1/backgrounds", data=photo(), headers=JPEG | _as("may-watch"))
    await problem(response, 403)
    response = await guarded.client.post("/v1/backgrounds", data=photo(), headers=JPEG | _as("may-control"))
    place = response.headers["Location"]
    await problem(await guarded.client.delete(place, headers=_as("may-watch")), 403)
    assert (await guarded.client.delete(place, headers=_as("may-control"))).status == 204


async def test_a_clean_plate_shows_the_room_to_those_only_who_may_see_it(guarded: Served) -> None:
    headers = JPEG | _as("may-control")
    entry = await (await guarded.client.post("/v1/backgrounds?kind=plate", data=photo(), headers=headers)).json()
    for place in (entry["thumbnail"], entry["picture"]):
        await problem(await guarded.client.get(place, headers=_as("may-control")), 403)
        assert (await guarded.client.get(place, headers=_as("may-all"))).status == 200


async def test_an_upload_that_breaks_off_leaves_the_server_as_it_was(there: Served) -> None:
    url = there.client.make_url("/v1/backgrounds")
    _, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(b"POST /v1/backgrounds HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: image/png\r\n")
    writer.write(b"Content-Length: 100000\r\n\r\n" + photo("PNG")[:500])
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert len(await _listed(there)) == 4

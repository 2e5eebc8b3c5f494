"""Effects by name over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.serving import Served, problem, served

GREY = {"background": {"kind": "color", "color": "202020"}}
NIGHT = {"background": {"kind": "image", "source": "builtin:night"}, "on-unsure": "cover"}


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path, takes_calls=False) as server:
        yield server


async def test_a_profile_is_made_replaced_read_and_forgotten(there: Served) -> None:
    made = await there.client.put("/v1/profiles/studio", json=GREY)
    replaced = await there.client.put("/v1/profiles/studio", json=NIGHT)
    assert (made.status, replaced.status) == (201, 200)
    read = await there.client.get("/v1/profiles/studio")
    document = await read.json()
    assert document["effect"]["background"]["source"] == "builtin:night"
    assert document["effect"]["on_unsure"] == "cover"
    assert read.headers["ETag"] == replaced.headers["ETag"] == document["etag"] != made.headers["ETag"]
    assert (await (await there.client.get("/v1/profiles")).json())["profiles"] == [document]
    assert (await there.client.delete("/v1/profiles/studio")).status == 204
    await problem(await there.client.get("/v1/profiles/studio"), 404)


async def test_whoever_read_an_older_one_changes_nothing(there: Served) -> None:
    old = (await there.client.put("/v1/profiles/a", json=GREY)).headers["ETag"]
    new = (await there.client.put("/v1/profiles/a", json=NIGHT, headers={"If-Match": old})).headers["ETag"]
    for etag in (old, f"W/{new}", "nonsense", ""):
        await problem(await there.client.put("/v1/profiles/a", json=GREY, headers={"If-Match": etag}), 412)
    await problem(await there.client.delete("/v1/profiles/a", headers={"If-Match": old}), 412)
    for etag in (f"{old}, {new}", "*"):
        assert (await there.client.put("/v1/profiles/a", json=NIGHT, headers={"If-Match": etag})).status == 200
    assert (await there.client.delete("/v1/profiles/a", headers={"If-Match": new})).status == 204
    await problem(await there.client.put("/v1/profiles/a", json=GREY, headers={"If-Match": "*"}), 412)


async def test_a_name_is_not_taken_from_whoever_has_it(there: Served) -> None:
    only_new = {"If-None-Match": "*"}
    assert (await there.client.put("/v1/profiles/a", json=GREY, headers=only_new)).status == 201
    await problem(await there.client.put("/v1/profiles/a", json=NIGHT, headers=only_new), 412)


async def test_what_has_not_changed_is_not_sent_again(there: Served) -> None:
    etag = (await there.client.put("/v1/profiles/a", json=GREY)).headers["ETag"]
    response = await there.client.get("/v1/profiles/a", headers={"If-None-Match": etag})
    assert (response.status, await response.read()) == (304, b"")
    assert (await there.client.get("/v1/profiles/a", headers={"If-None-Match": '"other"'})).status == 200


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("a", {"matting": {"kind": "magic"}}, 422),
        ("a", {"background": {"kind": "image", "source": "0123456789abcdef0123456789abcdef"}}, 422),
        ("a", {"background": {"kind": "image", "source": "/etc/passwd"}}, 422),
        ("a", [], 422),
        ("A", GREY, 422),
        ("a%2Fb", GREY, 422),
        ("a.json", GREY, 422),
    ],
)
async def test_what_is_no_profile_is_refused(there: Served, name: str, body: object, status: int) -> None:
    await problem(await there.client.put(f"/v1/profiles/{name}", json=body), status)

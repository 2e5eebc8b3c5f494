"""Models over HTTP: which there are, a session by one of them, and those that are refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests import drawn_models
from tests.playing import BACKDROP, corner, made_session, picture, playing, until_composite, with_media
from tests.serving import Served, problem, served

BEHIND = {"kind": "color", "color": BACKDROP}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model that tells skin by its red, with a spec, and a file that is none."""
    made = tmp_path / "models"
    (made / "drawn").mkdir(parents=True)
    (made / "drawn" / "reddish.onnx").write_bytes(drawn_models.reddish(gain=8))
    (made / "drawn" / "reddish.toml").write_text('title = "red things"\nlicense = "CC0-1.0"\n')
    (made / "broken.onnx").write_bytes(b"model")
    (tmp_path / "beside.onnx").write_bytes(drawn_models.reddish())
    return made


@pytest.fixture
async def server(folder: Path, tmp_path: Path) -> AsyncIterator[Served]:
    async with with_media(tmp_path, models_dir=folder) as made:
        yield made


async def test_models_are_listed_with_what_they_are_and_may_be_used_for(server: Served) -> None:
    async with server.client.get("/v1/models") as response:
        broken, reddish = (await response.json())["models"]
    assert (broken["name"], reddish["name"]) == ("broken.onnx", "drawn/reddish.onnx")
    assert "broken.onnx" in broken["problem"] and "/" not in broken["problem"]
    assert (reddish["title"], reddish["licence"], reddish["format"]) == ("red things", "CC0-1.0", "onnx")
    assert reddish["categories"] == [] and "problem" not in reddish
    async with server.client.get("/v1/catalog") as response:
        assert "model" in (await response.json())["mattings"]


async def test_a_session_is_matted_by_a_model_of_its_name(server: Served) -> None:
    made = await made_session(
        server, effect={"matting": {"kind": "model", "model": "drawn/reddish.onnx"}, "background": BEHIND}
    )
    path = f"/v1/sessions/{made['id']}"
    await until_composite(server, path)
    async with server.client.get(f"{path}/snapshot") as response:
        assert corner(await picture(response)) == pytest.approx(tuple(bytes.fromhex(BACKDROP)), abs=3)
    async with server.client.patch(path, json={"effect": {"matting": {"plate": "first:3"}}}) as response:
        assert (await response.json())["effect"]["matting"]["model"] == "drawn/reddish.onnx"


@pytest.mark.parametrize(
    ("matting", "told"),
    [
        ({"model": "broken.onnx"}, "broken.onnx is damaged, or no ONNX model"),
        ({"model": "none.onnx"}, "matting.model 'none.onnx': there is no such file"),
        ({"model": "../beside.onnx"}, "/effect/matting/model: '../beside.onnx': expected a file's name"),
        ({"model": "drawn"}, "matting.model 'drawn': there is no such file"),
        ({"model": "drawn/reddish.onnx", "model_spec": "u3net"}, "matting.model_spec 'u3net': there is no such file"),
        ({"model": "drawn/reddish.onnx", "model-spec": "rvm"}, "reddish.onnx"),
        ({}, "/effect/matting/model: is missing"),
    ],
)
async def test_what_cannot_be_a_model_is_refused_before_there_is_a_session(
    server: Served, folder: Path, matting: dict[str, Any], told: str
) -> None:
    body = {
        "input": {"kind": "file", "source": "clip.mkv"},
        "output": {"kind": "whep"},
        "effect": {"matting": {"kind": "model", **matting}},
    }
    async with server.client.post("/v1/sessions", json=body) as response:
        detail = (await problem(response, 422))["detail"]
        assert told in detail
        assert str(folder) not in detail
    async with server.client.get("/v1/sessions") as response:
        assert (await response.json())["sessions"] == []


async def test_a_session_whose_new_model_is_none_goes_on_with_the_old(tmp_path: Path) -> None:
    async with playing(tmp_path) as (server, path):
        change = {"effect": {"matting": {"kind": "model", "model": "rvm.onnx"}}}
        async with server.client.patch(path, json=change) as response:
            assert "started without --models-dir" in (await problem(response, 422))["detail"]
        async with server.client.get(path) as response:
            assert (await response.json())["version"] == 1


async def test_a_server_without_models_offers_none(tmp_path: Path) -> None:
    async with served(tmp_path, takes_calls=False) as server:
        async with server.client.get("/v1/models") as response:
            assert await response.json() == {"models": []}
        async with server.client.get("/v1/catalog") as response:
            document = await response.json()
        assert "model" not in document["mattings"]
        assert document["default"]["matting"]["kind"] == document["mattings"][0] == "auto"

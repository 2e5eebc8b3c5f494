"""gateway.api.page: the page's files, and nothing beside them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from aiohttp import ClientSession, TCPConnector
from yarl import URL

from gateway.api.page import FOLDER, SHARED
from tests.serving import served

FILES = sorted(path.name for path in FOLDER.iterdir() if path.is_file())
INDEX = (FOLDER / "index.html").read_text()


async def test_the_page_may_run_its_own_files_and_call_its_own_server_alone(tmp_path: Path) -> None:
    async with served(tmp_path, takes_calls=False) as there:
        answer = await there.client.get("/")
        assert (answer.status, answer.content_type) == (200, "text/html")
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"
        assert "unsafe" not in str(policy)
        assert "camera=(self)" in answer.headers["Permissions-Policy"]


def test_the_page_holds_nothing_that_its_policy_forbids() -> None:
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", INDEX) == []
    assert re.findall(r"""(?:src|href)=["'](?:https?:)?//""", INDEX) == []


@pytest.mark.parametrize("name", FILES)
async def test_every_file_is_served_as_what_it_is(name: str, tmp_path: Path) -> None:
    async with served(tmp_path, takes_calls=False) as there:
        answer = await there.client.get(f"/{name}")
        types = {
            "js": "text/javascript",
            "css": "text/css",
            "html": "text/html",
            "ts": "text/plain",
            "svg": "image/svg+xml",
        }
        wanted = types.get(name.rsplit(".", 1)[1])
        if wanted is None:
            assert answer.status == 404
            return
        assert (answer.status, answer.content_type) == (200, wanted)
        assert await answer.read() == (FOLDER / name).read_bytes()
        assert answer.headers["Cache-Control"] == "no-cache"
        again = await there.client.get(f"/{name}", headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status == 304


def test_what_other_pages_import_is_shared_with_all_that_it_imports() -> None:
    wanted = ["call.js"]
    for name in wanted:
        text = (FOLDER / name).read_text()
        found = re.findall(r"""^(?:import|export)\b[^;]*?from\s+['"]\./([\w.-]+)['"]""", text, re.MULTILINE)
        wanted += [other for other in found if other not in wanted]
    assert set(wanted) <= set(SHARED)


@pytest.mark.parametrize("name", ["call.js", "api.js"])
async def test_every_page_may_import_the_module_even_where_a_token_is_needed(name: str, tmp_path: Path) -> None:
    async with served(tmp_path, tokens={"secret": "watch"}, takes_calls=False) as there:
        answer = await there.client.get(f"/{name}", headers={"Origin": "https://app.example"})
        assert answer.status == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert (await there.client.get("/")).status == 200


@pytest.mark.parametrize(
    "path",
    ["/../pyproject.toml", "/%2e%2e/pyproject.toml", "/..%2fpyproject.toml", "/.git", "/tsconfig.json", "/none.js",
     "/INDEX.HTML", "/index.html/", "//etc/passwd", "/call.js%00.html", "/%ff.js", "/a/b.js"],
)  # fmt: skip
async def test_no_other_name_is_a_file(path: str, tmp_path: Path) -> None:
    async with served(tmp_path, takes_calls=False) as there, ClientSession(connector=TCPConnector()) as client:
        root = there.url("/").rstrip("/")
        async with client.get(URL(root + path, encoded=True)) as answer:
            assert answer.status == 404
            assert answer.content_type == "application/problem+json"

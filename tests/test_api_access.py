"""Every route of the whole application, for callers who may not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.serving import Served, served

OPEN = {
    ("GET", "/"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/openapi.json"),
    ("GET", "/call.js"),
    ("GET", "/call.d.ts"),
    ("GET", "/api.js"),
    ("GET", "/api.d.ts"),
    ("GET", r"/{file}"),
}
"""What nobody needs a token for. WHIP's and WHEP's connections are apart: their URL is the permission."""
CAPABILITIES = "/connections/"
OFFER = {"sdp": "v=0\r\n", "type": "offer"}
"""An offer may be somebody's who comes back, with a token in its body: that is read first."""

SHARED = ("/v1/catalog", "/v1/models", "/v1/ice-servers", "/v1/backgrounds", "/v1/profiles", "/whip/", "/whep/")
"""What whoever is known may read: what the server has and can do, of no call."""


def routes(there: Served) -> Iterator[tuple[str, str, str]]:
    """Method, template, and a path of it, of every route but OPTIONS."""
    for route in there.client.app.router.routes() if there.client.app else ():
        assert route.resource is not None
        template = route.resource.canonical
        path = template.replace("{file}", "main.js")
        for name in ("id", "name", "resource", "asset", "background", "profile", "session", "key"):
            path = path.replace(f"{{{name}}}", "00112233445566778899aabb")
        if route.method not in ("OPTIONS", "HEAD"):
            yield route.method, template, path


async def test_without_a_token_only_what_is_open_answers(tmp_path: Path) -> None:
    async with served(tmp_path, tokens={"secret": "admin"}, takes_calls=False) as there:
        found = list(routes(there))
        assert len(found) > 30
        for method, template, path in found:
            answer = await there.client.request(method, path, json=OFFER)
            if (method, template) in OPEN:
                assert answer.status in (200, 503), (method, template)
            elif CAPABILITIES in template:
                assert answer.status == 404, (method, template)
            else:
                assert answer.status == 401, (method, template, await answer.text())


async def test_a_token_without_scopes_changes_and_sees_nothing(tmp_path: Path) -> None:
    headers = {"Authorization": "Bearer weak"}
    async with served(tmp_path, tokens={"weak": ""}, takes_calls=False) as there:
        for method, template, path in routes(there):
            if (method, template) in OPEN or CAPABILITIES in template:
                continue
            answer = await there.client.request(method, path, json=OFFER, headers=headers)
            allowed = {403}
            if method == "GET" and template.startswith(SHARED):
                allowed |= {200, 204, 404}
            if "/sessions/{id}" in template:
                allowed |= {404}
            assert answer.status in allowed, (method, template, answer.status)

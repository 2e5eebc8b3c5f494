"""The page and its files: `web/` of a checkout, `gateway/_web` of a wheel.

They are the same for everybody and hold nothing of anybody, so no token is asked for; the page asks for one itself.
`/call.js` is for other people's pages, too, with whatever it imports; the rest is this page's own.
"""

from __future__ import annotations

import asyncio
from importlib.resources import files
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

from gateway.access.guard import public, shared
from gateway.access.headers import PAGE_POLICY
from gateway.errors import NotFound

CONTENT_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".ts": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
"""What a file is by its ending; any other is not served."""

SHARED: Final = ("call.js", "call.d.ts", "api.js", "api.d.ts")
"""What pages from elsewhere import: the module, its types, and what it imports itself."""

ALLOWED: Final = "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=(), usb=()"


def routes() -> list[web.RouteDef]:
    """The page, what others import, and the page's own files."""
    return [
        web.get("/", index),
        *(web.get(f"/{name}", shared_file) for name in SHARED),
        web.get(r"/{file:[a-z0-9][a-z0-9-]*\.[a-z]+}", own_file),
    ]


@public
async def index(request: web.Request) -> web.StreamResponse:
    """The page, which runs nothing but its own files and calls nobody but its own server."""
    response = await _file("index.html")
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    response.headers["Permissions-Policy"] = ALLOWED
    return response


@shared
async def shared_file(request: web.Request) -> web.StreamResponse:
    """A file that any page may import."""
    response = await _file(request.path.lstrip("/"))
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = "*"
    return response


@public
async def own_file(request: web.Request) -> web.StreamResponse:
    """A file of the page."""
    return await _file(request.match_info["file"])


async def _file(name: str) -> web.FileResponse:
    """One file. Browsers keep it and ask each time whether it is still the same.

    Raises:
        NotFound: there is none of this name.
    """
    place = FOLDER / name
    content_type = CONTENT_TYPES.get(place.suffix)
    if content_type is None or not await asyncio.to_thread(place.is_file):
        raise NotFound(f"there is no {name!r} here")
    response = web.FileResponse(place)
    response.headers[hdrs.CONTENT_TYPE] = content_type
    response.headers[hdrs.CACHE_CONTROL] = "no-cache"
    return response


def _folder() -> Path:
    installed = Path(str(files("gateway") / "_web"))
    return installed if installed.is_dir() else Path(__file__).parents[2] / "web"


FOLDER: Final = _folder()

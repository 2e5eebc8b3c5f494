"""Where a JWK set comes from: a file, or the one URL that the operator named."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import aiohttp

from gateway.errors import ArgumentError, GatewayError

PATIENCE: Final = 10.0
"""Seconds for the whole fetch."""
LIMIT: Final = 1 << 20
"""Octets: a set is a few keys."""


def fetching(source: str) -> Callable[[], Awaitable[str]]:
    """A function that reads the set of `source` anew each time; a file's new keys are found, too."""
    if "://" in source:
        return lambda: _from_url(source)
    return lambda: asyncio.to_thread(_from_file, Path(source))


def _from_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LIMIT + 1)
        return _text(content, str(path))
    except OSError as error:
        raise ArgumentError(f"--jwks {str(path)!r}: {error.strerror or error}") from error


async def _from_url(url: str) -> str:
    """Fetched without following redirects: another host was not named by the operator."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as client, client.get(url, allow_redirects=False) as answer:
            if answer.status != 200:
                raise GatewayError(f"--jwks {url!r}: answered {answer.status}")
            content = bytearray()
            while len(content) <= LIMIT and (more := await answer.content.readany()):
                content += more
            return _text(bytes(content), url)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise GatewayError(f"--jwks {url!r}: cannot be fetched: {error or 'too slow'}") from error


def _text(content: bytes, source: str) -> str:
    if len(content) > LIMIT:
        raise ArgumentError(f"--jwks {source!r}: larger than {LIMIT >> 20} MiB")
    return content.decode(errors="replace")

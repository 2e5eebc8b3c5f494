"""A program that calls a server again and again, and leaves in every way there is but one: being killed is up to you.

    python -m tests.peers.come_and_go URL CYCLES STANDING

Of each three calls one hangs up by DELETE, one closes its connection, one is offered and never connects. Then it makes
STANDING calls more, prints `standing` and holds them until it ends.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import aiohttp

from tests.far_peer import FarPeer

EFFECT = {"background": {"kind": "color", "color": "202020"}}


async def offered(http: aiohttp.ClientSession, peer: FarPeer) -> dict[str, Any]:
    """The answer to the peer's offer."""
    body = {"type": "offer", "sdp": await peer.offer(), "effect": EFFECT}
    async with http.post("v1/offer", json=body) as response:
        assert response.status == 201, await response.text()
        answer: dict[str, Any] = await response.json()
        return answer


async def connected(http: aiohttp.ClientSession) -> tuple[FarPeer, dict[str, Any]]:
    """A peer that gets itself back."""
    peer = FarPeer()
    answer = await offered(http, peer)
    await peer.take(answer["sdp"])
    await peer.received(1, seconds=30)
    return peer, answer


async def hang_up(http: aiohttp.ClientSession) -> None:
    """A call that ends as it should."""
    peer, answer = await connected(http)
    async with http.delete(answer["location"].lstrip("/")) as response:
        assert response.status < 300, await response.text()
    await peer.close()


async def close(http: aiohttp.ClientSession) -> None:
    """A page that is closed."""
    peer, _ = await connected(http)
    await peer.close()


async def offer_only(http: aiohttp.ClientSession) -> None:
    """An answer that nobody takes."""
    peer = FarPeer()
    await offered(http, peer)
    await peer.close()


async def main(url: str, cycles: int, standing: int) -> None:
    """Come and go, then stay."""
    ways = (hang_up, close, offer_only)
    async with aiohttp.ClientSession(url) as http:
        for number in range(cycles):
            await ways[number % len(ways)](http)
        calls = [await connected(http) for _ in range(standing)]
        print("standing", len(calls), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))

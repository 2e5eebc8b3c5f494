"""The credentials we hand out open a real TURN server, while they last."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aioice.stun import TransactionFailed
from aioice.turn import create_turn_endpoint

from gateway.serving import IceServer
from gateway.turn import LIFETIME, credentials
from tests.peers.coturn import SECRET, turn_server


@pytest.fixture
async def turn_port(tmp_path: Path) -> AsyncIterator[int]:
    """The port of coturn on loopback, which knows the secret and nothing else."""
    async with turn_server(tmp_path) as port:
        yield port


async def _allocated(port: int, username: str, password: str) -> str:
    """The address of a relay, allocated with these credentials."""
    transport, _ = await create_turn_endpoint(
        asyncio.DatagramProtocol, server_addr=("127.0.0.1", port), username=username, password=password
    )
    address: tuple[str, int] = transport.get_extra_info("sockname")
    transport.close()
    return address[0]


async def test_coturn_takes_what_we_make_of_the_shared_secret(turn_port: int) -> None:
    made = credentials(IceServer(f"turn:127.0.0.1:{turn_port}", secret=SECRET), now=time.time())
    assert made is not None
    assert await _allocated(turn_port, made.username, made.password) == "127.0.0.1"


@pytest.mark.parametrize(("secret", "age"), [("another", 0.0), (SECRET, LIFETIME + 5)])
async def test_coturn_refuses_another_secret_and_what_has_expired(turn_port: int, secret: str, age: float) -> None:
    made = credentials(IceServer(f"turn:127.0.0.1:{turn_port}", secret=secret), now=time.time() - age)
    assert made is not None
    with pytest.raises(TransactionFailed):
        await _allocated(turn_port, made.username, made.password)

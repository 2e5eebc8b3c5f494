"""Names to addresses, in a thread that nobody has to wait for: a silent name server takes its time."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from gateway.errors import GatewayError
from gateway.rtp.core import Address
from gateway.rtp.sockets import look_up, look_up_all
from gateway.worker import Worker, WorkerStuck

T = TypeVar("T")

PATIENCE = 10.0
"""Seconds until a name is given up: as long as the C library tries a server, twice for 5 s."""


async def resolve(host: str, port: int) -> Address:
    """The numeric address of a name, spelt as the kernel spells it; a numeric one is its own, and costs no thread.

    Raises:
        GatewayError: there is no such name, or nobody says so in time.
    """
    with suppress(ValueError):
        return str(ipaddress.ip_address(host)), port
    return await _patiently(look_up, host, port)


async def resolve_all(host: str, port: int) -> tuple[Address, ...]:
    """Every numeric address of a name, the one that `resolve` would take first.

    Raises:
        GatewayError: there is no such name, or nobody says so in time.
    """
    with suppress(ValueError):
        return ((str(ipaddress.ip_address(host)), port),)
    return await _patiently(look_up_all, host, port)


async def _patiently(find: Callable[[str, int], T], host: str, port: int) -> T:
    worker = Worker("resolver", patience=PATIENCE)
    try:
        found = await worker.run(find, host, port)
    except WorkerStuck as silent:
        raise GatewayError(f"cannot resolve {host!r}: no answer within {PATIENCE:g} s") from silent
    else:
        await worker.aclose()
        return found
    finally:
        worker.close()

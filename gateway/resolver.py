"""Names to addresses, in a thread that nobody has to wait for: a silent name server takes its time."""

from __future__ import annotations

import ipaddress
from contextlib import suppress

from gateway.errors import GatewayError
from gateway.rtp.core import Address
from gateway.rtp.sockets import look_up
from gateway.worker import Worker, WorkerStuck

PATIENCE = 10.0
"""Seconds until a name is given up: as long as the C library tries a server, twice for 5 s."""


async def resolve(host: str, port: int) -> Address:
    """The numeric address of a name, spelt as the kernel spells it; a numeric one is its own, and costs no thread.

    Raises:
        GatewayError: there is no such name, or nobody says so in time.
    """
    with suppress(ValueError):
        return str(ipaddress.ip_address(host)), port
    worker = Worker("resolver", patience=PATIENCE)
    try:
        address = await worker.run(look_up, host, port)
    except WorkerStuck as silent:
        raise GatewayError(f"cannot resolve {host!r}: no answer within {PATIENCE:g} s") from silent
    else:
        await worker.aclose()
        return address
    finally:
        worker.close()

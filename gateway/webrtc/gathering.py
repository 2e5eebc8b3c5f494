"""Where our candidates come from: the addresses of this host, and what STUN and TURN servers know of us."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from aioice import Candidate
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import StunProtocol, get_host_addresses, relayed_candidate, server_reflexive_candidate
from aioice.stun import TransactionError
from aiortc.rtcicetransport import parse_stun_turn_uri

from gateway.errors import ArgumentError

GATHER_TIMEOUT: Final = 2.0
"""Seconds for STUN and TURN servers to answer; an offer waits for it."""

logger = logging.getLogger(__name__)

_FAILURES: Final = (OSError, TransactionError, LookupError, ValueError)


def host_addresses(interfaces: Iterable[str], *, loopback: bool) -> list[str]:
    """The numeric addresses to gather on: those named, or all of this host; loopback as asked, or where alone."""
    if named := list(dict.fromkeys(interfaces)):
        return named
    addresses = list(dict.fromkeys(get_host_addresses(use_ipv4=True, use_ipv6=True)))
    if loopback or not addresses:
        addresses += ["127.0.0.1", "::1"]
    return addresses


def host_candidate(address: str, port: int, *, rank: int) -> Candidate:
    """A socket of ours. `rank` 0 is preferred to 1, and so on (RFC 8445 §5.1.2.1)."""
    return Candidate(
        foundation=candidate_foundation("host", "udp", address),
        component=1,
        transport="udp",
        priority=candidate_priority(1, "host", 65535 - rank),
        host=address,
        port=port,
        type="host",
    )


def ice_server(url: str) -> dict[str, Any]:
    """The parts of a STUN or TURN URL: scheme, host, port, and a TURN server's transport.

    Raises:
        ArgumentError: neither (RFC 7064, RFC 7065).
    """
    try:
        parsed = parse_stun_turn_uri(url)
    except ValueError as error:
        raise ArgumentError(f"{url!r} is no URL of a STUN or TURN server such as turn:host:3478: {error}") from error
    kind = (parsed["scheme"], parsed.get("transport"))
    if kind not in (("stun", None), ("turn", "udp"), ("turn", "tcp"), ("turns", "tcp")):
        raise ArgumentError(f"{url!r} is no URL of a STUN or TURN server we can use: over UDP, TCP, or TLS as turns:")
    return parsed


async def ask_servers(
    servers: Sequence[dict[str, Any]],
    hosts: Sequence[StunProtocol],
    *,
    make_relay: Callable[[], StunProtocol],
    keep_relay: Callable[[StunProtocol], None],
) -> list[Candidate]:
    """What the servers answer in `GATHER_TIMEOUT`. One that fails is told of and left out.

    `servers`: as `ice_server` reads them, with `username` and `credential`. `hosts`: our own sockets. `make_relay`
    makes what a TURN server feeds; `keep_relay` is given it once it has an allocation, and is to close it.
    """
    tasks = [
        asyncio.create_task(_ask_stun(server, protocol))
        for server in servers
        if server["scheme"] == "stun"
        for protocol in hosts
        if "." in protocol.local_candidate.host
    ]
    tasks += [
        asyncio.create_task(_ask_turn(server, make_relay, keep_relay))
        for server in servers
        if server["scheme"].startswith("turn")
    ]
    if not tasks:
        return []
    try:
        done, _ = await asyncio.wait(tasks, timeout=GATHER_TIMEOUT)
    finally:
        await _cancel(tasks)
    return [found for task in done if (found := task.result()) is not None]


async def _cancel(tasks: Sequence[asyncio.Task[Candidate | None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def _ask_stun(server: dict[str, Any], protocol: StunProtocol) -> Candidate | None:
    try:
        candidate, _ = await server_reflexive_candidate(protocol, (server["host"], server["port"]))
    except _FAILURES as error:
        logger.warning("STUN server %s:%s: %r", server["host"], server["port"], error)
        return None
    return candidate


async def _ask_turn(
    server: dict[str, Any], make_relay: Callable[[], StunProtocol], keep_relay: Callable[[StunProtocol], None]
) -> Candidate | None:
    try:
        candidate, relay = await relayed_candidate(
            component=1,
            hide_related_address=False,
            protocol_factory=make_relay,
            turn_server=(server["host"], server["port"]),
            turn_username=server["username"],
            turn_password=server["credential"],
            turn_ssl=server["scheme"] == "turns",
            turn_transport=server["transport"],
        )
    except _FAILURES as error:
        logger.warning("TURN server %s:%s: %r", server["host"], server["port"], error)
        return None
    keep_relay(relay)
    return candidate

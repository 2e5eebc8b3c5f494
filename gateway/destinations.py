"""Where RTP may be sent: a server sends video where its callers say, so it must not be talked into flooding others.

A name is resolved once and every one of its addresses checked; what is sent to afterwards is the address, never the
name again, whose next answer could be another.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from gateway.errors import ArgumentError, Forbidden, GatewayError
from gateway.resolver import resolve_all
from gateway.rtp.core import Address
from gateway.serving import Network


async def resolve_within(host: str, port: int, networks: Iterable[Network]) -> Address:
    """The numeric address to send to, where all that `host` stands for lies within `networks`.

    Raises:
        Forbidden: some of it lies beyond.
        ArgumentError: there is no such name, or nobody says so in time.
    """
    allowed = tuple(networks)
    try:
        found = await resolve_all(host, port)
    except GatewayError as error:
        raise ArgumentError(str(error)) from error
    for address, _ in found:
        if not is_within(address, allowed):
            raise Forbidden(f"{host!r} is no allowed destination: --allow-destination names the networks that are")
    return found[0]


def is_within(address: str, networks: Iterable[Network]) -> bool:
    """Whether a numeric address lies in one of `networks`; an IPv4 address written as IPv6 is the IPv4 address."""
    ip = ipaddress.ip_address(address)
    plain = ip.ipv4_mapped or ip if isinstance(ip, ipaddress.IPv6Address) else ip
    return any(plain in network for network in networks if network.version == plain.version)

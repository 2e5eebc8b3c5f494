"""Which of our addresses to listen on, by what an SDP says the media is sent to."""

from __future__ import annotations

import ipaddress
import socket
from typing import NamedTuple

from gateway.errors import GatewayError
from gateway.resolver import resolve
from gateway.rtp.sdp import Connection


class Listening(NamedTuple):
    """A numeric address of ours, all zeros for any, and the multicast group to join there."""

    bind: str
    group: str | None = None


async def listening_address(connection: Connection | None, bind: str | None) -> Listening:
    """The group of the `c=` line; else `bind` if given, the `c=` address if it is ours, or else all of its kind.

    A name that means nothing here is not ours.
    """
    if connection is None:
        return Listening(bind or _any(version=4))
    try:
        address = ipaddress.ip_address((await resolve(connection.address, 0))[0])
    except GatewayError:
        return Listening(bind or _any(version=4))
    every = _any(address.version)
    if address.is_multicast:
        return Listening(bind or every, str(address))
    return Listening(bind or (str(address) if _is_ours(address) else every))


def _any(version: int) -> str:
    return str(ipaddress.IPv4Address(0) if version == 4 else ipaddress.IPv6Address(0))


def _is_ours(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether this machine has the address: then, and only then, a socket can be bound to it."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((str(address), 0))
        except OSError:
            return False
    return True

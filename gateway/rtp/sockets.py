"""[IO] UDP sockets for one RTP session, a pair of ports or one for both, unicast or multicast; names to addresses."""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import socket
import struct
from typing import Final

from gateway.errors import ArgumentError, GatewayError
from gateway.rtp.addresses import is_multicast
from gateway.rtp.core import Address

RECEIVE_BUFFER: Final = 4 * 1024 * 1024
"""Octets asked of the kernel: key frames come in bursts of 100 kB, and a busy moment must not cost packets."""
SEND_BUFFER: Final = 1024 * 1024
"""Octets asked of the kernel: a paced key frame and more."""
_ATTEMPTS: Final = 64
"""At finding two free neighbouring ports."""

logger = logging.getLogger(__name__)


def look_up(host: str, port: int) -> Address:
    """The address of a name. It may take many seconds.

    IPv4 where there are both: UDP media cannot try one and fall back on the other.

    Raises:
        GatewayError: there is no such name.
    """
    return look_up_all(host, port)[0]


def look_up_all(host: str, port: int) -> tuple[Address, ...]:
    """Every address of a name, IPv4 first. It may take many seconds.

    Raises:
        GatewayError: there is no such name.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise GatewayError(f"cannot resolve {host!r}: {reason}") from error
    by_kind = sorted(found, key=lambda entry: entry[0] != socket.AF_INET)
    return tuple((str(entry[4][0]), port) for entry in by_kind)


def open_sockets(
    *, bind: str, port: int, rtcp_port: int | None, group: str | None = None, ttl: int | None = None
) -> tuple[socket.socket, socket.socket]:
    """The RTP and the RTCP socket, non-blocking; the same one twice where they share a port.

    Args:
        bind: a numeric address of this machine, all zeros for any, or a multicast group to join.
        port: RTP's; 0 takes any free one, an even one where RTCP has its own.
        rtcp_port: RTCP's; 0 is the one above RTP's, None is RTP's own (RFC 5761).
        group: a multicast group to join on the interface of `bind`.
        ttl: for what is sent to a group, in hops.

    Raises:
        ArgumentError: `bind` or `group` is not a numeric address.
        GatewayError: a port is in use, the address is not ours, or the group cannot be joined.
    """
    if group is None and is_multicast(bind):
        group, bind = bind, "::" if ":" in bind else "0.0.0.0"
    if rtcp_port is None:
        rtp = _open(bind, port, group, ttl)
        return rtp, rtp
    if port or rtcp_port:
        return _open_two(bind, port, rtcp_port or port + 1, group, ttl)
    return _open_free_pair(bind, group, ttl)


def _open_free_pair(bind: str, group: str | None, ttl: int | None) -> tuple[socket.socket, socket.socket]:
    """An even port and the one above (RFC 3550 §11), both free."""
    for _ in range(_ATTEMPTS):
        with _open(bind, 0, group, ttl) as probe:
            port = probe.getsockname()[1] & ~1
        with contextlib.suppress(GatewayError):
            return _open_two(bind, port, port + 1, group, ttl)
    raise GatewayError(f"no two neighbouring UDP ports are free on {bind}")


def _open_two(
    bind: str, port: int, rtcp_port: int, group: str | None, ttl: int | None
) -> tuple[socket.socket, socket.socket]:
    rtp = _open(bind, port, group, ttl)
    try:
        return rtp, _open(bind, rtcp_port, group, ttl)
    except BaseException:
        rtp.close()
        raise


def _open(bind: str, port: int, group: str | None, ttl: int | None) -> socket.socket:
    """One bound socket."""
    family = _family(bind)
    if group is not None and _family(group) != family:
        raise ArgumentError(f"the multicast group {group} cannot be joined from {bind}, another kind of address")
    opened = socket.socket(family, socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)
        _size_buffers(opened)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if group is not None:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((group or bind, port))
        _send_to_groups(opened, bind, ttl)
        if group is not None:
            _join(opened, group, bind)
    except (OSError, OverflowError) as error:
        opened.close()
        reason = error.strerror if isinstance(error, OSError) else error
        raise GatewayError(f"cannot listen on UDP {group or bind} port {port}: {reason}") from error
    return opened


def _family(host: str) -> socket.AddressFamily:
    try:
        return socket.AF_INET if ipaddress.ip_address(host).version == 4 else socket.AF_INET6
    except ValueError as error:
        raise ArgumentError(f"{host!r} is not a numeric IP address such as 127.0.0.1 or ::1") from error


def _size_buffers(opened: socket.socket) -> None:
    """Ask for large buffers; the kernel cuts them to its limit (net.core.rmem_max), which only root may pass."""
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    force = getattr(socket, "SO_RCVBUFFORCE", 33)
    with contextlib.suppress(OSError):
        opened.setsockopt(socket.SOL_SOCKET, force, RECEIVE_BUFFER)
    got = opened.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    if got < RECEIVE_BUFFER:
        logger.debug("receive buffer of %d bytes instead of %d: raise net.core.rmem_max", got, RECEIVE_BUFFER)


def _send_to_groups(opened: socket.socket, bind: str, ttl: int | None) -> None:
    """How and where multicast leaves: by the interface of `bind`, `ttl` hops far."""
    is_ipv4 = opened.family == socket.AF_INET
    if ttl is not None:
        level, option = (
            (socket.IPPROTO_IP, socket.IP_MULTICAST_TTL)
            if is_ipv4
            else (socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS)
        )
        opened.setsockopt(level, option, ttl)
    address = ipaddress.ip_address(bind)
    if address.is_unspecified or address.is_multicast:
        return
    if is_ipv4:
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, address.packed)
    elif index := _interface_index(address):
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)


def _join(opened: socket.socket, group: str, bind: str) -> None:
    """Join the group on the interface that has `bind`, the system's choice where that is any."""
    packed, interface = ipaddress.ip_address(group).packed, ipaddress.ip_address(bind)
    if opened.family == socket.AF_INET:
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, packed + interface.packed)
    else:
        request = packed + struct.pack("@I", _interface_index(interface))
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, request)


def _interface_index(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> int:
    """Of the zone an IPv6 address names (`fe80::1%eth0`); 0, the system's choice, where it names none."""
    zone = getattr(address, "scope_id", None)
    if not zone:
        return 0
    return int(zone) if zone.isdigit() else socket.if_nametoindex(zone)

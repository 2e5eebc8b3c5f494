"""What is reached into of aiortc and aioice holds in the versions that are installed."""

from __future__ import annotations

import asyncio
import importlib.metadata
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aioice.stun import Class, Message, Method
from aiortc.rtcdtlstransport import generate_certificate
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ArgumentError, GatewayError
from gateway.webrtc.gathering import host_addresses, ice_server
from gateway.webrtc.host_socket import MAX_DATAGRAMS_PER_WAKE, HostSocket, _runs, open_socket
from gateway.webrtc.tuning import (
    MAX_REMOTE,
    MAX_WAITING,
    Certificate,
    MediaConnection,
    MediaProtocol,
)
from gateway.webrtc.versions import require_known_versions
from tests.far_browser import far_browser
from tests.test_webrtc_peer import Call

STUN = sorted((Path(__file__).parents[2] / "shared" / "vectors" / "webrtc-stun").glob("*"))


def connection() -> MediaConnection:
    return MediaConnection(
        addresses=("127.0.0.1",),
        ports=None,
        servers=(),
        username="ours",
        password="p" * 24,
        is_controlling=False,
    )


def test_the_installed_libraries_are_those_this_was_written_for() -> None:
    require_known_versions()


def test_another_version_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "9.9.9")
    with pytest.raises(GatewayError, match=r"aiortc 9\.9\.9 is installed; this changebg works with aiortc 1\.16\.x"):
        require_known_versions()


def _of(curve: type[ec.EllipticCurve]) -> Callable[[], Certificate]:
    def make() -> Certificate:
        key = ec.generate_private_key(curve())
        return Certificate(key, generate_certificate(key))

    return make


def _of_rsa() -> Certificate:
    key: Any = rsa.generate_private_key(65537, 2048)
    return Certificate(key, generate_certificate(key))


MAKERS = {
    "P-256": _of(ec.SECP256R1),
    "P-384": _of(ec.SECP384R1),
    "RSA": _of_rsa,
}


@pytest.mark.parametrize("setup", ["active", "passive"])
@pytest.mark.parametrize("kind", MAKERS)
async def test_far_ends_certificates_of_other_kinds(kind: str, setup: str) -> None:
    async with far_browser(MAKERS[kind]()) as far:
        call = Call((await far.offer()).replace("a=setup:actpass", f"a=setup:{setup}"))
        await far.take(await call.answer())
        await call.until("connected")
        await call.peer.aclose()


async def _protocol() -> tuple[MediaConnection, MediaProtocol]:
    opened = connection()
    await opened.gather_candidates()
    protocol = opened._protocols[0]
    assert isinstance(protocol, MediaProtocol)
    return opened, protocol


@pytest.mark.parametrize("message", [path.read_bytes() for path in STUN], ids=[path.name for path in STUN])
async def test_no_stun_message_raises(message: bytes) -> None:
    opened, protocol = await _protocol()
    protocol.datagram_received(message, ("127.0.0.1", 9))
    await opened.close()


@given(st.lists(st.binary(max_size=80), max_size=20))
def test_nothing_that_comes_in_raises(datagrams: list[bytes]) -> None:
    async def receive() -> None:
        opened, protocol = await _protocol()
        header = bytes.fromhex("0001000c2112a442") + bytes(12)
        for data in datagrams:
            protocol.datagram_received(data, ("127.0.0.1", 9))
            protocol.datagram_received(header + data, ("127.0.0.1", 9))
        await opened.close()

    asyncio.run(receive())


async def test_a_check_without_a_priority_is_no_check() -> None:
    opened, protocol = await _protocol()
    request = Message(message_method=Method.BINDING, message_class=Class.REQUEST)
    request.attributes["USERNAME"] = "ours:theirs"
    request.add_message_integrity(b"p" * 24)
    opened.remote_username, opened.remote_password = "theirs", "q" * 24
    opened._early_checks_done = True
    protocol.datagram_received(bytes(request), ("127.0.0.1", 9))
    assert opened._check_list == []
    await opened.close()


async def test_invented_addresses_are_checked_up_to_a_number() -> None:
    opened, protocol = await _protocol()
    opened.remote_username, opened.remote_password = "theirs", "q" * 24
    opened._early_checks_done = True
    for port in range(1000, 1000 + 3 * MAX_REMOTE):
        request = Message(message_method=Method.BINDING, message_class=Class.REQUEST)
        request.attributes.update({"USERNAME": "ours:theirs", "PRIORITY": 1, "ICE-CONTROLLING": 1})
        request.add_message_integrity(b"p" * 24)
        protocol.datagram_received(bytes(request), ("127.0.0.1", port))
    assert len(opened._check_list) == MAX_REMOTE
    await opened.close()


async def test_what_came_during_the_handshake_is_handed_over_first_and_in_order() -> None:
    opened, protocol = await _protocol()
    came: list[bytes] = []
    for data in (b"\x80one", b"\x16dtls", b"\x80two"):
        protocol.datagram_received(data, ("127.0.0.1", 9))
    opened.hand_over(came.append)
    protocol.datagram_received(b"\x80three", ("127.0.0.1", 9))
    assert came == [b"\x80one", b"\x80two", b"\x80three"]
    assert opened._queue.get_nowait() == (b"\x16dtls", 1)
    await opened.close()


async def test_a_flood_before_the_handshake_is_dropped() -> None:
    opened, protocol = await _protocol()
    for _ in range(2 * MAX_WAITING):
        protocol.datagram_received(b"\x80flood", ("127.0.0.1", 9))
    assert (opened._queue.qsize(), opened.overflown) == (MAX_WAITING, MAX_WAITING)
    await opened.close()


class Noted(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.came: list[bytes | str] = []
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes | str, addr: object) -> None:
        self.came.append(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set_result(None)


async def test_a_socket_is_emptied_before_the_cores_are_asked() -> None:
    protocol = Noted()
    idle = asyncio.Event()
    opened = open_socket("127.0.0.1", None)
    transport = HostSocket(opened, protocol, idle.set)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(20):
            sender.sendto(bytes([number]), opened.getsockname())
    await idle.wait()
    assert protocol.came == [bytes([number]) for number in range(20)]
    assert MAX_DATAGRAMS_PER_WAKE > 20
    transport.close()
    await protocol.lost


async def test_what_cannot_be_sent_is_counted() -> None:
    transport = HostSocket(open_socket("127.0.0.1", None), Noted(), lambda: None)
    transport.sendto(b"x" * 70_000, ("127.0.0.1", 9))
    assert (transport.dropped, transport.failed) == (0, 1)
    transport.close()


async def test_a_frames_packets_leave_in_one_call_and_come_one_by_one() -> None:
    protocol = Noted()
    idle = asyncio.Event()
    opened = open_socket("127.0.0.1", None)
    receiver = HostSocket(opened, protocol, idle.set)
    sender = HostSocket(open_socket("127.0.0.1", None), Noted(), lambda: None)
    packets = [bytes([n]) * 1200 for n in range(50)] + [b"last" * 9, b"x" * 1200, b"y" * 1201, b"z"]
    assert sender.send_all(packets, opened.getsockname()) == len(packets)
    while len(protocol.came) < len(packets):
        idle.clear()
        await idle.wait()
    assert protocol.came == packets
    for transport in (receiver, sender):
        transport.close()


@given(st.lists(st.integers(1, 3), max_size=12))
def test_what_leaves_in_one_call_is_of_one_size_but_for_a_smaller_last(sizes: list[int]) -> None:
    packets = [bytes(size) for size in sizes]
    runs = [*_runs(packets)]
    assert [packet for run in runs for packet in run] == packets
    assert all({*map(len, run[:-1])} <= {len(run[0])} and len(run[-1]) <= len(run[0]) for run in runs)


async def test_where_packets_cannot_leave_in_one_call_they_leave_one_by_one() -> None:
    protocol = Noted()
    idle = asyncio.Event()
    opened = open_socket("127.0.0.1", None)
    receiver = HostSocket(opened, protocol, idle.set)
    sender = HostSocket(open_socket("127.0.0.1", None), Noted(), lambda: None)
    packets = [b"a" * 30_000, b"b" * 30_000, b"c" * 30_000]  # more than a datagram in all: the kernel refuses
    assert sender.send_all(packets, opened.getsockname()) == 3
    assert sender.send_all([b"d", b"e"], opened.getsockname()) == 2
    await idle.wait()
    assert [packet[:1] for packet in protocol.came] == [b"a", b"b", b"c", b"d", b"e"]
    for transport in (receiver, sender):
        transport.close()


def test_loopback_is_taken_when_asked_for_or_alone() -> None:
    assert host_addresses((), loopback=True)[-2:] == ["127.0.0.1", "::1"]
    assert host_addresses(("192.0.2.7", "192.0.2.7"), loopback=True) == ["192.0.2.7"]


def test_a_server_that_is_none_is_said() -> None:
    assert ice_server("turn:example.org")["port"] == 3478
    for url in ("http://example.org", "stun:", "turn:example.org?transport=quic:x:y"):
        with pytest.raises(ArgumentError, match="no URL of a STUN or TURN server"):
            ice_server(url)

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from gateway.errors import ArgumentError, GatewayError
from gateway.rtp.sockets import RECEIVE_BUFFER, open_sockets

GROUP = "239.255.42.99"

Open = Callable[..., tuple[socket.socket, socket.socket]]


@pytest.fixture
def opened() -> Iterator[Open]:
    """`open_sockets`, and everything it opened is closed at the end."""
    everything: list[socket.socket] = []

    def open_and_remember(**arguments: object) -> tuple[socket.socket, socket.socket]:
        pair = open_sockets(**arguments)  # type: ignore[arg-type]
        everything.extend(pair)
        return pair

    yield open_and_remember
    for one in everything:
        one.close()


def test_a_free_pair_is_even_and_neighbouring(opened: Open) -> None:
    for _ in range(20):
        rtp, rtcp = opened(bind="127.0.0.1", port=0, rtcp_port=0)
        assert rtp.getsockname()[1] % 2 == 0
        assert rtcp.getsockname()[1] == rtp.getsockname()[1] + 1
        assert not rtp.getblocking()


def test_the_rtcp_port_may_be_chosen_or_shared(opened: Open) -> None:
    _, free = opened(bind="127.0.0.1", port=0, rtcp_port=0)
    port = free.getsockname()[1]
    free.close()
    _, rtcp = opened(bind="127.0.0.1", port=0, rtcp_port=port)
    assert rtcp.getsockname()[1] == port
    rtp, rtcp = opened(bind="127.0.0.1", port=0, rtcp_port=None)
    assert rtp is rtcp


@pytest.mark.parametrize("which", [0, 1])
def test_a_port_in_use_is_named_and_nothing_stays_open(opened: Open, which: int) -> None:
    pair = opened(bind="127.0.0.1", port=0, rtcp_port=0)
    port = pair[0].getsockname()[1]
    pair[1 - which].close()
    with pytest.raises(GatewayError, match=f"port {port + which}.*in use") as refusal:
        open_sockets(bind="127.0.0.1", port=port, rtcp_port=0)
    assert refusal.value.exit_status == 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind(("127.0.0.1", port + 1 - which))


@pytest.mark.parametrize("bind", ["nowhere.invalid", "", "localhost", "1.2.3"])
def test_an_address_that_is_not_numeric_is_a_wrong_argument(bind: str) -> None:
    with pytest.raises(ArgumentError, match="not a numeric IP address"):
        open_sockets(bind=bind, port=0, rtcp_port=None)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(GatewayError, match=r"203\.0\.113\.9"):
        open_sockets(bind="203.0.113.9", port=0, rtcp_port=None)


def test_the_port_above_the_last_is_refused() -> None:
    with pytest.raises(GatewayError, match="65536"):
        open_sockets(bind="127.0.0.1", port=65535, rtcp_port=0)


def test_a_group_of_another_kind_of_address_is_refused() -> None:
    with pytest.raises(ArgumentError, match="another kind"):
        open_sockets(bind="::1", port=0, rtcp_port=None, group=GROUP)


def test_the_receive_buffer_is_as_large_as_the_kernel_allows(opened: Open) -> None:
    rtp, _ = opened(bind="127.0.0.1", port=0, rtcp_port=None)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        allowed = plain.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    assert rtp.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= allowed


def test_ipv6_takes_no_ipv4(opened: Open) -> None:
    try:
        rtp, _ = opened(bind="::1", port=0, rtcp_port=None)
    except GatewayError:
        pytest.skip("this machine has no IPv6")
    assert rtp.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 1


@pytest.mark.parametrize("arguments", [{"bind": "127.0.0.1", "group": GROUP}, {"bind": GROUP}])
def test_a_group_is_joined_by_several_at_once_and_reached_with_its_ttl(opened: Open, arguments: dict[str, str]) -> None:
    try:
        first, _ = opened(port=0, rtcp_port=None, **arguments)
    except GatewayError:
        pytest.skip("this machine has no route for multicast")
    port = first.getsockname()[1]
    second, _ = opened(port=port, rtcp_port=None, **arguments)
    interface = "0.0.0.0" if arguments["bind"] == GROUP else arguments["bind"]
    sender, _ = opened(bind=interface, port=0, rtcp_port=None, ttl=7)
    assert sender.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL) == 7
    sender.sendto(b"to all", (GROUP, port))
    for receiver in (first, second):
        receiver.settimeout(5)
        assert receiver.recv(100) == b"to all"

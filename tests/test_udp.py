from __future__ import annotations

import asyncio
import itertools
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable

import pytest

from gateway.rtp.core import Address, BitrateLimited, Datagram, Event, KeyframeRequested
from gateway.rtp.udp import MAX_DATAGRAMS_PER_WAKE, Endpoint


class Echo:
    """A core that answers each datagram, and does at its timeout what the test wants."""

    def __init__(self) -> None:
        self.received: list[tuple[bytes, Address, bool]] = []
        self.outgoing: list[Datagram] = []
        self.events: deque[Event] = deque()
        self.timeouts: list[float] = []
        self.timeout: float | None = None
        self.answers = True

    def receive_datagram(self, data: bytes, source: Address, now: float, *, is_rtcp: bool) -> None:
        self.received.append((data, source, is_rtcp))
        if data == b"fail":
            raise RuntimeError("the core failed")
        if self.answers:
            self.outgoing.append(Datagram(b"re: " + data[:100], source, is_rtcp))
        self.events.append(KeyframeRequested())

    def handle_timeout(self, now: float) -> None:
        self.timeouts.append(now)
        self.timeout = None
        self.events.append(BitrateLimited(1))

    def datagrams_to_send(self, now: float) -> list[Datagram]:
        outgoing, self.outgoing = self.outgoing, []
        return outgoing

    def next_event(self) -> Event | None:
        return self.events.popleft() if self.events else None

    def next_timeout(self) -> float | None:
        return self.timeout


class Peer:
    """A plain UDP socket in the test's hands."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._socket.setblocking(False)
        self.address: Address = self._socket.getsockname()[:2]

    def send(self, data: bytes, port: int) -> None:
        self._socket.sendto(data, (self.address[0], port))

    async def receive(self) -> tuple[bytes, Address]:
        async with asyncio.timeout(5):
            data, source = await asyncio.get_running_loop().sock_recvfrom(self._socket, 65536)
        return data, source[:2]

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


class Watch:
    """Collects events and lets a test wait for so many."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._changed = asyncio.Event()

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():
                self._changed.clear()
                await self._changed.wait()


def pair(core: Echo, on_event: Callable[[Event], None], *, bind: str = "127.0.0.1") -> Endpoint:
    return Endpoint.open(core, bind=bind, port=0, rtcp_port=0, on_event=on_event)


async def test_each_socket_of_a_pair_hands_over_and_answers_for_itself(peer: Peer) -> None:
    core, watch = Echo(), Watch()
    async with pair(core, watch) as endpoint:
        peer.send(b"media", endpoint.port)
        assert await peer.receive() == (b"re: media", ("127.0.0.1", endpoint.port))
        peer.send(b"report", endpoint.rtcp_port)
        assert await peer.receive() == (b"re: report", ("127.0.0.1", endpoint.rtcp_port))
        assert core.received == [(b"media", peer.address, False), (b"report", peer.address, True)]
        assert watch.events == [KeyframeRequested()] * 2
        assert (endpoint.stats.received, endpoint.stats.sent) == (2, 2)


async def test_a_shared_port_leaves_it_to_the_core_to_tell_rtcp(peer: Peer) -> None:
    core = Echo()
    async with Endpoint.open(core, bind="127.0.0.1", port=0, rtcp_port=None, on_event=Watch()) as endpoint:
        assert endpoint.rtcp_port == endpoint.port
        peer.send(b"either", endpoint.port)
        await peer.receive()
        core.outgoing.append(Datagram(b"report", peer.address, is_rtcp=True))
        endpoint.flush()
        assert await peer.receive() == (b"report", ("127.0.0.1", endpoint.port))
    assert core.received == [(b"either", peer.address, False)]


async def test_ipv6_addresses_are_host_and_port() -> None:
    try:
        peer = Peer("::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    core = Echo()
    async with pair(core, Watch(), bind="::1") as endpoint:
        peer.send(b"six", endpoint.port)
        assert await peer.receive() == (b"re: six", ("::1", endpoint.port))
    assert core.received == [(b"six", peer.address, False)]
    peer.close()


async def test_a_burst_is_taken_in_whole_and_the_loop_gets_its_turns(peer: Peer) -> None:
    core, watch = Echo(), Watch()
    core.answers = False
    turns: list[int] = []

    def take_turn() -> None:
        turns.append(len(core.received))
        if len(core.received) < 300:
            asyncio.get_running_loop().call_soon(take_turn)

    async with pair(core, watch) as endpoint:
        for index in range(300):
            peer.send(b"%d" % index, endpoint.port)
        asyncio.get_running_loop().call_soon(take_turn)
        await watch.until(lambda: len(core.received) == 300)
    assert [data for data, _, _ in core.received] == [b"%d" % index for index in range(300)]
    assert all(later - earlier <= MAX_DATAGRAMS_PER_WAKE for earlier, later in itertools.pairwise(turns))


async def test_the_largest_datagram_is_taken_in_whole(peer: Peer) -> None:
    core, watch = Echo(), Watch()
    async with pair(core, watch) as endpoint:
        peer.send(bytes(65507), endpoint.port)
        await watch.until(lambda: bool(core.received))
    assert len(core.received[0][0]) == 65507


async def test_the_timer_calls_the_core_when_it_wants_to_be_called() -> None:
    core, watch = Echo(), Watch()
    async with pair(core, watch) as endpoint:
        now = asyncio.get_running_loop().time()
        core.timeout = now + 10
        endpoint.flush()
        core.timeout = now + 0.02
        endpoint.flush()
        await watch.until(lambda: bool(core.timeouts))
    assert watch.events == [BitrateLimited(1)]
    assert now + 0.019 < core.timeouts[0] < now + 1
    assert len(core.timeouts) == 1


async def test_what_an_event_makes_the_core_send_leaves_at_once(peer: Peer) -> None:
    core = Echo()
    answered: list[bytes] = []

    def answer(event: Event) -> None:
        if len(answered) < 3:
            answered.append(b"answer")
            core.outgoing.append(Datagram(b"answer %d" % len(answered), peer.address))
            core.events.append(KeyframeRequested())
            endpoint.flush()

    async with pair(core, answer) as endpoint:
        core.events.append(KeyframeRequested())
        endpoint.flush()
        assert [(await peer.receive())[0] for _ in range(3)] == [b"answer 1", b"answer 2", b"answer 3"]


async def test_what_cannot_be_sent_is_counted_and_ends_nothing(peer: Peer) -> None:
    core = Echo()
    async with pair(core, Watch()) as endpoint:
        core.outgoing = [Datagram(bytes(70_000), peer.address), Datagram(b"x", ("192.0.2.1", 0))]
        core.outgoing.append(Datagram(b"still here", peer.address))
        endpoint.flush()
        assert (await peer.receive())[0] == b"still here"
        assert endpoint.stats.failed == 2


async def test_a_far_end_that_is_not_there_ends_nothing(peer: Peer) -> None:
    core = Echo()
    gone = Peer()
    gone.close()
    async with pair(core, Watch()) as endpoint:
        for _ in range(5):
            core.outgoing.append(Datagram(b"anyone?", gone.address))
            endpoint.flush()
            peer.send(b"hello", endpoint.port)
            assert (await peer.receive())[0] == b"re: hello"


async def test_a_full_send_buffer_drops_instead_of_waiting(peer: Peer) -> None:
    core = Echo()
    async with pair(core, Watch()) as endpoint:
        endpoint._rtp.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        core.outgoing = [Datagram(bytes(60_000), peer.address) for _ in range(200)]
        endpoint.flush()
        assert endpoint.stats.sent + endpoint.stats.dropped + endpoint.stats.failed == 200


@pytest.mark.parametrize("who", ["core", "owner"])
async def test_our_own_mistake_ends_the_endpoint_and_rises_from_run(peer: Peer, who: str) -> None:
    def fail(event: Event) -> None:
        raise RuntimeError("the owner failed")

    core = Echo()
    with pytest.raises(RuntimeError, match=f"the {who} failed"):
        async with pair(core, fail) as endpoint:
            peer.send(b"fail" if who == "core" else b"media", endpoint.port)
            async with asyncio.timeout(5):
                await endpoint.run()
    assert endpoint._rtp.fileno() == -1


async def test_a_mistake_nobody_waits_for_rises_at_the_end_of_the_block() -> None:
    core = Echo()

    def fail(event: Event) -> None:
        raise RuntimeError("the owner failed")

    with pytest.raises(RuntimeError, match="the owner failed"):
        async with pair(core, fail) as endpoint:
            core.events.append(KeyframeRequested())
            endpoint.flush()
            endpoint.flush()


async def test_run_ends_when_the_endpoint_is_closed_and_can_be_cancelled() -> None:
    async with pair(Echo(), Watch()) as endpoint:
        running = asyncio.create_task(endpoint.run())
        await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        again = asyncio.create_task(endpoint.run())
        await asyncio.sleep(0)
        endpoint.close()
        await again


async def test_a_closed_endpoint_leaves_nothing(peer: Peer) -> None:
    core = Echo()
    async with pair(core, Watch()) as endpoint:
        core.timeout = asyncio.get_running_loop().time() + 0.01
        endpoint.flush()
        port, rtcp_port = endpoint.port, endpoint.rtcp_port
    endpoint.flush()
    endpoint.send([Datagram(b"late", peer.address)])
    for free in (port, rtcp_port):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
            again.bind(("127.0.0.1", free))
    await asyncio.sleep(0.03)
    assert not core.timeouts

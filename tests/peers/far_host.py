"""Another host on this machine: a network namespace at the far end of a cable that can lose packets and be narrow."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address

import pytest

from tests.peers.programs import require_program

QUEUE_SECONDS = 0.2
"""What a narrow link keeps waiting before it drops: a usual router's."""


@dataclass(frozen=True, slots=True)
class FarHost:
    """`near`: our address on the cable; `far`: theirs, `elsewhere` once they moved. `name`: of the namespace."""

    name: str
    near: str
    far: str
    elsewhere: str

    @property
    def inside(self) -> tuple[str, ...]:
        """What a command is prefixed with to run there."""
        return ("ip", "netns", "exec", self.name)

    def lose(self, share: float) -> None:
        """From now on lose this share of the UDP packets, each way, at random."""
        for chain in ("INPUT", "OUTPUT"):
            lossy = ("-p", "udp", "-m", "statistic", "--mode", "random", "--probability", f"{share:g}", "-j", "DROP")
            _run(*self.inside, "iptables", "-A", chain, *lossy)

    def move(self) -> None:
        """From now on they are `elsewhere`, as a phone that leaves its wireless network: without a word."""
        _run(*self.inside, "ip", "addr", "del", f"{self.far}/29", "dev", f"{self.name}f")
        _run(*self.inside, "ip", "addr", "add", f"{self.elsewhere}/29", "dev", f"{self.name}f")

    def narrow(self, bits_per_second: int) -> None:
        """From now on carry no more than this, each way, behind a queue of `QUEUE_SECONDS`."""
        limits = ("rate", f"{bits_per_second}bit", "burst", "4kb", "latency", f"{QUEUE_SECONDS * 1000:g}ms")
        _run(*self.inside, "tc", "qdisc", "replace", "dev", f"{self.name}f", "root", "tbf", *limits)
        _run("tc", "qdisc", "replace", "dev", f"{self.name}n", "root", "tbf", *limits)


@contextmanager
def far_host(name: str = "changebg") -> Iterator[FarHost]:
    """A host at the other end of a cable; both are gone when the block is left. Skips where that is not allowed."""
    for program, package in (("ip", "iproute2"), ("tc", "iproute2"), ("iptables", "iptables")):
        require_program(program, package=package)
    process = os.getpid()  # no two processes use the same names and addresses
    network = ip_address(f"10.213.{process // 31 % 256}.{process % 31 * 8}")
    host = FarHost(f"{name}{process % 10000}", *(str(network + place) for place in (1, 2, 3)))
    try:
        _run("ip", "netns", "add", host.name)
    except subprocess.CalledProcessError as refused:
        if os.environ.get("CHANGEBG_REQUIRE_PEERS") == "1":
            raise
        pytest.skip(f"no network namespaces here: {refused.stderr.strip()}")
    try:
        near, far = f"{host.name}n", f"{host.name}f"
        _run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", host.name)
        _run("ip", "addr", "add", f"{host.near}/29", "dev", near)
        _run("ip", "link", "set", near, "up")
        _run(*host.inside, "ip", "addr", "add", f"{host.far}/29", "dev", far)
        _run(*host.inside, "ip", "link", "set", far, "up")
        _run(*host.inside, "ip", "link", "set", "lo", "up")
        yield host
    finally:
        subprocess.run(
            ["ip", "link", "delete", f"{host.name}n"], check=False, capture_output=True
        )  # at once, both ends
        _run("ip", "netns", "delete", host.name)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)

"""gateway.destinations: only what lies within the allowed networks is sent to."""

from __future__ import annotations

import socket
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from gateway.destinations import is_within, resolve_within
from gateway.errors import ArgumentError, Forbidden
from gateway.serving import LOOPBACK

OFFICE = (*LOOPBACK, ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "192.0.2.7", "2001:db8::5", "::ffff:192.0.2.7"])
async def test_a_numeric_address_within_is_its_own(host: str) -> None:
    assert await resolve_within(host, 5004, OFFICE) == (str(ip_address(host)), 5004)


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "::", "198.51.100.1", "239.1.1.1", "255.255.255.255", "169.254.169.254", "2001:db9::1",
     "::ffff:198.51.100.1", "::ffff:0.0.0.0", "fe80::1%1"],
)  # fmt: skip
async def test_an_address_beyond_is_refused_by_its_name(host: str) -> None:
    with pytest.raises(Forbidden, match=r"no allowed destination"):
        await resolve_within(host, 5004, OFFICE)


def test_an_ipv4_address_written_as_ipv6_is_judged_as_ipv4() -> None:
    assert is_within("::ffff:127.0.0.1", LOOPBACK)
    assert not is_within("::ffff:10.0.0.1", LOOPBACK)


async def test_a_name_with_one_address_beyond_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, "127.0.0.1", "198.51.100.1")
    with pytest.raises(Forbidden, match="two-faced"):
        await resolve_within("two-faced.example", 5004, LOOPBACK)


async def test_a_name_is_asked_for_once_and_becomes_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _answers(monkeypatch, "::1", "127.0.0.1")
    assert await resolve_within("here.example", 5004, LOOPBACK) == ("127.0.0.1", 5004)
    assert asked == ["here.example"]


async def test_a_name_that_is_none_is_the_callers_mistake() -> None:
    with pytest.raises(ArgumentError, match="cannot resolve"):
        await resolve_within("no..such..name", 5004, LOOPBACK)


def _answers(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let every name stand for `addresses`; returns the names asked for."""
    asked: list[str] = []

    def answer(host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        asked.append(host)
        families = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in addresses]
        return [(f, 0, 0, "", (address, port)) for f, address in zip(families, addresses, strict=True)]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked

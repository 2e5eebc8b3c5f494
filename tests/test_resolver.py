from __future__ import annotations

import threading

import pytest

from gateway import resolver
from gateway.errors import GatewayError
from gateway.resolver import resolve


async def test_names_become_addresses() -> None:
    assert await resolve("127.0.0.1", 5004) == ("127.0.0.1", 5004)
    assert await resolve("localhost", 5004) == ("127.0.0.1", 5004)
    assert await resolve("::1", 5004) == ("::1", 5004)
    assert await resolve("2001:DB8:0:0::7", 5004) == ("2001:db8::7", 5004), "as recvfrom will tell it"


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".invalid"])
async def test_a_name_nobody_knows_is_an_error_that_holds_it(host: str) -> None:
    with pytest.raises(GatewayError, match="cannot resolve") as refusal:
        await resolve(host, 5004)
    assert host in str(refusal.value)


async def test_a_server_that_is_silent_is_waited_for_so_long_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = threading.Event()
    monkeypatch.setattr(resolver, "PATIENCE", 0.05)
    monkeypatch.setattr(resolver, "look_up", lambda host, port: answer.wait(30))
    with pytest.raises(GatewayError, match=r"cannot resolve 'far\.example': no answer within"):
        await resolve("far.example", 5004)
    answer.set()

"""What clients are told of STUN and TURN, and the credentials that expire."""

from __future__ import annotations

import hmac
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.api.ice_servers import ice_servers, link_headers
from gateway.serving import IceServer, IceSettings
from gateway.turn import LIFETIME, credentials
from tests.serving import LOOPBACK, served

STUN = IceServer("stun:stun.example.org:3478")
FIXED = IceServer("turn:turn.example.org:3478?transport=udp", username='o"p', credential="pass\\word")
SHARED = IceServer("turns:turn.example.org:443?transport=tcp", secret="north")


def test_credentials_of_a_shared_secret_are_those_that_coturn_makes_of_it() -> None:
    made = credentials(SHARED, now=1_700_000_000.4)
    assert made is not None
    assert (made.username, made.expires) == ("1700003600:changebg", 1_700_000_000 + LIFETIME)
    assert made.password == b64encode(hmac.digest(b"north", b"1700003600:changebg", "sha1")).decode()
    assert made.password not in repr(made)


def test_a_stun_server_needs_no_credentials() -> None:
    assert credentials(STUN, now=0.0) is None


def test_a_browser_is_told_what_its_configuration_takes() -> None:
    told = ice_servers([STUN, FIXED, SHARED], now=1_700_000_000.0).model_dump(by_alias=True, exclude_none=True)
    assert told["iceServers"][:2] == [
        {"urls": ["stun:stun.example.org:3478"]},
        {"urls": [FIXED.url], "username": 'o"p', "credential": "pass\\word"},
    ]
    assert told["iceServers"][2]["username"] == "1700003600:changebg"
    assert told["expires"] == 1_700_003_600
    assert "north" not in str(told)


def test_a_whip_client_is_told_by_links() -> None:
    stun, fixed, shared = link_headers([STUN, FIXED, SHARED], now=1_700_000_000.0)
    assert stun == '<stun:stun.example.org:3478>; rel="ice-server"'
    assert fixed.endswith('; username="o\\"p"; credential="pass\\\\word"; credential-type="password"')
    assert 'username="1700003600:changebg"' in shared


@pytest.mark.parametrize("servers", [(), (STUN, SHARED)])
async def test_what_the_operator_configured_is_told_and_nothing_else(
    tmp_path: Path, servers: tuple[IceServer, ...]
) -> None:
    settings = replace(LOOPBACK, ice=IceSettings(servers=servers))
    async with served(tmp_path, settings=settings, takes_calls=False) as there:
        response = await there.client.get("/v1/ice-servers")
        told = (await response.json())["iceServers"]
    assert [server["urls"] for server in told] == [[server.url] for server in servers]
    assert response.headers["Cache-Control"] == "no-store"

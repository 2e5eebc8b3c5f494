"""gateway.cli.serve_settings: what a server is, by its options."""

from __future__ import annotations

import asyncio
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from gateway.access.access import Access
from gateway.access.caller import ADMIN
from gateway.access.signed_urls import kept_key
from gateway.cli.serve_settings import front, server_settings
from gateway.errors import ArgumentError
from gateway.geometry import Crop, Geometry
from gateway.options.configuration import resolve
from gateway.options.serve_values import is_loopback
from gateway.options.settings import Settings
from gateway.serving import IceServer, ServerSettings


def settings(**typed: str) -> Settings:
    return resolve("serve", {name.replace("_", "-"): text for name, text in typed.items()}, environ={})


def test_nothing_given_is_the_defaults_and_loopback() -> None:
    made = server_settings(settings())
    assert made.ice.loopback
    assert made == ServerSettings(ice=made.ice)


@pytest.mark.parametrize(
    ("option", "typed", "field", "value"),
    [
        ("max_sessions", "3", "max_sessions", 3),
        ("max_watchers", "0", "max_watchers", 0),
        ("setup_timeout", "2.5", "setup_timeout", 2.5),
        ("drain", "0", "drain", 0),
        ("media_dir", "/clips", "media_dir", Path("/clips")),
        ("data_dir", "/kept", "data_dir", Path("/kept")),
        ("rtp_address", "192.0.2.7", "rtp_address", "192.0.2.7"),
        ("rtp_ports", "30000-30009", "rtp_ports", (30_000, 30_009)),
        ("size", "1280x720", "geometry", Geometry(size=(1280, 720))),
        ("crop", "720x1280+700+0", "geometry", Geometry(Crop(720, 1280, 700, 0))),
        ("rotate", "270", "geometry", Geometry(rotate=270)),
        ("fade", "0.5", "fade", 0.5),
        ("bitrate", "800k", "bitrate", 800_000),
        ("preset", "ultrafast", "preset", "ultrafast"),
        ("quality", "fast", "quality", "fast"),
        ("buffer", "120", "buffer", 0.12),
    ],
)
def test_an_option_is_what_calls_get(option: str, typed: str, field: str, value: object) -> None:
    assert getattr(server_settings(settings(**{option: typed})), field) == value


def test_destinations_come_beside_loopback() -> None:
    made = server_settings(settings(allow_destination="192.0.2.0/24, 2001:db8::1"))
    assert set(made.destinations) == {
        ip_network("127.0.0.0/8"), ip_network("::1"), ip_network("192.0.2.0/24"), ip_network("2001:db8::1")
    }  # fmt: skip


def test_ice_is_what_the_options_say() -> None:
    made = server_settings(
        settings(
            host="0.0.0.0",
            ice_server="stun:stun.example:3478,turn:ada:s%2Cx@turn.example?transport=tcp,turns:[2001:db8::1]:443",
            turn_secret="north",
            udp_ports="50000-50099",
            public_address="192.0.2.1",
            interface="10.0.0.1,10.0.0.2",
        )
    ).ice
    assert made.servers == (
        IceServer("stun:stun.example:3478"),
        IceServer("turn:turn.example?transport=tcp", "ada", "s,x"),
        IceServer("turns:[2001:db8::1]:443", secret="north"),
    )
    assert (made.ports, made.public_address) == ((50_000, 50_099), "192.0.2.1")
    assert made.interfaces == ("10.0.0.1", "10.0.0.2")
    assert not made.loopback


def test_the_models_lie_in_a_folder_or_the_start_is_refused(tmp_path: Path) -> None:
    assert server_settings(settings(models_dir=str(tmp_path))).models_dir == tmp_path
    (tmp_path / "rvm.onnx").touch()
    for wrong in ("none", "rvm.onnx"):
        with pytest.raises(ArgumentError, match=rf"--models-dir '.*/{wrong}': expected a folder"):
            server_settings(settings(models_dir=str(tmp_path / wrong)))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.8.9.1"])
def test_on_loopback_nobody_needs_a_token(host: str, tmp_path: Path) -> None:
    built, told = front(settings(host=host, tls="auto"), tmp_path)
    assert Access(built.tokens, keys=built.keys).is_open
    assert told.token is None
    assert built.tls is not None
    assert told.fingerprint is not None


async def test_tls_auto_elsewhere_makes_a_token(tmp_path: Path) -> None:
    built, told = await _front(tmp_path, host="0.0.0.0", tls="auto")
    caller = await Access(built.tokens).identify(
        authorization=f"Bearer {told.token}", path="/", query={}, address="192.0.2.9"
    )
    assert caller.scopes == ADMIN


async def test_a_token_and_a_file_of_tokens_both_open(tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("desk=d:watch\n")
    built, told = await _front(tmp_path, host="0.0.0.0", token="t", token_file=str(tmp_path / "tokens"))
    assert told.token is None
    assert [getattr(built.tokens.find(token), "name", None) for token in ("t", "d", "x")] == ["operator", "desk", None]


def test_the_key_of_signed_urls_is_kept(tmp_path: Path) -> None:
    assert front(settings(), tmp_path)[0].url_key == kept_key(tmp_path)


@pytest.mark.parametrize(
    ("typed", "origins"),
    [
        ("https://App.Example:443/", ("https://app.example",)),
        ("http://localhost:3000,https://[2001:db8::1]:8443", ("http://localhost:3000", "https://[2001:db8::1]:8443")),
        ("*", ("*",)),
    ],
)
def test_origins_are_spelt_as_browsers_do(typed: str, origins: tuple[str, ...]) -> None:
    assert settings(allow_origin=typed).allow_origin == origins


@pytest.mark.parametrize(
    "typed",
    ["", "turn", "turn:", "stun:a@b", "stun:ada:x@stun.example", "stun:h?transport=udp", "turn:h:0", "turn:h:65536",
     "turn:ada@h", "turn:h?transport=sctp", "turn:[x]", "turn:[::::]", "http://h", "turn:h/../", "turn:h\r\nLink: x"],
)  # fmt: skip
def test_what_is_no_ice_server_is_refused_and_not_repeated(typed: str) -> None:
    if typed == "":
        assert settings(ice_server=typed).ice_server == ()
        return
    with pytest.raises(ArgumentError, match=r"^--ice-server: expected"):
        settings(ice_server=typed)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "example.org", "127.0.0.1.example.org", "1.2.3.4", "fe80::1"])
def test_what_is_not_loopback_is_known(host: str) -> None:
    assert not is_loopback(host)


async def _front(folder: Path, **typed: str) -> Any:
    return await asyncio.to_thread(front, settings(**typed), folder)

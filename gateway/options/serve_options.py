"""The options that `changebg serve` alone has: a part of the table in `gateway.options.settings`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from gateway.options import serve_values, values
from gateway.options.option import SERVE, Option
from gateway.serving import IceServer, Network


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """What was asked of a server: times in seconds."""

    host: Annotated[
        str,
        Option(
            values.text,
            "ADDR",
            "listen here; any but loopback needs --token, --token-file or --jwks (default 127.0.0.1)",
            SERVE,
        ),
    ] = "127.0.0.1"
    port: Annotated[
        int, Option(values.whole_number(0, 65535), "PORT", "of HTTP; 0: any free one (default 8080)", SERVE)
    ] = 8080
    tls: Annotated[
        tuple[Path, Path] | Literal["auto"] | None,
        Option(
            serve_values.tls,
            "CERT,KEY",
            "HTTPS with these PEM files; auto: a certificate made here, which browsers ask about once",
            SERVE,
        ),
    ] = None
    media_dir: Annotated[
        Path | None, Option(values.path, "DIR", "files below it may be a call's input (default: none may)", SERVE)
    ] = None
    models_dir: Annotated[
        Path | None,
        Option(
            values.path,
            "DIR",
            "effects may name the models below it, by file name (default: none may)",
            (*SERVE, "models list"),
        ),
    ] = None
    data_dir: Annotated[
        Path | None,
        Option(values.path, "DIR", "keep uploads, profiles and keys here (default: gone with the server)", SERVE),
    ] = None
    drain: Annotated[
        float, Option(values.number(0, 86_400), "S", "on a signal, let calls go on for so long (default 10)", SERVE)
    ] = 10.0
    log_format: Annotated[
        Literal["text", "json"], Option(values.one_of("text", "json"), "KIND", "text or json (default text)", SERVE)
    ] = "text"
    token: Annotated[
        str | None,
        Option(
            serve_values.token,
            "TOKEN",
            "callers must show it; better in CHANGEBG_TOKEN than in a process list",
            SERVE,
            is_secret=True,
        ),
    ] = None
    token_file: Annotated[
        Path | None,
        Option(
            values.path,
            "FILE",
            "lines of name=token:scope,scope; scopes: publish, watch, control, snapshot-input, admin",
            SERVE,
        ),
    ] = None
    jwks: Annotated[
        str | None,
        Option(serve_values.jwks, "FILE|URL", "take JWTs signed by these keys: EdDSA, ES256, RS256", SERVE),
    ] = None
    jwt_audience: Annotated[
        str | None, Option(values.text, "NAME", "whom JWTs must be for (default: changebg, or nobody)", SERVE)
    ] = None
    jwt_issuer: Annotated[
        str | None, Option(values.text, "NAME", "who must have made them (default: anybody)", SERVE)
    ] = None
    allow_origin: Annotated[
        tuple[str, ...],
        Option(
            serve_values.origins,
            "ORIGIN",
            "let pages of this origin call, such as https://example.org; * for all",
            SERVE,
            is_list=True,
        ),
    ] = ()
    allow_destination: Annotated[
        tuple[Network, ...],
        Option(
            serve_values.networks,
            "CIDR",
            "let RTP be sent to this network, beside loopback, such as 192.0.2.0/24",
            SERVE,
            is_list=True,
        ),
    ] = ()
    create_rate: Annotated[
        float | None,
        Option(
            values.number(0.01, 10_000),
            "N",
            "new calls a second that one address may make (default: 5, loopback as many as it likes)",
            SERVE,
        ),
    ] = None
    max_sessions: Annotated[
        int, Option(values.whole_number(1, 10_000), "N", "calls at once; more are told to wait (default 64)", SERVE)
    ] = 64
    max_watchers: Annotated[
        int, Option(values.whole_number(0, 1_000), "N", "who may watch one call at once (default 16)", SERVE)
    ] = 16
    setup_timeout: Annotated[
        float, Option(values.number(1, 3600), "S", "end a call that carries no media after so long (default 8)", SERVE)
    ] = 8.0
    ice_server: Annotated[
        tuple[IceServer, ...],
        Option(
            serve_values.ice_servers,
            "URL",
            "stun:HOST:PORT or turn:USER:PASSWORD@HOST:PORT?transport=tcp, for us and browsers (default: none)",
            SERVE,
            is_list=True,
            is_secret=True,
        ),
    ] = ()
    turn_secret: Annotated[
        str | None,
        Option(
            values.text,
            "SECRET",
            "shared with the TURN servers: browsers get credentials that expire",
            SERVE,
            is_secret=True,
        ),
    ] = None
    udp_ports: Annotated[
        tuple[int, int] | None,
        Option(serve_values.port_range, "FIRST-LAST", "of WebRTC (default: any)", SERVE),
    ] = None
    public_address: Annotated[
        str | None, Option(values.address, "ADDR", "what browsers reach us by, behind a 1:1 NAT", SERVE)
    ] = None
    interface: Annotated[
        tuple[str, ...],
        Option(serve_values.addresses, "ADDR", "WebRTC on this address only (default: all)", SERVE, is_list=True),
    ] = ()
    rtp_address: Annotated[
        str, Option(values.address, "ADDR", "plain RTP comes in on this address (default 127.0.0.1)", SERVE)
    ] = "127.0.0.1"
    rtp_ports: Annotated[
        tuple[int, int], Option(serve_values.port_range, "FIRST-LAST", "of plain RTP (default 20000-29999)", SERVE)
    ] = (20_000, 29_999)

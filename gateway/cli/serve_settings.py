"""From a server's options to what it is: how callers reach it, and what their calls may do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from gateway.access import tls, tokens
from gateway.access.jwt import JwtKeys
from gateway.access.key_sets import fetching
from gateway.access.origins import Origins
from gateway.access.rates import CreationRates
from gateway.access.signed_urls import kept_key
from gateway.cli.geometry import geometry
from gateway.errors import ArgumentError
from gateway.options.serve_values import is_loopback
from gateway.options.settings import Settings
from gateway.server import Front
from gateway.serving import LOOPBACK, IceServer, IceSettings, ServerSettings


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a server beside its URL. `token`: one made here; `fingerprint`: of a certificate made here."""

    token: str | None = None
    fingerprint: str | None = None


def front(settings: Settings, folder: Path) -> tuple[Front, Told]:
    """How callers reach the server, and what they have to be told.

    Args:
        settings: the options.
        folder: where keys are kept.

    Raises:
        ArgumentError: a file that cannot be used.
    """
    host = settings.host.strip("[]")
    is_guarded = bool(settings.token or settings.token_file or settings.jwks)
    made = None if is_guarded or is_loopback(host) else tokens.new_token()
    grants = tuple(tokens.single(token) for token in (settings.token, made) if token)
    identity = _identity(settings, host, folder)
    built = Front(
        host=host,
        port=settings.port,
        tls=identity.context if identity else None,
        tokens=tokens.Tokens(grants + (tokens.from_file(settings.token_file) if settings.token_file else ())),
        keys=_keys(settings),
        url_key=kept_key(folder),
        origins=Origins(settings.allow_origin),
        rates=CreationRates(settings.create_rate),
    )
    return built, Told(made, identity.fingerprint if identity and settings.tls == "auto" else None)


def server_settings(settings: Settings) -> ServerSettings:
    """What the calls of a server may do.

    Raises:
        ArgumentError: the folder of the models is none.
    """
    if settings.models_dir is not None and not settings.models_dir.is_dir():
        raise ArgumentError(f"--models-dir {str(settings.models_dir)!r}: expected a folder")
    return ServerSettings(
        ice=_ice(settings),
        media_dir=settings.media_dir,
        models_dir=settings.models_dir,
        data_dir=settings.data_dir,
        rtp_address=settings.rtp_address,
        rtp_ports=settings.rtp_ports,
        destinations=LOOPBACK + settings.allow_destination,
        max_sessions=settings.max_sessions,
        max_watchers=settings.max_watchers,
        setup_timeout=settings.setup_timeout,
        drain=settings.drain,
        buffer=settings.buffer,
        bitrate=settings.bitrate or ServerSettings().bitrate,
        preset=settings.preset or ServerSettings().preset,
        quality=settings.quality,
        fade=settings.fade,
        geometry=geometry(settings),
    )


def _ice(settings: Settings) -> IceSettings:
    """Who reaches the API by loopback does so with calls, too.

    The secret is shared with the TURN servers that have no password of their own.
    """

    def shared(server: IceServer) -> IceServer:
        needs_one = server.url.startswith("turn") and server.username is None
        return replace(server, secret=settings.turn_secret) if needs_one else server

    return IceSettings(
        servers=tuple(map(shared, settings.ice_server)),
        ports=settings.udp_ports,
        public_address=settings.public_address,
        interfaces=settings.interface,
        loopback=is_loopback(settings.host.strip("[]")),
    )


def _keys(settings: Settings) -> JwtKeys | None:
    if settings.jwks is None:
        return None
    return JwtKeys(fetching(settings.jwks), audience=settings.jwt_audience, issuer=settings.jwt_issuer)


def _identity(settings: Settings, host: str, folder: Path) -> tls.Identity | None:
    if settings.tls is None:
        return None
    if settings.tls == "auto":
        return tls.kept_or_made(folder / "tls", tls.names_of_this_host(host))
    return tls.from_files(*settings.tls)

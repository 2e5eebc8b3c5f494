"""What `changebg serve` is told, as its sessions and its API use it."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from gateway.geometry import AS_IT_COMES, Geometry
from transforms.effect import Quality

Network = IPv4Network | IPv6Network

LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server (RFC 7064, RFC 7065).

    `secret`: shared with the TURN server, for credentials that expire.
    """

    url: str
    username: str | None = None
    credential: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IceSettings:
    """How a browser reaches us.

    `servers`: used by us to gather and told to browsers; none by default, for nothing phones home. `ports`: UDP, first
    and last, None for any. `public_address`: announced in place of the host's own (1:1 NAT). `interfaces`: numeric
    addresses to gather on; empty: all but loopback, which is taken with `loopback` (a browser on this host), or where
    there is no other.
    """

    servers: tuple[IceServer, ...] = ()
    ports: tuple[int, int] | None = None
    public_address: str | None = None
    interfaces: tuple[str, ...] = ()
    loopback: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """One server. Times in seconds, rates in bits per second.

    `media_dir`: what file inputs lie below, None for none; `models_dir`: the same of models. `data_dir`: where uploads
    and profiles are kept, None for a folder that goes with the process. `rtp_ports`: what an SDP's input may name and
    plain offers are given. `geometry`: how every input's pictures are cropped, turned and scaled. `destinations`:
    the networks RTP may be sent to. `quality`, `fade`: of calls that name none.
    """

    ice: IceSettings = field(default_factory=IceSettings)
    media_dir: Path | None = None
    models_dir: Path | None = None
    data_dir: Path | None = None
    rtp_address: str = "127.0.0.1"
    rtp_ports: tuple[int, int] = (20_000, 29_999)
    destinations: tuple[Network, ...] = LOOPBACK
    max_sessions: int = 64
    max_half_open: int = 256
    max_watchers: int = 16
    setup_timeout: float = 8.0
    keep_lost: float = 30.0
    drain: float = 10.0
    buffer: float = 0.08
    bitrate: int = 2_000_000
    preset: str = "superfast"
    quality: Quality = "balanced"
    fade: float = 0.0
    geometry: Geometry = AS_IT_COMES

"""From typed text to a value, for what a server is told; like `gateway.options.values`, whose rules hold here too."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import unquote

from gateway.options import values
from gateway.serving import IceServer, Network

T = TypeVar("T")

SIZE_LIMITS = (16, 3840)
"""Pixels of a side: what an encoder takes, and the largest picture of any call."""


def every(parse: Callable[[str], T]) -> Callable[[str], tuple[T, ...]]:
    """A list, apart by commas."""

    def parse_all(typed: str) -> tuple[T, ...]:
        return tuple(parse(word.strip()) for word in typed.split(",") if word.strip())

    return parse_all


def tls(typed: str) -> tuple[Path, Path] | Literal["auto"]:
    """A certificate's and its key's file, or `auto`."""
    if typed == "auto":
        return "auto"
    cert, comma, key = typed.partition(",")
    if not comma or not cert.strip() or not key.strip():
        raise ValueError("expected CERT,KEY, two PEM files, or auto")
    return values.path(cert.strip()), values.path(key.strip())


def token(typed: str) -> str:
    """A bearer token (RFC 6750 §2.1)."""
    if not re.fullmatch(r"[A-Za-z0-9\-._~+/]{1,1024}=*", typed):
        raise ValueError("expected letters, digits and -._~+/ only")
    return typed


def jwks(typed: str) -> str:
    """A key set's file, or its URL: HTTPS, or HTTP on this machine."""
    if "://" not in typed:
        return values.text(typed)
    if re.match(r"https://[^/]", typed) or re.match(r"http://(localhost|127\.\d+\.\d+\.\d+|\[::1\])[:/]", typed):
        return typed
    raise ValueError("expected a file, or an https URL")


def origin(typed: str) -> str:
    """An origin as browsers write it (RFC 6454 §6.1), or `*`."""
    match = re.fullmatch(r"(https?)://([a-z0-9.\-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?/?", typed.lower())
    if typed == "*":
        return typed
    if match is None:
        raise ValueError("expected an origin such as https://example.org:8443, or *")
    scheme, host, port = match[1], match[2], match[3] or ""
    return f"{scheme}://{host}" + ("" if port == {"http": ":80", "https": ":443"}[scheme] else port)


words = every(values.text)
origins = every(origin)
addresses = every(values.address)


def network(typed: str) -> Network:
    """A network, or one address."""
    try:
        return ip_network(typed, strict=False)
    except ValueError:
        raise ValueError("expected a network such as 192.0.2.0/24 or 2001:db8::/32") from None


networks = every(network)


def port_range(typed: str) -> tuple[int, int]:
    """Two ports, the first not the larger: `50000-50999`."""
    first, _, last = typed.partition("-")
    try:
        pair = values.port(first.strip()), values.port(last.strip() or first.strip())
    except ValueError:
        pair = (1, 0)
    if pair[0] > pair[1]:
        raise ValueError("expected FIRST-LAST, ports from 1 to 65535, such as 50000-50999")
    return pair


def is_loopback(name: str) -> bool:
    """Whether a host name, or an address without brackets, means this machine whatever a name server says."""
    name = name.lower()
    if name == "localhost" or name.endswith(".localhost"):  # RFC 6761 §6.3
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def size(typed: str) -> tuple[int, int]:
    """Width and height in pixels, both even: `1280x720`."""
    match = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})", typed.lower())
    low, high = SIZE_LIMITS
    sides = (int(match[1]), int(match[2])) if match else (0, 0)
    if not all(low <= side <= high and side % 2 == 0 for side in sides):
        raise ValueError(f"expected WxH, even numbers from {low} to {high}, such as 1280x720")
    return sides


def ice_server(typed: str) -> IceServer:
    """`stun:HOST[:PORT]`, or `turn[s]:[USER:PASSWORD@]HOST[:PORT][?transport=udp|tcp]` (RFC 7064, RFC 7065).

    User and password, which those URLs do not have, may be percent-encoded.
    """
    match = re.fullmatch(
        r"(stuns?|turns?):(?:([^:@]+):([^@]+)@)?([A-Za-z0-9.\-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(\?transport=(?:udp|tcp))?",
        typed,
    )
    if match is None or (match[1].startswith("stun") and (match[2] or match[6])) or not _is_port(match[5]):
        raise ValueError("expected stun:HOST:PORT or turn:USER:PASSWORD@HOST:PORT?transport=udp")
    scheme, user, password, host, port, transport = match.groups(default="")
    if "[" in host:
        try:
            ipaddress.IPv6Address(host.strip("[]"))
        except ValueError:
            raise ValueError("expected a host or an address in brackets") from None
    url = f"{scheme}:{host}{port}{transport}"
    return IceServer(url, unquote(user) or None, unquote(password) or None)


ice_servers = every(ice_server)


def _is_port(typed: str | None) -> bool:
    return typed is None or 1 <= int(typed[1:]) <= 65_535

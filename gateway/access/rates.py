"""How often one address may make things: a token bucket each.

An address may make `burst` things at once and `rate` a second from then on. Whoever is loopback is not counted unless
the operator gave a rate: a local program could do worse, and behind a proxy on this machine all callers are one.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from time import monotonic
from typing import Final

from gateway.errors import TooOften

RATE: Final = 5.0
"""Creations a second and address: people make one a minute; a test bench that makes more gives --create-rate."""
BURST_SECONDS: Final = 12.0
"""What may come at once is this many seconds' worth: a room full of phones behind one address joins together."""
MAX_ADDRESSES: Final = 4096
"""Buckets kept; the one longest unused makes room, which at worst is generous to it."""


@dataclass(slots=True)
class _Bucket:
    left: float
    counted: float
    """Monotonic seconds at which `left` was true."""


class CreationRates:
    """Everybody's buckets.

    Args:
        rate: creations a second and address; None is `RATE`, and loopback addresses free.
        clock: monotonic seconds.
    """

    def __init__(self, rate: float | None = None, *, clock: Callable[[], float] = monotonic) -> None:
        self._rate = RATE if rate is None else rate
        self._burst = max(1.0, self._rate * BURST_SECONDS)
        self._is_loopback_free = rate is None
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, address: str) -> None:
        """Count one creation by `address`.

        Raises:
            TooOften: it has to wait; `retry_after` says how long.
        """
        source = _source(address)
        if self._is_loopback_free and source == LOOPBACK:
            return
        bucket = self._bucket(source)
        if bucket.left < 1:
            wait = (1 - bucket.left) / self._rate
            raise TooOften(f"too many requests from {address}: the next in {ceil(wait)} s", retry_after=wait)
        bucket.left -= 1

    def _bucket(self, source: str) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.setdefault(source, _Bucket(self._burst, now))
        self._buckets.move_to_end(source)
        bucket.left = min(self._burst, bucket.left + (now - bucket.counted) * self._rate)
        bucket.counted = now
        if len(self._buckets) > MAX_ADDRESSES:
            self._buckets.popitem(last=False)
        return bucket


LOOPBACK: Final = "loopback"


def _source(address: str) -> str:
    """Who is counted as one: an IPv4 address, an IPv6 site's /64, this machine, or whatever else it says."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ip
    if ip.is_loopback:
        return LOOPBACK
    return str(ip if ip.version == 4 else ipaddress.ip_network((int(ip), 64), strict=False))

"""A link that carries so many bits a second, in virtual time: what comes too fast waits in a queue, then is lost."""

from __future__ import annotations

from collections import deque

HEADERS = 28 + 10
"""Octets around each RTP packet on the wire: IPv4, UDP, SRTP's tag."""


class Link:
    """One way. `bits_per_second` None: as fast as may be. `queue`: seconds of it that may wait; `delay`: seconds."""

    def __init__(self, bits_per_second: float | None, *, queue: float = 0.4, delay: float = 0.02) -> None:
        self.bits_per_second = bits_per_second
        self.queue = queue
        self.delay = delay
        self.lost = 0
        self.longest_wait = 0.0
        self._free_at = 0.0
        self._under_way: deque[tuple[float, bytes]] = deque()

    def send(self, data: bytes, now: float) -> None:
        """Put a datagram on the link."""
        begins = max(now, self._free_at)
        if self.bits_per_second is None:
            self._under_way.append((now + self.delay, data))
            return
        if begins - now > self.queue:
            self.lost += 1
            return
        self.longest_wait = max(self.longest_wait, begins - now)
        self._free_at = begins + (len(data) + HEADERS) * 8 / self.bits_per_second
        self._under_way.append((self._free_at + self.delay, data))

    def arrived(self, now: float) -> list[tuple[float, bytes]]:
        """What has come out of it by `now`, and when."""
        arrived = []
        while self._under_way and self._under_way[0][0] <= now:
            arrived.append(self._under_way.popleft())
        return arrived

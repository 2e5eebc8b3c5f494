"""One browser's connection to a session, as HTTP sees it: a resource that can be patched and deleted."""

from __future__ import annotations

from typing import Literal

Role = Literal["offerer", "publisher", "watcher"]


class Connection:
    """A peer of a session. `resource`: an unguessable name that is no session's id; `etag`: of its ICE session.

    `etag` is without quotes. It ends with its peer, or its peer with it.
    """

    resource: str
    session: str
    role: Role

    @property
    def etag(self) -> str:
        """Changes where ICE starts anew."""
        raise NotImplementedError

    async def patch(self, fragment: str) -> None:
        """Take trickled candidates (RFC 8840, `application/trickle-ice-sdpfrag`).

        Raises:
            ArgumentError: not such a fragment, or an ICE restart, which is not done: connect anew.
        """
        raise NotImplementedError

    async def close(self) -> None:
        """The far end hangs up: a watcher's leg goes, an offerer's or publisher's session ends."""
        raise NotImplementedError

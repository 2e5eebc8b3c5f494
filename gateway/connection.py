"""One browser's connection to a session, as HTTP sees it: a resource that can be patched and deleted."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.leg import Role
from gateway.peer_leg import PeerLeg
from gateway.session import Session


@dataclass(frozen=True, slots=True)
class Connection:
    """A peer of a session. `resource`: an unguessable name that is no session's id. It ends with its peer."""

    resource: str
    owner: Session
    leg: PeerLeg

    @property
    def session(self) -> str:
        """The session's id."""
        return self.owner.id

    @property
    def role(self) -> Role:
        """What the far end is to the session."""
        return self.leg.role

    @property
    def etag(self) -> str:
        """Of its ICE session, without quotes."""
        return self.leg.peer.ice_session

    async def patch(self, fragment: str) -> None:
        """Take trickled candidates (RFC 8840, `application/trickle-ice-sdpfrag`).

        Raises:
            SdpError: not such a fragment.
            Restart: an ICE restart, which is not done: connect anew.
        """
        await self.leg.peer.add_candidates(fragment)

    async def close(self) -> None:
        """The far end hangs up: a watcher's leg goes, an offerer's or publisher's session ends."""
        if self.role == "watcher":
            await self.leg.aclose()
        else:
            await self.owner.close("the far end hung up")

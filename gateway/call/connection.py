"""A far end's connection to a session, as HTTP sees it: a resource that can be patched and deleted."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from gateway.call.leg import Leg, Role
from gateway.call.peer_leg import PeerLeg
from gateway.call.session import Session
from gateway.errors import Conflict, NotFound, SdpError


@dataclass(frozen=True, slots=True)
class Connection:
    """Who made an offer to a session. `resource`: an unguessable name that is no session's id.

    A watcher's ends with its leg. That of who sends the pictures outlives it until the session ends or another takes
    its place: clients close their peer first and hang up then.
    """

    resource: str
    owner: Session
    leg: Leg

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
        """Of its ICE session, without quotes; of its leg, where it has none."""
        return self.leg.peer.ice_session if isinstance(self.leg, PeerLeg) else self.leg.id

    async def patch(self, fragment: str) -> None:
        """Take trickled candidates (RFC 8840, `application/trickle-ice-sdpfrag`).

        Raises:
            SdpError: not such a fragment, or plain RTP, which has no candidates.
            Restart: an ICE restart, which is not done: connect anew.
            Conflict: its peer is gone.
        """
        if self.leg.state == "closed":
            raise Conflict("the connection has ended")
        if not isinstance(self.leg, PeerLeg):
            raise SdpError("plain RTP has no candidates")
        await self.leg.peer.add_candidates(fragment)

    async def close(self) -> None:
        """The far end hangs up: a watcher's leg goes, an offerer's or publisher's session ends."""
        if self.role == "watcher":
            await self.leg.aclose()
        else:
            await self.owner.close("the far end hung up")


class Connections:
    """All of a server, by their resources."""

    def __init__(self) -> None:
        self._listed: dict[str, Connection] = {}

    def __len__(self) -> int:
        return len(self._listed)

    def get(self, resource: str) -> Connection:
        """One of them.

        Raises:
            NotFound: there is none, or no more.
        """
        connection = self._listed.get(resource)
        if connection is None:
            raise NotFound("there is no such connection, or no more")
        return connection

    def add(self, session: Session, leg: Leg) -> Connection:
        """A new one, in the place of those whose legs are gone."""
        connection = Connection(secrets.token_urlsafe(24), session, leg)
        if leg.role != "watcher":
            self.clear(session)
        self._listed[connection.resource] = connection
        return connection

    def leg_left(self, leg: Leg) -> None:
        """Forget its connection, unless its session waits for who it was to come back or to hang up."""
        for resource, connection in tuple(self._listed.items()):
            is_replaced = connection.owner.board.source is not None
            if connection.leg is leg and (leg.role == "watcher" or is_replaced):
                del self._listed[resource]

    def clear(self, session: Session) -> None:
        """Forget those of `session` whose legs are gone: all, where it has ended."""
        for resource, connection in tuple(self._listed.items()):
            if connection.owner is session and connection.leg.state == "closed":
                del self._listed[resource]

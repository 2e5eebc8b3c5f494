"""Who asks, and what they may.

A scope is a kind of deed: `publish` a call, `watch` one (its picture, its figures), `control` one (its effect, its end,
the images kept here), `snapshot-input` see the room itself, `admin`: all but the room, which is always its own
permission. A caller who holds a session's token may do with that one session what its publisher may.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from gateway.errors import Forbidden, Unauthorized

Scope = Literal["publish", "watch", "control", "snapshot-input", "admin"]

SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
ADMIN: Final[frozenset[Scope]] = frozenset({"publish", "watch", "control", "admin"})
"""All but the room."""
OWN: Final[frozenset[Scope]] = frozenset({"publish", "watch", "control"})
"""What a session's token allows with that session."""


@dataclass(frozen=True, slots=True)
class Caller:
    """One request's caller.

    `name`: for the log: a token's name, a JWT's `sub`, never a secret. `address`: numeric, where the request came from.
    `session`: the one session they may touch, None for any. `is_known`: they showed something, or need not.
    """

    name: str
    scopes: frozenset[Scope]
    address: str
    session: str | None = None
    is_known: bool = True

    def may(self, scope: Scope, *, session: str | None = None) -> bool:
        """Whether they may do `scope`, to `session` where it is to one."""
        return scope in self.scopes and self.session in (None, session)

    def require(self, scope: Scope, *, session: str | None = None) -> None:
        """Go on only where they may.

        Raises:
            Unauthorized: nobody knows who they are (401).
            Forbidden: they may not (403).
        """
        if self.may(scope, session=session):
            return
        if not self.is_known:
            raise Unauthorized("a token is needed: Authorization: Bearer …")
        if scope in self.scopes:
            raise Forbidden(f"{self.name} may touch one session only, and not this one")
        raise Forbidden(f"{self.name} has no permission to {scope}")


def scopes_of(words: str | list[str]) -> frozenset[Scope]:
    """The scopes of a list, or of words apart by commas or spaces; `admin` holds all but the room.

    Raises:
        ValueError: a word that is none.
    """
    given = words if isinstance(words, list) else words.replace(",", " ").split()
    unknown = [word for word in given if word not in SCOPES]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no scope: expected {', '.join(SCOPES)}")
    scopes = frozenset(scope for scope in SCOPES if scope in given)
    return scopes | ADMIN if "admin" in scopes else scopes

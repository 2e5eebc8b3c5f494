"""Credentials for TURN servers that expire, made from a secret shared with the server.

The convention of "A REST API For Access To TURN Services" (draft-uberti-behave-turn-rest-00), which coturn calls
`use-auth-secret`: the user name is the unix time of its end, the password an HMAC-SHA1 of that under the secret. So a
browser can be given credentials that are worthless tomorrow, and never sees the secret.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from dataclasses import dataclass, field

from gateway.serving import IceServer

LIFETIME = 3600.0
"""Seconds: longer than setting a call up takes; a call whose permission is kept alive outlives it."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client shows a TURN server. `expires`: unix seconds, None for never."""

    username: str
    password: str = field(repr=False)
    expires: int | None


def credentials(server: IceServer, *, now: float, user: str = "changebg") -> Credentials | None:
    """A client's credentials for `server`; None where it needs none. `now`: unix seconds."""
    if server.secret is not None:
        expires = int(now + LIFETIME)
        username = f"{expires}:{user}"
        digest = hmac.digest(server.secret.encode(), username.encode(), "sha1")
        return Credentials(username, b64encode(digest).decode(), expires)
    if server.username is not None:
        return Credentials(server.username, server.credential or "", None)
    return None

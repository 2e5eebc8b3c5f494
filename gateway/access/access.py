"""From what a request shows to who asks.

A bearer token is an operator's, a session's, or a signed one (JWT), in this order; a signed URL is a permission to
publish on that URL. Without any, the caller is unknown and may nothing, unless the server needs no token at all: then
it listens on loopback only, and everybody there may everything but see the room.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from gateway.access.caller import ADMIN, OWN, Caller
from gateway.access.jwt import JwtKeys
from gateway.access.origins import Origins, is_loopback_host
from gateway.access.rates import CreationRates
from gateway.access.signed_urls import SignedUrls
from gateway.access.tokens import Tokens
from gateway.errors import Forbidden, Unauthorized


class SessionTokens(Protocol):
    """Whoever gives tokens to sessions; `Sessions` does."""

    def session_of(self, token: str) -> str | None:
        """The id of the session that this token (plain) was given to, None where it is none of theirs."""
        ...


class NoSessions:
    """Nobody gives tokens to sessions."""

    def session_of(self, token: str) -> str | None:
        """None."""
        return None


NO_SESSIONS: Final = NoSessions()


class Access:
    """What a server knows of its callers.

    Args:
        tokens: the operator's.
        keys: whose signatures are taken, None for nobody's.
        sessions: whose tokens are sessions'.
        origins: the pages that may call from elsewhere.
        urls: signs URLs for encoders.
        rates: how often an address may make things.
    """

    def __init__(
        self,
        tokens: Tokens | None = None,
        *,
        keys: JwtKeys | None = None,
        sessions: SessionTokens = NO_SESSIONS,
        origins: Origins | None = None,
        urls: SignedUrls | None = None,
        rates: CreationRates | None = None,
    ) -> None:
        self.tokens = tokens or Tokens()
        self.keys = keys
        self.sessions = sessions
        self.origins = origins or Origins()
        self.urls = urls or SignedUrls()
        self.rates = rates or CreationRates()

    @property
    def is_open(self) -> bool:
        """Whether no token is needed."""
        return not self.tokens and self.keys is None

    async def identify(self, *, authorization: str | None, path: str, query: Mapping[str, str], address: str) -> Caller:
        """Who asks, by the `Authorization` header or else the query.

        Raises:
            Unauthorized: what they show is not valid; showing nothing raises nothing.
        """
        if self.is_open:
            return Caller("anybody", ADMIN, address)
        if authorization is not None:
            return await self._bearer(authorization, address)
        if self.urls.is_signed(query):
            self.urls.check(path, query)
            return Caller("signed URL", frozenset({"publish"}), address)
        return Caller("nobody", frozenset(), address, is_known=False)

    async def _bearer(self, authorization: str, address: str) -> Caller:
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized("expected Authorization: Bearer …")
        if grant := self.tokens.find(token):
            return Caller(grant.name, grant.scopes, address)
        if session := self.sessions.session_of(token):
            return Caller("session", OWN, address, session=session)
        if self.keys is not None and token.count(".") == 2:
            claims = await self.keys.check(token)
            return Caller(claims.name, claims.scopes, address, session=claims.session)
        raise Unauthorized("the token is not valid")

    def check_page(self, *, host: str, origin: str | None, own: str, is_hidden_page: bool) -> None:
        """Where no token is needed, take requests only under a loopback name, and from no foreign page.

        Args:
            host: the Host header.
            origin: the Origin header, None where there is none.
            own: the origin a page of ours has.
            is_hidden_page: a foreign page's request that carries no Origin, as Fetch Metadata tell.

        Raises:
            Forbidden: a foreign name or page.
        """
        if not self.is_open:
            return
        if not is_loopback_host(host):
            raise Forbidden("without a token this server answers to loopback names only: start it with --token")
        if is_hidden_page or (origin is not None and not self.origins.allows(origin, own=own)):
            raise Forbidden("a page from elsewhere may not call this server: --allow-origin names those that may")

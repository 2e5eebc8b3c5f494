"""Signed tokens (RFC 7519) whose keys are somebody else's: who may do what is decided where people log in.

Only three algorithms are taken, each with a public key of its own kind (RFC 8725 §3.1): a token says with which it was
signed, and a server that believes it can be talked into `none`, or into taking a public key for a shared secret. The
keys are a JWK set (RFC 7517), a file's or a URL's; the URL is the operator's, and nothing in a token adds another.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from gateway.access.caller import SCOPES, Scope, scopes_of
from gateway.errors import ArgumentError, GatewayError, Unauthorized

ALGORITHMS: Final[Mapping[tuple[str, str | None], str]] = {
    ("OKP", "Ed25519"): "EdDSA",
    ("EC", "P-256"): "ES256",
    ("RSA", None): "RS256",
}
"""By a key's type and curve, the one algorithm taken with it."""
AUDIENCE: Final = "changebg"
"""Whom a token has to be for, where it says and the operator named nobody else."""
SMALLEST_RSA: Final = 2048
"""Bits (RFC 7518 §3.3)."""
LEEWAY: Final = 2.0
"""Seconds that the issuer's clock and ours may be apart."""
LONGEST_TOKEN: Final = 8192
"""Octets: an HTTP header's own limit."""
REFRESH: Final = 60.0
"""Seconds between two fetches of the key set at least: a stranger's unknown `kid` makes us ask, but not often."""


PUBLIC: Final = ("kty", "crv", "x", "y", "n", "e")
"""The members of a JWK that make a public key; a private half that somebody left in is not read."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key, the one algorithm taken with it, and the name that tokens call it by."""

    kid: str | None
    algorithm: str
    key: Any


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says, checked. `session`: the one session it is for, None for any."""

    name: str
    scopes: frozenset[Scope]
    session: str | None = None


class JwtKeys:
    """A key set and what is asked of tokens signed with it.

    Args:
        fetch: the set's JSON text, awaited at `load` and when a token names a key that is not known.
        audience: whom tokens must be for; None: nobody in particular, or `AUDIENCE`.
        issuer: who must have made them; None: whoever holds a key.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[str]],
        *,
        audience: str | None = None,
        issuer: str | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._fetch = fetch
        self._audience = audience
        self._issuer = issuer
        self._clock = clock
        self._keys: tuple[Key, ...] = ()
        self._fetched = float("-inf")

    async def load(self) -> None:
        """Fetch the keys.

        Raises:
            GatewayError: no set can be had.
            ArgumentError: it holds no key that is taken.
        """
        self._fetched = self._clock()
        self._keys = public_keys(await self._fetch())

    async def check(self, token: str) -> Claims:
        """What a valid token says.

        Raises:
            Unauthorized: it is not valid, in one sentence that says why and repeats nothing of it.
        """
        key = await self._key(_header(token))
        try:
            claims = jwt.decode(
                token,
                key=key.key,
                algorithms=[key.algorithm],
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY,
                options={"require": ["exp"], "verify_aud": self._audience is not None},
            )
        except jwt.PyJWTError as error:
            raise Unauthorized(f"the token is not valid: {_reason(error)}") from error
        if self._audience is None and not _is_for_us(claims.get("aud")):
            raise Unauthorized("the token is not valid: it is for somebody else")
        return _claims(claims)

    async def _key(self, header: Mapping[str, Any]) -> Key:
        """The key that a token's header names, the set fetched again where it is new."""
        key = self._find(header)
        if key is None and self._clock() - self._fetched >= REFRESH:
            try:
                await self.load()
            except GatewayError as error:
                raise Unauthorized("the token is not valid: its key is not known, nor can keys be fetched") from error
            key = self._find(header)
        if key is None:
            raise Unauthorized("the token is not valid: no key of ours signed it")
        return key

    def _find(self, header: Mapping[str, Any]) -> Key | None:
        """By name; a token that names none has the one key of its algorithm, where there is one only."""
        fitting = [key for key in self._keys if key.algorithm == header["alg"]]
        if "kid" in header:
            fitting = [key for key in fitting if key.kid == header["kid"]]
        return fitting[0] if len(fitting) == 1 else None


def public_keys(text: str) -> tuple[Key, ...]:
    """The keys of a JWK set that are taken; others, shared secrets above all, are passed over.

    Raises:
        ArgumentError: no set, or none of its keys is one of `ALGORITHMS`.
    """
    try:
        listed = json.loads(text)["keys"]
        keys = tuple(key for key in map(_key, listed) if key is not None)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ArgumentError("--jwks: not a JWK set: expected JSON with a list 'keys'") from error
    if not keys:
        raise ArgumentError(f"--jwks: no key for {', '.join(ALGORITHMS.values())} in it")
    return keys


def _key(entry: Mapping[str, Any]) -> Key | None:
    """One member of a set, its public half; None where it is none of `ALGORITHMS`' or says that it is for others."""
    kind = entry["kty"]
    algorithm = ALGORITHMS.get((kind, None if kind == "RSA" else entry.get("crv")))
    if algorithm is None or entry.get("alg", algorithm) != algorithm or entry.get("use", "sig") != "sig":
        return None
    try:
        key = jwt.PyJWK.from_dict({name: entry[name] for name in PUBLIC if name in entry}, algorithm).key
    except jwt.PyJWTError:
        return None
    if isinstance(key, RSAPublicKey) and key.key_size < SMALLEST_RSA:
        return None
    return Key(entry.get("kid"), algorithm, key)


def _header(token: str) -> Mapping[str, Any]:
    """A token's header, not trusted yet."""
    if len(token) > LONGEST_TOKEN:
        raise Unauthorized("the token is not valid: too long")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError) as error:
        raise Unauthorized("the token is not valid") from error
    if header.get("alg") not in ALGORITHMS.values():
        raise Unauthorized(f"the token is not valid: signed otherwise than by {', '.join(ALGORITHMS.values())}")
    if "crit" in header:  # RFC 7515 §4.1.11: what is not understood must be refused
        raise Unauthorized("the token is not valid: it asks for an extension")
    return header


def _is_for_us(audience: object) -> bool:
    return audience is None or audience == AUDIENCE or (isinstance(audience, list) and AUDIENCE in audience)


def _claims(claims: Mapping[str, Any]) -> Claims:
    """`scope` (RFC 8693 §4.2: words) or `scopes` (a list); words that are not ours are others'."""
    said = claims.get("scope", claims.get("scopes", ""))
    words = said.split() if isinstance(said, str) else said if isinstance(said, list) else []
    session = claims.get("session")
    if session is not None and not isinstance(session, str):
        raise Unauthorized("the token is not valid: its session is no text")
    return Claims(str(claims.get("sub", "jwt"))[:64], scopes_of([word for word in words if word in SCOPES]), session)


def _reason(error: jwt.PyJWTError) -> str:
    match error:
        case jwt.ExpiredSignatureError():
            return "it has expired"
        case jwt.ImmatureSignatureError():
            return "it is not valid yet"
        case jwt.InvalidAudienceError():
            return "it is for somebody else"
        case jwt.InvalidIssuerError():
            return "it was made by somebody else"
        case jwt.MissingRequiredClaimError():
            return f"it has no {error.claim!r}"
        case jwt.InvalidSignatureError():
            return "its signature is wrong"
        case _:
            return "it cannot be read"

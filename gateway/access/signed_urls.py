"""URLs that are a permission for a while: for encoders that take a URL and nothing else.

`/whip/studio?expires=1790000000&signature=…`: an HMAC-SHA-256 over the path and the time, so that the URL opens that
path alone. The key is the server's: made anew at each start, or kept in its data directory, where URLs then outlive a
restart.
"""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from time import time
from typing import Final
from urllib.parse import quote, urlencode

from gateway.access.secret_files import write_secret
from gateway.errors import GatewayError, Unauthorized

KEY_OCTETS: Final = 32
LONGEST: Final = 30 * 86_400.0
"""Seconds: a permission that lasts for ever belongs into a token, which can be taken back."""


def kept_key(folder: Path) -> bytes:
    """The key in `folder`, made and put there where there is none.

    Raises:
        GatewayError: the folder cannot be written.
    """
    place = folder / "url.key"
    try:
        if place.is_file() and len(key := place.read_bytes()) == KEY_OCTETS:
            return key
        write_secret(place, key := secrets.token_bytes(KEY_OCTETS))
    except OSError as error:
        raise GatewayError(f"cannot keep a key in {str(folder)!r}: {error.strerror or error}") from error
    return key


class SignedUrls:
    """Signs and checks.

    Args:
        key: `KEY_OCTETS` of secret; made anew where none is given.
        clock: unix seconds.
    """

    def __init__(self, key: bytes | None = None, *, clock: Callable[[], float] = time) -> None:
        self._key = key or secrets.token_bytes(KEY_OCTETS)
        self._clock = clock

    def sign(self, path: str, *, seconds: float) -> str:
        """`path` (not quoted, from the root) as a URL that is good for `seconds`, `LONGEST` at most."""
        expires = int(self._clock() + min(seconds, LONGEST))
        query = urlencode({"expires": expires, "signature": self._signature(path, expires)})
        return f"{quote(path)}?{query}"

    def is_signed(self, query: Mapping[str, str]) -> bool:
        """Whether the query claims to be signed."""
        return "signature" in query

    def check(self, path: str, query: Mapping[str, str]) -> None:
        """Go on only where `path` (not quoted) was signed, and still is good.

        Raises:
            Unauthorized: it was not, or has expired.
        """
        expires = query.get("expires", "")
        if not re.fullmatch(r"[0-9]{1,15}", expires):
            raise Unauthorized("the URL's signature is not valid")
        if not hmac.compare_digest(self._signature(path, int(expires)).encode(), _octets(query.get("signature", ""))):
            raise Unauthorized("the URL's signature is not valid")
        if int(expires) <= self._clock():
            raise Unauthorized("the URL has expired: ask for another")

    def _signature(self, path: str, expires: int) -> str:
        digest = hmac.digest(self._key, f"{expires}\n{path}".encode(errors="surrogateescape"), sha256)
        return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _octets(text: str) -> bytes:
    return text.encode(errors="surrogateescape")

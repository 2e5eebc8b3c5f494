"""Tokens that an operator hands out: from the command line, the environment, or a file.

Kept as SHA-256 digests, never as text: what leaks of this process (a core dump, a log of an object) opens nothing. A
token is a random secret, not a password, so one round of a fast hash is enough; all are compared, each in constant
time.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from gateway.access.caller import ADMIN, Scope, scopes_of
from gateway.errors import ArgumentError

FILE_LIMIT: Final = 1 << 20
"""Octets of a token file: some ten thousand lines; what is larger is another file."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One token: its name, for the log, what it allows, and its digest."""

    name: str
    scopes: frozenset[Scope]
    digest: bytes = field(repr=False)


class Tokens:
    """The grants there are."""

    def __init__(self, grants: Iterable[Grant] = ()) -> None:
        self._grants = tuple(grants)

    def __len__(self) -> int:
        return len(self._grants)

    def find(self, token: str) -> Grant | None:
        """The grant whose token it is. It takes the same time whichever it is."""
        digest = digest_of(token)
        found = None
        for grant in self._grants:
            if hmac.compare_digest(grant.digest, digest):
                found = grant
        return found


def single(token: str) -> Grant:
    """The operator's own token: all but the room."""
    return Grant("operator", ADMIN, digest_of(token))


def new_token() -> str:
    """A token nobody can guess: 256 bits, URL-safe."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> bytes:
    """What is kept of a token, and compared."""
    return sha256(token.encode(errors="surrogateescape")).digest()


def from_file(path: Path) -> tuple[Grant, ...]:
    """The grants of a file: a line `name=token:scope,scope` each; blank lines and those that begin with `#` are none.

    Raises:
        ArgumentError: unreadable, or a line that is none; it names the line by its number, never its text.
    """
    try:
        with path.open("rb") as file:
            content = file.read(FILE_LIMIT + 1)
        lines = content.decode().splitlines()
    except OSError as error:
        raise ArgumentError(f"--token-file {str(path)!r}: {error.strerror or error}") from error
    except ValueError as error:
        raise ArgumentError(f"--token-file {str(path)!r}: not text") from error
    if len(content) > FILE_LIMIT:
        raise ArgumentError(f"--token-file {str(path)!r}: larger than {FILE_LIMIT >> 20} MiB")
    numbered = ((number, line.strip()) for number, line in enumerate(lines, start=1))
    grants = tuple(_grant(line, number, path) for number, line in numbered if line and not line.startswith("#"))
    if not grants:
        raise ArgumentError(f"--token-file {str(path)!r}: no token in it: expected lines of name=token:scope,scope")
    return grants


def _grant(line: str, number: int, path: Path) -> Grant:
    where = f"--token-file {str(path)!r} line {number}"
    name, _, rest = line.partition("=")
    token, _, scopes = rest.rpartition(":")
    if not name.strip() or not token.strip():
        raise ArgumentError(f"{where}: expected name=token:scope,scope")
    try:
        return Grant(name.strip(), scopes_of(scopes), digest_of(token.strip()))
    except ValueError as error:
        raise ArgumentError(f"{where}: {error}") from error

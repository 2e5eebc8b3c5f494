"""All calls of one server: made, found, counted, ended. One that fails never touches another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from gateway.connection import Connection
from gateway.legs import FileInput, OffererOutput, RtpOutput, SdpInput, WhepOutput, WhipInput
from gateway.session import Session

if TYPE_CHECKING:
    from gateway.effect import Assets, EffectModel
    from gateway.events import Events
    from gateway.serving import ServerSettings

NO_LABELS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferWanted:
    """What comes with an offer.

    `effect`: None is the default one, or what a session already has. `watch`: id of a session whose composite is
    wanted; nothing is published then. `session` and `token`: of the lost session to come back to.
    """

    sdp: str
    effect: EffectModel | None = None
    output: OffererOutput | RtpOutput = field(default_factory=OffererOutput)
    labels: Mapping[str, str] = field(default=NO_LABELS)
    watch: str | None = None
    session: str | None = None
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to an offer.

    `token`: the session's, told this once (only its hash is kept); None for a watcher. `resource`: the connection's
    name, None where the offer was of plain RTP, which has none. `etag`: the connection's, without quotes.
    """

    sdp: str
    session: Session
    token: str | None = field(repr=False)
    resource: str | None
    etag: str | None


class Sessions:
    """Use it as an `async with` block: entered, everything a call may use is loaded; left, nothing of any call is left.

    Every refusal is a `GatewayError` with HTTP's `status`.
    """

    def __init__(self, settings: ServerSettings, *, events: Events, assets: Assets) -> None:
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        raise NotImplementedError

    async def __aexit__(self, *_: object) -> None:
        raise NotImplementedError

    @property
    def ready(self) -> bool:
        """Whether a call could be taken now: warm, not draining, below the limits, no worker stuck."""
        return not self.unready

    @property
    def unready(self) -> tuple[str, ...]:
        """Why no call could be taken now, in a few words each; empty where one could."""
        raise NotImplementedError

    async def offer(self, wanted: OfferWanted) -> Answered:
        """Answer an offer, a browser's or one of plain RTP.

        Raises:
            SdpError: an SDP that cannot be used.
            ArgumentError: the effect cannot be made.
            NotFound: no such session to watch or to come back to.
            Forbidden: the token is not that session's, or the destination is not allowed.
            Busy, TooManyHalfOpen: beyond a limit.
        """
        raise NotImplementedError

    async def create(
        self,
        source: SdpInput | FileInput | WhipInput,
        output: RtpOutput | WhepOutput,
        effect: EffectModel | None = None,
        labels: Mapping[str, str] = NO_LABELS,
    ) -> tuple[Session, str]:
        """A session without an offer, and its token (told this once).

        Raises:
            ArgumentError, NotFound, Forbidden, Conflict, Busy, TooManyHalfOpen: as `offer`; Conflict where the WHIP
                name is taken.
        """
        raise NotImplementedError

    async def publish(self, name: str, sdp: str, effect: EffectModel | None = None) -> Answered:
        """WHIP: a browser or encoder publishes under `name`; makes the session of that name where there is none.

        Raises:
            Conflict: another publisher holds it.
            SdpError, ArgumentError, Busy, TooManyHalfOpen: as `offer`.
        """
        raise NotImplementedError

    async def play(self, name_or_id: str, sdp: str) -> Answered:
        """WHEP: watch the session of this name or id.

        Raises:
            NotFound: there is none.
            Conflict: it has no composite yet (`retry_after`), or enough watch it.
            SdpError, TooManyHalfOpen: as `offer`.
        """
        raise NotImplementedError

    def connection(self, resource: str) -> Connection:
        """A browser's connection, by its unguessable name.

        Raises:
            NotFound: there is none, or no more.
        """
        raise NotImplementedError

    def get(self, session_id: str) -> Session:
        """A session by its id.

        Raises:
            NotFound: there is none, or no more.
        """
        raise NotImplementedError

    def session_of(self, token: str) -> str | None:
        """The id of the session this token was given for."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[Session]:
        """The sessions there are, oldest first."""
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    async def close(self, session_id: str) -> None:
        """End a session; returns when nothing of it is left.

        Raises:
            NotFound: there is none, or no more.
        """
        raise NotImplementedError

    async def drain(self, seconds: float) -> None:
        """Take no more calls; those there are may go on for so long, then are ended."""
        raise NotImplementedError

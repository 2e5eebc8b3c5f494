"""What callers ask of a server with an offer, and what they are answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from gateway.call.session import Session
from gateway.legs import OffererOutput, RtpOutput

if TYPE_CHECKING:
    from gateway.effect import EffectModel

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
    labels: Mapping[str, str] = field(default_factory=dict)
    watch: str | None = None
    session: str | None = None
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to an offer.

    `token`: the session's, told this once (only its hash is kept); None for a watcher. `resource`: the connection's
    name; `etag`: its entity tag, without quotes.
    """

    sdp: str
    session: Session
    token: str | None = field(repr=False)
    resource: str
    etag: str

"""One browser: its offer answered, its media to and from our cores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from gateway.errors import GatewayError
from gateway.rtp.core import Core, Event
from gateway.rtp.sdp.browser import BrowserOffer
from gateway.rtp.sdp.negotiated import NegotiatedMedia, Wanted
from gateway.serving import IceSettings
from gateway.webrtc.endpoint import FAR_END, PeerEndpoint

__all__ = ["FAR_END", "NegotiatedMedia", "Peer", "PeerState", "Restart", "Wanted"]

PeerState = Literal["new", "connecting", "connected", "disconnected", "failed", "closed"]


class Restart(GatewayError):  # noqa: N818  (a state of affairs, not a fault)
    """The far end wants to restart ICE: we take a new offer instead."""

    status = 422


class Peer:
    """One browser's connection. `answer` once, then `run` in a task of the same owner, at last `aclose`.

    `on_state` is told each new state, on the event loop. `disconnected`: nothing came for 3 s; it may come back.
    """

    state: PeerState = "new"
    ice_session: str = ""
    """Names the ICE session, as an entity tag does; it never changes, for we do not restart."""
    video_in: NegotiatedMedia | None = None
    video_out: NegotiatedMedia | None = None
    audio_in: NegotiatedMedia | None = None
    audio_out: NegotiatedMedia | None = None

    def __init__(self, offer: BrowserOffer, settings: IceSettings, *, on_state: Callable[[PeerState], None]) -> None:
        self._offer, self._settings, self._on_state = offer, settings, on_state

    async def answer(self, wanted: Wanted) -> str:
        """The answer's text, all our candidates in it; sets `video_in` and so on.

        Raises:
            SdpError: nothing of what is wanted can be agreed on.
            GatewayError: no candidate could be gathered.
        """
        raise NotImplementedError

    def endpoint(self, core: Core, media: NegotiatedMedia, on_event: Callable[[Event], None]) -> PeerEndpoint:
        """Put a core on one of this peer's media: packets of an `in` medium go to it, RTCP compounds to every core.

        The core sends to and hears from `FAR_END`, RTP and RTCP on one.
        """
        raise NotImplementedError

    async def add_candidates(self, fragment: str) -> None:
        """Take more of the browser's candidates (`application/trickle-ice-sdpfrag`, RFC 8840).

        Raises:
            SdpError: not such a fragment.
            Restart: its ice-ufrag is another.
        """
        raise NotImplementedError

    async def run(self) -> None:
        """Connect and carry media until the far end closes, is lost for good, or `aclose` is called; never raises."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Close. Nothing is left, and it never takes long."""
        raise NotImplementedError

    def stats(self) -> tuple[Mapping[str, object], ...]:
        """`transport`, `candidate-pair`, `local-candidate` and `remote-candidate` as W3C webrtc-stats names them."""
        raise NotImplementedError

"""A browser's offer, as far as we can take it."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.rtp.sdp.description import SessionDescription


@dataclass(frozen=True, slots=True)
class BrowserOffer:
    """An offer of media over ICE and DTLS-SRTP on one transport (RFC 8829, RFC 9143)."""

    description: SessionDescription

    @staticmethod
    def fits(description: SessionDescription) -> bool:
        """Whether this is a browser's kind of offer at all (DTLS-SRTP or ICE), not plain RTP."""
        return any(
            medium.has("fingerprint") or medium.has("ice-ufrag") or "TLS" in medium.protocol.upper()
            for medium in description.media
        )

    @classmethod
    def of(cls, description: SessionDescription) -> BrowserOffer:
        """Read an offer.

        Raises:
            SdpError: names the line, or what is missing; never anything else.
        """
        return cls(description)

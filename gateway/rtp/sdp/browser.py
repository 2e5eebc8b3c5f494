"""A browser's offer, as far as we can take it (RFC 8829, RFC 9143, RFC 8839, RFC 8842).

Browsers offer more than a call needs: repair streams, colour spaces, two dozen header extensions, a data channel. What
is not read here is left out of the answer, and so never used. One transport carries everything: the m-lines of the
first BUNDLE group, or where there is none, one m-line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from gateway.errors import SdpError
from gateway.rtp.orientation import ORIENTATION_URI
from gateway.rtp.sdp.description import MediaDescription, SessionDescription
from gateway.rtp.sdp.fields import number
from gateway.rtp.sdp.ice import MAX_CANDIDATES, Fingerprint, IceCandidate, IceCredentials
from gateway.rtp.sdp.negotiated import ABS_SEND_TIME_URI, MID_URI

Setup = Literal["active", "passive", "actpass"]
MAX_MID: Final = 16
"""Octets that fit a one-byte header extension."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class OfferedMedia:
    """One m-line. `refusal`: why it cannot be on our transport, empty where it can."""

    description: MediaDescription
    mid: str
    refusal: str

    @property
    def kind(self) -> str:
        """`audio`, `video`, `application`."""
        return self.description.kind

    @property
    def sends(self) -> bool:
        """Whether the offerer would send."""
        return self.description.direction in ("sendrecv", "sendonly")

    @property
    def receives(self) -> bool:
        """Whether the offerer would receive."""
        return self.description.direction in ("sendrecv", "recvonly")

    @property
    def mid_id(self) -> int | None:
        """The header extension that tells a packet's mid."""
        return self.description.extension_id(MID_URI) if 0 < len(self.mid.encode()) <= MAX_MID else None

    @property
    def abs_send_time_id(self) -> int | None:
        """The header extension that tells when a packet left."""
        return self.description.extension_id(ABS_SEND_TIME_URI)

    @property
    def orientation_id(self) -> int | None:
        """The header extension that tells which way up a picture is."""
        return self.description.extension_id(ORIENTATION_URI)

    @property
    def ssrc(self) -> int | None:
        """The SSRC of the offerer's media, where the offer tells it: the first of its first group, or the first."""
        groups = (value.split()[1:2] for value in self.description.attributes_named("ssrc-group"))
        lines = (value.split()[:1] for value in self.description.attributes_named("ssrc"))
        for found in (*groups, *lines):
            try:
                return number(found[0], "SSRC", maximum=0xFFFFFFFF)
            except (IndexError, ValueError):
                continue
        return None


@dataclass(frozen=True, slots=True)
class BrowserOffer:
    """An offer of media on one transport. `group`: the mids of its BUNDLE group, none where it has no group.

    `ice`, `fingerprints`, `setup` and `candidates` are those of the one transport; `is_lite`: the offerer only answers
    checks.
    """

    description: SessionDescription
    media: tuple[OfferedMedia, ...]
    group: tuple[str, ...]
    ice: IceCredentials
    is_lite: bool
    fingerprints: tuple[Fingerprint, ...]
    setup: Setup
    candidates: tuple[IceCandidate, ...]

    @staticmethod
    def fits(description: SessionDescription) -> bool:
        """Whether this is a browser's kind of offer at all (DTLS-SRTP or ICE), not plain RTP."""
        names = ("fingerprint", "ice-ufrag")
        if any(attribute.name in names for attribute in description.attributes):
            return True
        return any(
            any(medium.has(name) for name in names) or "TLS/RTP" in medium.protocol.upper()
            for medium in description.media
        )

    @classmethod
    def of(cls, description: SessionDescription) -> BrowserOffer:
        """Read an offer.

        Raises:
            SdpError: names the line, or what is missing; never anything else.
        """
        group = _bundle(description)
        media = _media(description, group)
        tagged = _tagged(media, group)
        return cls(
            description=description,
            media=media,
            group=group,
            ice=_credentials(description, tagged),
            is_lite=any(attribute.name == "ice-lite" for attribute in description.attributes),
            fingerprints=_fingerprints(description, tagged),
            setup=_setup(description, tagged),
            candidates=_candidates(tagged),
        )


def _bundle(description: SessionDescription) -> tuple[str, ...]:
    """The mids of the first BUNDLE group."""
    for attribute in description.attributes:
        semantics, *mids = (attribute.value or "").split()[:64] or [""]
        if attribute.name == "group" and semantics.upper() == "BUNDLE":
            return tuple(dict.fromkeys(mids))
    return ()


def _media(description: SessionDescription, group: tuple[str, ...]) -> tuple[OfferedMedia, ...]:
    """Every m-line. Without a group there is one transport still, the video's or else the first one's."""
    found: dict[int, OfferedMedia] = {}
    mids: set[str] = set()
    for index, medium in sorted(enumerate(description.media), key=lambda item: not group and item[1].kind != "video"):
        mid = next((value.strip() for value in medium.attributes_named("mid")), "")
        refusal = _refusal(medium, mid, group)
        if not refusal and mid in mids:
            refusal = f"line {medium.line}: a=mid:{mid[:20]} is another m-line's"
        elif not refusal and mids and not group:
            refusal = f"line {medium.line}: without a=group:BUNDLE only one m-line has a transport"
        if not refusal:
            mids.add(mid)
        found[index] = OfferedMedia(medium, mid, refusal)
    return tuple(found[index] for index in sorted(found))


def _refusal(medium: MediaDescription, mid: str, group: tuple[str, ...]) -> str:
    where = f"line {medium.line}: " if medium.line else ""
    if medium.kind not in ("audio", "video"):
        return f"{where}m={medium.kind} is neither audio nor video"
    if medium.is_rejected and not medium.has("bundle-only"):
        return f"{where}the {medium.kind} is rejected (port 0)"
    if not (medium.is_rtp and medium.is_secure and "TLS" in medium.protocol.upper()):
        return f"{where}the {medium.kind}'s protocol {medium.protocol} is not UDP/TLS/RTP/SAVPF"
    if group and mid not in group:
        return f"{where}the {medium.kind} is outside the BUNDLE group: one transport carries everything"
    if not medium.has("rtcp-mux"):
        return f"{where}the {medium.kind} has no a=rtcp-mux: RTP and RTCP share one port"
    return ""


def _tagged(media: tuple[OfferedMedia, ...], group: tuple[str, ...]) -> MediaDescription:
    """The m-line whose transport is everybody's: the group's first that can be taken (RFC 9143 §7.2)."""
    usable = [item for item in media if not item.refusal]
    if not usable:
        refusals = [item.refusal for item in media if item.kind in ("video", "audio")]
        raise SdpError(refusals[0] if refusals else "the SDP has neither m=video nor m=audio")
    if group:
        usable.sort(key=lambda item: group.index(item.mid))
    return usable[0].description


def _values(session: SessionDescription, medium: MediaDescription, name: str) -> list[str]:
    """The values of an attribute, the session's own where the medium has none."""
    found = list(medium.attributes_named(name))
    return found or [item.value for item in session.attributes if item.name == name and item.value is not None]


def _credentials(session: SessionDescription, medium: MediaDescription) -> IceCredentials:
    ufrags, passwords = (_values(session, medium, name) for name in ("ice-ufrag", "ice-pwd"))
    if not ufrags or not passwords:
        raise SdpError(f"line {medium.line}: the {medium.kind} has no a=ice-ufrag and a=ice-pwd")
    return _checked(lambda: IceCredentials.of(ufrags[0].strip(), passwords[0].strip()), medium)


def _fingerprints(session: SessionDescription, medium: MediaDescription) -> tuple[Fingerprint, ...]:
    """Those we can check; where there are none, why."""
    found: list[Fingerprint] = []
    reason = "there is no a=fingerprint"
    for value in _values(session, medium, "fingerprint"):
        try:
            found.append(Fingerprint.parse(value))
        except ValueError as error:
            reason = str(error)
    if not found:
        raise SdpError(f"line {medium.line}: {reason}")
    return tuple(found)


def _setup(session: SessionDescription, medium: MediaDescription) -> Setup:
    for value in _values(session, medium, "setup"):
        match value.strip().lower():
            case "active" | "passive" | "actpass" as setup:
                return setup
            case other:
                raise SdpError(f"line {medium.line}: a=setup:{other[:20]} is none of active, passive, actpass")
    return "actpass"


def _candidates(medium: MediaDescription) -> tuple[IceCandidate, ...]:
    """What may be checked; a candidate that cannot be read is one that another kind of agent understands."""
    found: dict[tuple[str, int], IceCandidate] = {}
    for value in medium.attributes_named("candidate"):
        try:
            candidate = IceCandidate.parse(value)
        except ValueError:
            continue
        if candidate.is_usable and len(found) < MAX_CANDIDATES:
            found.setdefault((candidate.address, candidate.port), candidate)
    return tuple(found.values())


def _checked(read: Callable[[], _T], medium: MediaDescription) -> _T:
    try:
        return read()
    except ValueError as error:
        raise SdpError(f"line {medium.line}: {error}") from error

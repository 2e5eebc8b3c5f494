"""The two ends of a session, as data: where its pictures come from, and where they go."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.rtp.url import RtpUrl


@dataclass(frozen=True, slots=True)
class OffererInput:
    """Whoever made the offer: a browser's camera over WebRTC, or plain RTP."""


@dataclass(frozen=True, slots=True)
class SdpInput:
    """RTP as an SDP describes it, on ports of ours."""

    sdp: str


@dataclass(frozen=True, slots=True)
class FileInput:
    """A file below the media directory, at its own pace, over and over. `source`: its path from there."""

    source: str


@dataclass(frozen=True, slots=True)
class WhipInput:
    """Whoever publishes to `/whip/{name}`."""

    name: str


@dataclass(frozen=True, slots=True)
class OffererOutput:
    """Back to whoever made the offer."""


@dataclass(frozen=True, slots=True)
class RtpOutput:
    """Plain RTP; sound goes to `audio`, packets untouched, under `audio_payload_type` or the input's own."""

    url: RtpUrl
    payload_type: int
    audio: RtpUrl | None = None
    audio_payload_type: int | None = None


@dataclass(frozen=True, slots=True)
class WhepOutput:
    """Whoever plays `/whep/{name}`, the session's own id where it has no name."""


Input = OffererInput | SdpInput | FileInput | WhipInput
Output = OffererOutput | RtpOutput | WhepOutput

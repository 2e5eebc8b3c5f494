"""What a far end's own description says it accepts."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.errors import SdpError
from gateway.rtp.sdp.description import SessionDescription
from gateway.rtp.sdp.feedback import Feedback
from gateway.rtp.sdp.h264_parameters import H264Parameters
from gateway.rtp.sdp.inputs import decodable, video_input


@dataclass(frozen=True, slots=True)
class RemoteCapabilities:
    """The video a far end accepts, in one payload type.

    `profile_level_id`, `bitrate` (the most bits per second, b=) and `framerate` are None where nothing is said.
    `feedback` is what it may send us.
    """

    codec: str
    payload_type: int
    profile_level_id: str | None
    packetization_mode: int
    feedback: Feedback
    avpf: bool
    rtcp_mux: bool
    bitrate: int | None
    framerate: float | None

    @classmethod
    def of(
        cls, session: SessionDescription, codec: str | None = None, *, payload_type: int | None = None
    ) -> RemoteCapabilities:
        """The payload type asked for if it is offered with that codec, else the preferred one of that codec.

        Raises:
            SdpError: no video, or not this codec.
        """
        media = video_input(session).media
        accepted = {number: rtpmap.codec for number, rtpmap in decodable(media).items()}
        candidates = [number for number, name in accepted.items() if codec in (None, name)]
        if not candidates:
            raise SdpError(f"the far end accepts {', '.join(dict.fromkeys(accepted.values()))}, not {codec}")
        chosen = payload_type if payload_type in candidates else candidates[0]
        h264 = H264Parameters.of(media.fmtp(chosen))
        return cls(
            codec=accepted[chosen],
            payload_type=chosen,
            profile_level_id=h264.profile_level_id,
            packetization_mode=h264.packetization_mode,
            feedback=media.feedback(chosen),
            avpf=media.avpf,
            rtcp_mux=media.rtcp_mux,
            bitrate=media.bitrate or session.bitrate,
            framerate=media.framerate,
        )

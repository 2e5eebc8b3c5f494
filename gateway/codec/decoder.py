"""Access units to frames, by PyAV.

One thread and no frame threading: every extra thread of libavcodec's frame threading holds one more picture back.
Pictures leave in presentation order. A stream without B-frames is not delayed at all; how many frames one with B-frames
holds back is known only as they come, and told by `reorder_delay`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

import av
from av.codec.context import CodecContext

from gateway.codec.planar import planar
from gateway.rtp.payload.annex_b import START_CODE

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext

    from gateway.rtp.core import AccessUnit

TIME_BASE = Fraction(1, 90_000)
"""Of every video RTP clock (RFC 6184 §5.1, RFC 7741 §4.1)."""

MAX_PIXELS = 3840 * 2160
"""Of one picture: UHD. A forged parameter set can ask for 400 MB in a few bytes."""

_DECODERS = {"H264": "h264", "VP8": "vp8"}


class DecodeError(Exception):
    """What came cannot be decoded into a whole picture; a key frame mends it."""


def coded_as(data: bytes) -> str:
    """Which of the two codecs made this key frame; an SDP may allow both, and the sender chooses.

    Ours is a byte stream if it begins with a start code, which no VP8 key frame does: its fourth octet is 0x9d
    (RFC 6386 §9.1).
    """
    return "H264" if data.startswith(START_CODE) else "VP8"


class VideoDecoder:
    """One stream's decoder. After a `DecodeError` it can be fed on, from the next key frame with good results.

    `parameter_sets`: H264's, as an Annex B byte stream, where the SDP names them (a stream need not repeat them).
    `show_damaged`: pictures with concealed errors are passed on rather than refused.
    """

    def __init__(self, codec: str, *, parameter_sets: bytes = b"", show_damaged: bool = False) -> None:
        self._context = _open(_DECODERS[codec], parameter_sets)
        self._show_damaged = show_damaged

    @property
    def reorder_delay(self) -> int:
        """Frames by which pictures leave later than they came: 0 unless the stream has B-frames."""
        return self._context.reorder_depth

    def decode(self, unit: AccessUnit) -> list[av.VideoFrame]:
        """The pictures that became ready, in presentation order, planar 4:2:0; `pts` is their own unit's timestamp.

        Raises:
            DecodeError: the unit is no picture of this codec, or a damaged one.
        """
        if not unit.data:
            raise DecodeError("an empty access unit")  # to libavcodec it would mean the end of the stream
        packet = av.Packet(unit.data)
        packet.pts, packet.time_base = unit.timestamp, TIME_BASE
        return self._pictures(packet)

    def flush(self) -> list[av.VideoFrame]:
        """The pictures still held back; nothing can be decoded afterwards."""
        return self._pictures(None)

    def _pictures(self, packet: av.Packet[Any] | None) -> list[av.VideoFrame]:
        try:
            frames = self._context.decode(packet)
        except av.FFmpegError as error:
            raise DecodeError(str(error)) from error
        if not self._show_damaged and any(frame.is_corrupt for frame in frames):
            raise DecodeError("a damaged picture")
        return [planar(frame) for frame in frames]


def _open(name: str, parameter_sets: bytes) -> VideoCodecContext:
    context = cast("VideoCodecContext", CodecContext.create(name, "r"))
    context.thread_count = 1
    if parameter_sets:
        context.extradata = parameter_sets
    context.options = {"max_pixels": str(MAX_PIXELS)}
    return context

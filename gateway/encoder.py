"""Frames to coded frames, by PyAV: the encoder policy of a live call.

No look-ahead, no B-frames, one thread: a frame goes in and its packet comes out of the same call. Key frames come when
asked for, and every `gop` seconds of stream time where that is set; the encoder never inserts one on its own. The rate
is held by a buffer of half a second (VBV), so that a key frame cannot take the next second's bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import av
import numpy as np
from av.codec.context import CodecContext, Flags
from av.video.frame import PictureType

from gateway.cadence import Cadence
from gateway.decoder import TIME_BASE
from gateway.planar import PLANAR
from gateway.rtp.payload.annex_b import byte_stream, nal_units
from gateway.rtp.payload.h264 import SEI
from transforms.picture import FramePool, Matrix, Picture, Size

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext

MIN_BITRATE = 50_000
"""Bits per second: what a far end may ask us down to. Below, even a small picture is only blocks."""

BUFFER_SECONDS = 0.5
"""The rate control's window: how long a burst may borrow from what follows."""

MIN_SLICE = 768
"""Octets of a payload that holds any slice: the largest macroblock x264 made of noise took 706, and none is split."""

NO_PERIOD = 1 << 30
"""A distance between key frames that never comes (x264's keyint=infinite)."""

_VP8_SPEED = {"ultrafast": -10, "superfast": -6, "veryfast": -5, "faster": -4, "fast": -4}
"""libvpx's cpu-used by x264's names of the same cost; negative is a fixed speed, positive follows the load."""

_REOPEN_BELOW, _REOPEN_ABOVE = 0.9, 1.5
"""libvpx takes another bit rate only by a fresh start: worth a key frame outside these shares of the present one."""


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """How to encode.

    `bitrate`: bits per second, the most that is ever sent. `gop`: seconds between key frames, None only on request.
    `max_payload`: octets of an RTP payload, the largest slice where `packetization_mode` is 0. `frame_rate`: expected
    frames per second; the true one is measured. `preset` and `profile` are x264's names.
    """

    codec: str
    bitrate: int = 2_000_000
    preset: str = "superfast"
    gop: float | None = None
    profile: str = "baseline"
    packetization_mode: int = 1
    max_payload: int = 1188
    frame_rate: float = 30.0


@dataclass(frozen=True, slots=True)
class EncodedUnit:
    """One coded frame: an Annex B access unit or a VP8 frame. `timestamp` in 1/90000 s."""

    data: bytes
    timestamp: int
    is_keyframe: bool


class EncodeError(Exception):
    """A frame that its codec cannot code: too small, too large."""


class VideoEncoder:
    """One stream's encoder, opened by its first frame and anew where the picture's size or colours change.

    H264 cannot code odd sizes in 4:2:0: the last column or row is left out. Where frames come at another rate than the
    rate control counts on, it starts anew as well: at once if it would overspend, else with the next key frame.

    A codec is told through the frame itself what to make of it (`pict_type`, `pts`). `shares_frames`: others read the
    same frames meanwhile, so nothing is written on them; each is copied first, 0.2 ms at 1280x720.
    """

    def __init__(self, settings: EncoderSettings, *, shares_frames: bool = False) -> None:
        self.settings = settings
        self._shares_frames = shares_frames
        self._bitrate = settings.bitrate
        self._cadence = Cadence(settings.frame_rate)
        self._context: VideoCodecContext | None = None
        self._opened = _Opened(Size(0, 0), "", 0, 0, 0, 0.0)
        self._last_keyframe = 0
        self._own: av.VideoFrame | None = None
        """What a frame is copied to that cannot be coded as it is; written again each time."""

    @property
    def bitrate(self) -> int:
        """Bits per second. Set within `MIN_BITRATE` and the settings' own; H264 takes it without a key frame."""
        return self._bitrate

    @bitrate.setter
    def bitrate(self, wanted: int) -> None:
        self._bitrate = min(max(wanted, MIN_BITRATE), self.settings.bitrate)
        if self._context is not None and self.settings.codec == "H264":
            self._context.bit_rate = self._bitrate

    def encode(
        self, frame: av.VideoFrame, *, keyframe: bool = False, timestamp: int | None = None
    ) -> list[EncodedUnit]:
        """The coded frame, planar 4:2:0 in; `keyframe` makes it one that decoding can begin with.

        `timestamp`, in 1/90000 s, is told in place of the frame's own.

        Raises:
            EncodeError: the codec does not take a frame of this size.
        """
        timestamp = _ticks(frame) if timestamp is None else timestamp
        keyframe = keyframe or self._is_due(timestamp)
        frame = self._writable(frame)
        frame.pts, frame.time_base = timestamp, TIME_BASE
        frame.pict_type = PictureType.I if keyframe else PictureType.NONE
        try:
            packets = self._ready_for(frame, keyframe).encode(frame)
        except av.FFmpegError as error:
            raise EncodeError(f"{frame.width}x{frame.height} in {self.settings.codec}: {error}") from error
        units = [EncodedUnit(self._data(packet), packet.pts or 0, packet.is_keyframe) for packet in packets]
        self._last_keyframe = max([unit.timestamp for unit in units if unit.is_keyframe], default=self._last_keyframe)
        self._cadence.note(timestamp)
        return units

    def close(self) -> None:
        """Free the codec; the next frame would open another."""
        self._context = None

    def _data(self, packet: av.Packet[Any]) -> bytes:
        """A packet's bytes. x264 opens with 700 of its own name and options, which no far end needs: left out."""
        if self.settings.codec != "H264" or not packet.is_keyframe:
            return bytes(packet)
        return byte_stream(unit for unit in nal_units(bytes(packet)) if unit[0] & 0x1F != SEI)

    def _is_due(self, timestamp: int) -> bool:
        gop = self.settings.gop
        return gop is not None and timestamp - self._last_keyframe >= gop / TIME_BASE

    def _ready_for(self, frame: av.VideoFrame, keyframe: bool) -> VideoCodecContext:
        """The open codec, opened anew where it no longer fits."""
        needed = self._needed(frame)
        if self._context is not None:
            same_picture = needed[:4] == self._opened[:4]
            if same_picture and not self._is_worth_reopening(needed, keyframe):
                return self._context
        self._context = _open(self.settings, needed)
        self._opened = needed
        self.bitrate = self._bitrate
        return self._context

    def _needed(self, frame: av.VideoFrame) -> _Opened:
        bitrate = self.settings.bitrate if self.settings.codec == "H264" else self._bitrate
        size = Size(frame.width, frame.height)
        return _Opened(size, frame.format.name, frame.colorspace, frame.color_range, bitrate, self._cadence.rate)

    def _is_worth_reopening(self, needed: _Opened, keyframe: bool) -> bool:
        if needed.frame_rate != self._opened.frame_rate and (keyframe or needed.frame_rate > self._opened.frame_rate):
            return True
        share = needed.bitrate / self._opened.bitrate
        return share != 1 and (keyframe or not _REOPEN_BELOW <= share < _REOPEN_ABOVE)

    def _writable(self, frame: av.VideoFrame) -> av.VideoFrame:
        """The frame itself where it is ours alone and can be coded as it is; else a copy, of even size for H264."""
        width, height = frame.width, frame.height
        if self.settings.codec == "H264":
            width, height = width & ~1, height & ~1
        if not width or not height:
            raise EncodeError(f"{frame.width}x{frame.height} is too small for H264")
        if not self._shares_frames and (width, height) == (frame.width, frame.height):
            return frame
        own = self._own
        if own is None or (own.width, own.height, own.format.name) != (width, height, frame.format.name):
            own = self._own = av.VideoFrame(width, height, frame.format.name)
        own.make_writable()
        for target, source in zip(Picture.of(own).planes, Picture.of(frame).planes, strict=True):
            np.copyto(target.rows, source.rows[: target.height, : target.width])
        own.colorspace, own.color_range = frame.colorspace, frame.color_range
        return own


def parameter_sets(
    settings: EncoderSettings, size: Size, *, matrix: Matrix | None = None, full_range: bool = False
) -> tuple[bytes, bytes]:
    """The sequence and picture parameter set (NAL units) that H264 of this size begins with, known beforehand.

    `matrix`: of a pipeline's pictures; None for frames that name no colours.
    """
    even = Size(size.width & ~1, size.height & ~1)
    blank = av.VideoFrame(even.width, even.height, PLANAR[0])
    if matrix is not None:
        blank = cast("av.VideoFrame", FramePool(capacity=1).lease(even, matrix=matrix, full_range=full_range).frame)
    shape = _Opened(even, PLANAR[0], blank.colorspace, blank.color_range, settings.bitrate, settings.frame_rate)
    context = _context(settings, shape)
    context.flags |= Flags.global_header
    context.open()
    sps, pps = list(nal_units(context.extradata or b""))[:2]
    return sps, pps


class _Opened(NamedTuple):
    """What a codec was opened for; the first four cannot change within it."""

    size: Size
    pixel_format: str
    colorspace: int
    color_range: int
    bitrate: int
    frame_rate: float


def _ticks(frame: av.VideoFrame) -> int:
    """The frame's time in 1/90000 s."""
    return int((frame.pts or 0) * Fraction(frame.time_base) / TIME_BASE) if frame.time_base else frame.pts or 0


def _open(settings: EncoderSettings, shape: _Opened) -> VideoCodecContext:
    context = _context(settings, shape)
    context.open()
    return context


def _context(settings: EncoderSettings, shape: _Opened) -> VideoCodecContext:
    name = "libx264" if settings.codec == "H264" else "libvpx"
    context = cast("VideoCodecContext", CodecContext.create(name, "w"))
    context.width, context.height = shape.size
    context.pix_fmt = shape.pixel_format
    context.colorspace, context.color_range = shape.colorspace, shape.color_range
    context.time_base = TIME_BASE
    context.framerate = Fraction(shape.frame_rate).limit_denominator(1001)
    context.bit_rate = shape.bitrate
    context.thread_count = 1
    context.gop_size = NO_PERIOD
    context.options = _h264_options(settings) if settings.codec == "H264" else _vp8_options(settings)
    # Without a ceiling and a buffer x264 would not take another bit rate later on.
    context.options |= {"maxrate": str(shape.bitrate), "bufsize": str(int(shape.bitrate * BUFFER_SECONDS))}
    return context


def _h264_options(settings: EncoderSettings) -> dict[str, str]:
    options = {"preset": settings.preset, "tune": "zerolatency", "profile": settings.profile}
    options |= {"forced-idr": "1", "sc_threshold": "0"}
    if settings.packetization_mode == 0:
        options["x264-params"] = f"slice-max-size={settings.max_payload}"
    return options


def _vp8_options(settings: EncoderSettings) -> dict[str, str]:
    # Not error resilient: it overspends by a tenth, and a receiver here waits for a key frame after a loss anyway.
    speed = _VP8_SPEED.get(settings.preset, -3)
    return {"deadline": "realtime", "cpu-used": str(speed), "lag-in-frames": "0", "auto-alt-ref": "0"}

"""Frames to coded frames, by PyAV: the encoder policy of a live call.

No look-ahead, no B-frames, one thread: a frame goes in and its packet comes out of the same call. Key frames come when
asked for, and every `gop` seconds of stream time where that is set; the encoder never inserts one on its own. The rate
is held by a buffer of a part of a second (VBV), so that a key frame cannot take the next second's bits.

The rate follows the far end from one frame to the next, without a key frame. x264 takes another as it goes. libvpx
does not, as far as libavcodec lets us reach it; but it spends so many bits per second of the time it is told. Told that
a frame lasts a quarter of what it does, it spends a quarter on it, and its whole rate control follows at once, buffer
and golden frames included (`_ToldTime`). A decoder never sees that time: libvpx writes none into the frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import av
import numpy as np
from av.codec.context import CodecContext, Flags
from av.video.frame import PictureType

from gateway.codec.cadence import Cadence
from gateway.codec.decoder import TIME_BASE
from gateway.codec.planar import PLANAR
from gateway.rtp.payload.annex_b import byte_stream, nal_units
from gateway.rtp.payload.h264 import SEI
from transforms.picture import FramePool, Matrix, Picture, Size

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext

MIN_BITRATE = 50_000
"""Bits per second: what a far end may ask us down to. Below, even a small picture is only blocks."""

BUFFER_SECONDS = 0.5
"""The rate control's window: how long a burst may borrow from what follows."""

FOLLOWING_SECONDS = 0.125
"""The window where the far end tells the rate, at the highest. x264's is in bits and stays when the rate falls: after a
fall from 2 Mb/s to 400 kb/s it overspends by 0.3 s of the new rate with this window, by 0.9 s with the one above."""

MIN_SLICE = 768
"""Octets of a payload that holds any slice: the largest macroblock x264 made of noise took 706, and none is split."""

NO_PERIOD = 1 << 30
"""A distance between key frames that never comes (x264's keyint=infinite)."""

_VP8_SPEED = {"ultrafast": -10, "superfast": -6, "veryfast": -5, "faster": -4, "fast": -4}
"""libvpx's cpu-used by x264's names of the same cost; negative is a fixed speed, positive follows the load."""

_VP8_MAX_KEYFRAME = 900
"""Per cent of a usual frame: 0.3 s of the rate at 30 per second, as libwebrtc has it."""

_FIRST_WINDOWS = 2
"""How much of its rate, in windows, x264's first frames may spend at once. With nine tenths of its whole buffer, as is
its habit, the first half second came to 0.65 s of a rate of 400 kb/s: too much for the queue of a narrow link."""

_OUTGROWN = 1.5
"""How much larger a buffer the present rate must call for before a key frame opens x264 anew: 5 ms at 1280x720."""

_MAX_CREDIT = 0.25
"""Seconds of silence whose bits the next VP8 frame may spend: no burst after a pause."""


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """How to encode.

    `bitrate`: bits per second, the most that is ever sent. `gop`: seconds between key frames, None only on request.
    `max_payload`: octets of an RTP payload, the largest slice where `packetization_mode` is 0. `frame_rate`: expected
    frames per second; the true one is measured. `preset` and `profile` are x264's names. `window`: seconds at `bitrate`
    a burst may borrow. `bits_per_pixel`: the most a pixel is worth, on average; a small picture takes less than
    `bitrate` then.
    """

    codec: str
    bitrate: int = 2_000_000
    preset: str = "superfast"
    gop: float | None = None
    profile: str = "baseline"
    packetization_mode: int = 1
    max_payload: int = 1188
    frame_rate: float = 30.0
    window: float = BUFFER_SECONDS
    bits_per_pixel: float | None = None

    def most(self, size: Size) -> int:
        """Bits per second, the most for pictures of this size."""
        if self.bits_per_pixel is None:
            return self.bitrate
        return min(
            self.bitrate, max(MIN_BITRATE, int(self.bits_per_pixel * size.width * size.height * self.frame_rate))
        )


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

    H264 cannot code odd sizes in 4:2:0: the last column or row is left out. Where frames come at another rate than
    x264's rate control counts on, it starts anew as well: at once if it would overspend, else with the next key frame;
    with that also where its buffer was made for a rate a good deal lower.

    A codec is told through the frame itself what to make of it (`pict_type`, `pts`). `shares_frames`: others read the
    same frames meanwhile, so nothing is written on them; each is copied first, 0.2 ms at 1280x720.
    """

    def __init__(self, settings: EncoderSettings, *, shares_frames: bool = False) -> None:
        self.settings = settings
        self._shares_frames = shares_frames
        self._bitrate = self._most = settings.bitrate
        self._cadence = Cadence(settings.frame_rate)
        self._context: VideoCodecContext | None = None
        self._opened = _Opened(Size(0, 0), "", 0, 0, 0, 0.0)
        self._told = _ToldTime()
        self._last_keyframe = 0
        self._own: av.VideoFrame | None = None
        """What a frame is copied to that cannot be coded as it is; written again each time."""

    @property
    def bitrate(self) -> int:
        """Bits per second, from the next frame on. Set within `MIN_BITRATE` and the most for the picture's size."""
        return self._bitrate

    @bitrate.setter
    def bitrate(self, wanted: int) -> None:
        self._bitrate = min(max(wanted, MIN_BITRATE), self._most)
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
        self._most = self.settings.most(Size(frame.width, frame.height))
        self.bitrate = self._bitrate
        frame.pict_type = PictureType.I if keyframe else PictureType.NONE
        try:
            packets = self._code(frame, timestamp, keyframe)
        except av.FFmpegError as error:
            raise EncodeError(f"{frame.width}x{frame.height} in {self.settings.codec}: {error}") from error
        units = [EncodedUnit(self._data(packet), timestamp, packet.is_keyframe) for packet in packets]
        self._last_keyframe = max([unit.timestamp for unit in units if unit.is_keyframe], default=self._last_keyframe)
        self._cadence.note(timestamp)
        return units

    def _code(self, frame: av.VideoFrame, timestamp: int, keyframe: bool) -> list[av.Packet[Any]]:
        """What the codec makes of a frame; a frame that is not ours alone is never told another time for good."""
        context = self._ready_for(frame, keyframe)
        if self.settings.codec == "H264":
            frame.pts, frame.time_base = timestamp, TIME_BASE
            return context.encode(frame)
        stretch = self._bitrate / self._opened.bitrate
        told, duration = self._told.next(timestamp, stretch=stretch, usual=self._cadence.rate)
        frame.pts, frame.duration, frame.time_base = told, duration, TIME_BASE
        try:
            return context.encode(frame)
        finally:
            frame.pts, frame.duration = timestamp, 0

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
        self._told = _ToldTime()
        self.bitrate = self._bitrate
        return self._context

    def _needed(self, frame: av.VideoFrame) -> _Opened:
        size = Size(frame.width, frame.height)
        return _Opened(size, frame.format.name, frame.colorspace, frame.color_range, self._bitrate, self._cadence.rate)

    def _is_worth_reopening(self, needed: _Opened, keyframe: bool) -> bool:
        if self.settings.codec != "H264":
            return False
        overspends = needed.frame_rate > self._opened.frame_rate
        has_outgrown = needed.buffer(self.settings) > _OUTGROWN * self._opened.buffer(self.settings)
        return overspends or (keyframe and (needed.frame_rate != self._opened.frame_rate or has_outgrown))

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


class _ToldTime:
    """The time libvpx is told, in 1/90000 s of its own.

    Each frame lasts as long as the time since the one before it, by the share of the opened rate it may spend. That is
    one frame late, and the only way a frame's end is where the next one begins, from which libvpx takes the frame rate.
    """

    def __init__(self) -> None:
        self._end = 0
        self._last: int | None = None

    def next(self, timestamp: int, *, stretch: float, usual: float) -> tuple[int, int]:
        """When this frame begins, and how long it lasts. `usual`: frames per second so far."""
        begins, interval = self._end, 1 / (usual * TIME_BASE)
        elapsed = interval if self._last is None else timestamp - self._last
        lasts = min(max(elapsed, interval / 2), max(interval, _MAX_CREDIT / TIME_BASE))
        duration = max(round(lasts * stretch), 1)
        self._last, self._end = timestamp, begins + duration
        return begins, duration


class _Opened(NamedTuple):
    """What a codec was opened for; the first four cannot change within it."""

    size: Size
    pixel_format: str
    colorspace: int
    color_range: int
    bitrate: int
    frame_rate: float

    def buffer(self, settings: EncoderSettings) -> int:
        """Bits of the rate control's buffer: half a second of the rate it begins with, less where x264 is to follow."""
        half_a_second = self.bitrate * BUFFER_SECONDS
        if settings.codec == "H264":
            return int(min(half_a_second, settings.bitrate * settings.window))
        return int(half_a_second)


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
    # x264 follows a rate only if it began at a constant one, and never above that.
    context.bit_rate = settings.bitrate if settings.codec == "H264" else shape.bitrate
    context.thread_count = 1
    context.gop_size = NO_PERIOD
    context.options = _h264_options(settings, shape) if settings.codec == "H264" else _vp8_options(settings, shape)
    context.options |= {"bufsize": str(shape.buffer(settings))}
    return context


def _h264_options(settings: EncoderSettings, shape: _Opened) -> dict[str, str]:
    options = {"preset": settings.preset, "tune": "zerolatency", "profile": settings.profile}
    first = min(0.9 * shape.buffer(settings), _FIRST_WINDOWS * settings.window * shape.bitrate)
    options |= {"rc_init_occupancy": str(int(first))}
    options |= {"maxrate": str(settings.bitrate)}
    options |= {"forced-idr": "1", "sc_threshold": "0"}
    if settings.packetization_mode == 0:
        options["x264-params"] = f"slice-max-size={settings.max_payload}"
    return options


def _vp8_options(settings: EncoderSettings, shape: _Opened) -> dict[str, str]:
    # Not error resilient: it overspends by a tenth, and a receiver here waits for a key frame after a loss anyway.
    speed = _VP8_SPEED.get(settings.preset, -3)
    options = {"deadline": "realtime", "cpu-used": str(speed), "lag-in-frames": "0", "auto-alt-ref": "0"}
    # Least and most alike make it constant; and the first key frame takes half of what the buffer holds then.
    options |= {"minrate": str(shape.bitrate), "maxrate": str(shape.bitrate), "overshoot-pct": "15"}
    return options | {"rc_init_occupancy": str(shape.buffer(settings)), "max-intra-rate": str(_VP8_MAX_KEYFRAME)}

"""From recorded RTP back to frames, pictures and the numbers in them. Done after the run, not while it is timed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
import numpy as np
from av.codec.context import CodecContext
from numpy.typing import NDArray

from gateway.codec.planar import planar
from gateway.rtp.packet import RtpPacket
from gateway.rtp.payload import MalformedPayload, payload_format
from tests import framecode
from tests.peers.link import Passed
from transforms.picture import Picture

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext

_DECODERS = {"H264": "h264", "VP8": "vp8"}


@dataclass(frozen=True, slots=True)
class CodedFrame:
    """A frame as its packets came: `timestamp` of 32 bits as on the wire, `last_at` in ns of the wall clock."""

    timestamp: int
    ssrc: int
    first_at: int
    last_at: int
    data: bytes
    is_keyframe: bool
    is_whole: bool


@dataclass(frozen=True, slots=True)
class SeenFrame:
    """A decoded frame; `number` is what is burnt into it, None if it cannot be read."""

    coded: CodedFrame
    frame: av.VideoFrame
    number: int | None

    @property
    def luma(self) -> NDArray[np.uint8]:
        """(H, W)."""
        return Picture.of(self.frame).y.rows


def coded_frames(packets: Iterable[Passed], codec: str = "H264") -> list[CodedFrame]:
    """The frames of one recording in the order in which they began, their packets by sequence number."""
    groups: dict[tuple[int, int], dict[int, tuple[Passed, RtpPacket]]] = {}
    for passed in packets:
        packet = RtpPacket.parse(passed.data)
        groups.setdefault((packet.ssrc, packet.timestamp), {}).setdefault(packet.sequence_number, (passed, packet))
    return [_coded_frame(list(group.values()), codec) for group in groups.values()]


def _coded_frame(group: list[tuple[Passed, RtpPacket]], codec: str) -> CodedFrame:
    """Sequence numbers are put in order relative to the first that came, for they wrap."""
    origin = group[0][1].sequence_number
    group = sorted(group, key=lambda pair: (pair[1].sequence_number - origin + 0x8000) & 0xFFFF)
    numbers = [packet.sequence_number for _, packet in group]
    is_whole = group[-1][1].marker and all((b - a) & 0xFFFF == 1 for a, b in pairwise(numbers))
    form = payload_format(codec)
    try:
        data = form.depacketize([packet.payload for _, packet in group])
    except MalformedPayload:
        data, is_whole = b"", False
    times = [passed.at for passed, _ in group]
    first = group[0][1]
    is_keyframe = bool(data) and form.is_keyframe(data)
    return CodedFrame(first.timestamp, first.ssrc, min(times), max(times), data, is_keyframe, is_whole)


def seen_frames(
    coded: Iterable[CodedFrame], codec: str = "H264", *, parameter_sets: bytes = b""
) -> Iterator[SeenFrame]:
    """The frames, decoded one after another from the first on, in presentation order.

    `parameter_sets`: H264's as a byte stream, where the stream itself has none.
    """
    decoder = cast("VideoCodecContext", CodecContext.create(_DECODERS[codec], "r"))
    decoder.thread_count = 1
    decoder.extradata = parameter_sets or None
    waiting: dict[int, CodedFrame] = {}
    for count, unit in enumerate(coded):
        packet = av.Packet(unit.data)
        packet.pts, waiting[count] = count, unit
        for frame in decoder.decode(packet):
            yield _seen(waiting, frame)
    for frame in decoder.decode(None):
        yield _seen(waiting, frame)


def _seen(waiting: dict[int, CodedFrame], frame: av.VideoFrame) -> SeenFrame:
    assert frame.pts is not None, "a decoder keeps the time of each frame"
    return SeenFrame(waiting.pop(frame.pts), frame, framecode.read(Picture.of(frame).y.rows))


def recorded_numbers(path: Path) -> list[int | None]:
    """The numbers in the frames of a file that another program recorded."""
    with av.open(str(path)) as container:
        return [framecode.read(Picture.of(planar(frame)).y.rows) for frame in container.decode(video=0)]

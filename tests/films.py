"""Small media files made by PyAV alone, and what is in a file as PyAV alone reads it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from gateway.codec.formats import Coding, output_format
from gateway.codec.paths import written_aside
from gateway.codec.reader import VideoReader
from gateway.codec.writer import VideoWriter
from transforms.picture import Picture

LOSSLESS = Coding(crf=0, preset="ultrafast")
CODED_BY_QUALITY = (".mkv", ".mp4", ".mov", ".m4v", ".ts")


def drawn(number: int, width: int = 64, height: int = 48) -> av.VideoFrame:
    """A picture unlike its neighbours: bright stripes that wander, each plane distinct; 30 a second."""
    frame = av.VideoFrame(width, height, "yuv420p")
    for index, plane in enumerate(Picture.of(frame).planes):
        plane.rows[:] = 60 + 40 * index
        plane.rows[:: 2 + number % 3, number % 8 :: 4] = 200 - 20 * index
    frame.pts, frame.time_base = number, Fraction(1, 30)
    return frame


def film(
    path: Path,
    frames: Sequence[av.VideoFrame],
    *,
    encoder: str = "libx264",
    sound: str | None = None,
    container: str | None = None,
    time_base: Fraction = Fraction(1, 30),
    **of_context: Any,
) -> Path:
    """A file of these frames, without loss where the encoder can; `sound`: an encoder, two tracks in two languages."""
    lossless = {"crf": "0", "preset": "ultrafast", "bf": "2"} if "264" in encoder else {}
    with av.open(f"file:{path}", "w", format=container) as output:
        output.metadata.update({"title": "A title", "location": "+48.1+011.5/"})
        stream = output.add_stream(encoder, rate=30, options=lossless)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = frames[0].width, frames[0].height, frames[0].format.name
        stream.codec_context.time_base = time_base
        for name, value in of_context.items():
            setattr(stream.codec_context, name, value)
        tracks = [_track(output, sound, language) for language in ("deu", "eng")] if sound else []
        for frame in frames:
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        for track in tracks:
            _hum(output, track, len(frames) / 30)
    return path


def _track(output: av.container.OutputContainer, encoder: str, language: str) -> av.AudioStream:
    track = output.add_stream(encoder, rate=48000, layout="mono")
    assert isinstance(track, av.AudioStream)
    track.metadata["language"] = language
    return track


def _hum(output: av.container.OutputContainer, track: av.AudioStream, seconds: float) -> None:
    size = track.codec_context.frame_size or 1024
    layout = track.codec_context.format.name
    for index in range(round(seconds * 48000 / size)):
        wave = np.sin((np.arange(size) + index * size) * 0.05) * 0.3
        kind, level = {"flt": (np.float32, 1), "s16": (np.int16, 32767), "s32": (np.int32, 2**31 - 1)}[layout[:3]]
        values = (wave * level).astype(kind)
        frame = av.AudioFrame.from_ndarray(values[None], format=layout, layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48000, index * size, Fraction(1, 48000)
        output.mux(track.encode(frame))
    output.mux(track.encode(None))


def copied(source: Path, output: Path, coding: Coding | None = None, **reading: Any) -> Path:
    """`source` read and written as it is by the code under test; without loss if nothing else is said."""
    if coding is None:
        coding = LOSSLESS if output.suffix in CODED_BY_QUALITY else Coding()
    with VideoReader(source, **reading) as reader, written_aside(output) as part:
        form = output_format(output, "composite", coding, like_y4m=reader.is_y4m)
        with VideoWriter(part, form, like=reader) as writer:
            for item in reader.items():
                if isinstance(item, av.VideoFrame):
                    writer.write(item, colors=item)
                else:
                    writer.copy(item)
    return output


def frames_of(path: Path) -> list[av.VideoFrame]:
    """Its pictures."""
    with av.open(f"file:{path}") as container:
        return list(container.decode(video=0))


def packets_of(path: Path, kind: str = "audio") -> list[list[bytes]]:
    """The coded octets of each stream of that kind."""
    with av.open(f"file:{path}") as container:
        streams = [stream for stream in container.streams if stream.type == kind]
        if not streams:
            return []
        found: dict[int, list[bytes]] = {stream.index: [] for stream in streams}
        for packet in container.demux(*streams):
            if packet.size:
                found[packet.stream_index].append(bytes(packet))
    return list(found.values())


def time_of(frame: av.VideoFrame) -> float:
    """In seconds."""
    return float((frame.pts or 0) * Fraction(frame.time_base or 1))


def luma(frame: av.VideoFrame) -> bytes:
    """The octets of its luma."""
    return np.ascontiguousarray(Picture.of(frame).y.rows).tobytes()

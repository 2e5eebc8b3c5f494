"""What is carried over beside the pictures: sound and subtitles, packet by packet as they are, chapters and titles.

What a container has no room for is left out, and said. Of what a file says of itself those words are kept that mean
the same of the new one: not where it was filmed, nor with what.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import av
from av import error
from av.container import OutputContainer
from av.stream import Stream

from gateway.codec.reader import VideoReader

logger = logging.getLogger(__name__)

OF_STREAMS = ("language", "title")
"""Words about a stream that are kept."""

NOT_OF_FILES = ("compatible_brands", "creation_time", "encoder", "location", "major_brand", "minor_version")
"""Words about a file that are not: they describe how and when this very file was made, or where."""

_TRANSPORTED = frozenset({"aac", "ac3", "dts", "eac3", "mp2", "mp3", "opus", "dvb_subtitle", "truehd"})
"""What a transport stream holds; libav would write anything, as private data that nobody can read."""


def _is_read(container: str, codec: str) -> bool:
    """Whether players read that codec out of that container, where libav writes more than they do."""
    if container == "mpegts":
        return codec in _TRANSPORTED
    if container == "mp4" and codec.startswith("pcm_"):
        return codec == "pcm_s16le"  # as which others are played, which is noise
    return not (container == "mov" and codec in _OF_MP4_ALONE)


_OF_MP4_ALONE = frozenset({"flac", "opus", "truehd"})
"""What QuickTime has no name for; libav finds that out when it is too late."""


_DAMAGED = (error.ArgumentError, error.InvalidDataError, error.PatchWelcomeError, error.PermissionError)
"""What libav says of a packet that is not what its codec promises; a disk that is full says otherwise."""


class Carrying:
    """The streams of one output beside its pictures. Their packets leave in order, whatever times they bring.

    `damaged`: how many packets the container would not take.
    """

    def __init__(self, container: OutputContainer, like: VideoReader) -> None:
        """Add them to `container`, whose pictures' stream is there already, and which has not begun."""
        self._container = container
        self._streams: dict[int, Stream] = {}
        self._last: dict[int, int] = {}
        self.damaged = 0
        left_out = [_said(stream) for stream in like.beside if not self._add(stream)]
        for said in sorted(set(left_out)):
            logger.warning("%s is left out: %s does not hold it", said, container.format.name)
        container.metadata.update(_kept(like.metadata))
        container.set_chapters(like.chapters)

    def copy(self, packet: av.Packet[Any]) -> None:
        """Write a packet of one of the reader's streams."""
        stream = self._streams.get(packet.stream_index)
        if stream is None or packet.dts is None:
            return
        last = self._last.get(packet.stream_index)
        if last is not None and packet.dts <= last:
            packet.dts = last + 1
            packet.pts = max(packet.pts or 0, packet.dts)
        self._last[packet.stream_index] = packet.dts
        packet.stream = stream
        try:
            self._container.mux(packet)
        except _DAMAGED:
            if not self.damaged:
                logger.warning("a damaged packet of %s is left out", stream.type)
            self.damaged += 1

    def _add(self, source: Stream) -> bool:
        stream = self._added(source)
        if stream is None:
            return False
        stream.time_base = source.time_base
        stream.disposition = source.disposition
        stream.metadata.update({word: source.metadata[word] for word in OF_STREAMS if word in source.metadata})
        self._streams[source.index] = stream
        return True

    def _added(self, source: Stream) -> Stream | None:
        if not _is_read(self._container.format.name, _codec(source)):
            return None
        try:
            return self._container.add_stream_from_template(source, opaque=True)
        except ValueError:
            return None


def _said(stream: Stream) -> str:
    return " ".join(filter(None, (stream.type, _codec(stream))))


def _codec(stream: Stream) -> str:
    return stream.codec_context.codec.canonical_name if stream.codec_context else ""


def _kept(words: Mapping[str, str]) -> dict[str, str]:
    def is_kept(word: str) -> bool:
        plain = word.lower()
        return not plain.startswith(("com.", "location")) and plain not in NOT_OF_FILES

    return {word: text for word, text in words.items() if is_kept(word)}

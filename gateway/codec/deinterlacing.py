"""Interlaced frames as progressive ones, by libavfilter's `bwdif`: one for each, with its time.

A matte of two fields that lie 20 ms apart would be two mattes combed into one, and what is written is progressive.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
from av import error
from av.filter import Graph


class Deinterlacer:
    """One stream's. Frames pass as they are until the first interlaced one comes; from then on one is held back.

    Progressive frames amid interlaced ones are not touched. `is_active`: there was an interlaced one.
    """

    def __init__(self, time_base: Fraction) -> None:
        """`time_base`: seconds per unit of the frames' `pts`."""
        self._graph: Graph | None = None
        self._shape: tuple[int, int, str] | None = None
        self._time_base = time_base

    @property
    def is_active(self) -> bool:
        """Whether frames are held back and looked at."""
        return self._graph is not None

    def frames(self, frame: av.VideoFrame) -> Iterator[av.VideoFrame]:
        """What is ready once `frame` has come."""
        shape = (frame.width, frame.height, frame.format.name)
        if self._graph is not None and shape != self._shape:
            yield from self.rest()
        if self._graph is None and frame.interlaced_frame:
            self._graph, self._shape = _graph(frame, self._time_base), shape
        if self._graph is None:
            yield frame
        else:
            self._graph.vpush(frame)
            yield from self._pulled(self._graph)

    def rest(self) -> Iterator[av.VideoFrame]:
        """What is held back, at the end of the stream."""
        if self._graph is not None:
            graph, self._graph = self._graph, None
            graph.vpush(None)
            yield from self._pulled(graph)

    def _pulled(self, graph: Graph) -> Iterator[av.VideoFrame]:
        while True:
            try:
                frame = graph.vpull()
            except (error.BlockingIOError, error.EOFError):
                return
            scale = (frame.time_base or self._time_base) / self._time_base  # the filter counts in half the units
            frame.pts, frame.duration = round((frame.pts or 0) * scale), round(frame.duration * scale)
            frame.time_base = self._time_base
            yield frame


def _graph(frame: av.VideoFrame, time_base: Fraction) -> Graph:
    """Frames in, `bwdif`, frames out."""
    graph = Graph()
    graph.threads = 1
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=time_base)
    graph.link_nodes(source, graph.add("bwdif", "mode=send_frame:deint=interlaced"), graph.add("buffersink"))
    graph.configure()
    return graph

"""A decoded picture of a clip, laid under a call's: cropped, scaled, turned and recoloured by libswscale in one go.

Whatever a clip is (10 bits, 4:4:4, R'G'B', full range, BT.2020, sideways), it becomes the call's own 4:2:0, matrix and
range here. Of an interlaced frame one field is shown: a background may have half the lines, but no combs. What is
transparent shows the layout's colour.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple, cast

import av
import numpy as np
from av.filter import Graph
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from transforms.background import plain
from transforms.clip.plan import Box, Plan, plan
from transforms.clip.shots import Shot
from transforms.effect import Color
from transforms.geometry import Placed
from transforms.picture import Look, Matrix, Picture, Plane, Size

_MATRICES = {1: "bt709", 4: "fcc", 5: "bt601", 6: "bt601", 7: "smpte240m", 9: "bt2020", 10: "bt2020"}
"""libswscale's names of ITU-T H.273's matrix coefficients (table 4); R'G'B' and what is not said are not among them."""

_TURNS = {0: (), 1: (("transpose", "cclock"),), 2: (("hflip", ""), ("vflip", "")), 3: (("transpose", "clock"),)}
"""libavfilter's filters that turn a frame counterclockwise by so many quarters."""


class Fitter:
    """Lays shots under pictures, one after another: used by one thread at a time. Keeps the last scaler it made."""

    def __init__(self) -> None:
        self._key: _Key | None = None
        self._graph: Graph | None = None

    def __call__(self, shot: Shot, seen: Placed, look: Look, color: Color) -> Picture:
        """The shot laid where `seen` says under pictures of `look`, in memory that nothing writes to any more.

        `color`: what shows beside it, and through it.
        """
        frame = shot.frame
        lines = frame.height // 2 if frame.interlaced_frame else frame.height
        upright = Size(lines, frame.width) if shot.quarters % 2 else Size(frame.width, lines)
        laid = plan(upright, shot.window, seen)
        if laid is None:
            return plain(look, color)
        part, alpha = self._part(frame, _Key.of(frame, shot.quarters, laid, look))
        if alpha is None and laid.shown == Box(0, 0, *look.size):
            return _window(part, laid)
        picture = plain(look, color)
        _lay(picture, _window(part, laid), laid, None if alpha is None else _skipped(alpha, laid))
        return picture

    def _part(self, frame: av.VideoFrame, key: _Key) -> tuple[Picture, NDArray[np.uint8] | None]:
        """The part of the frame that shows, scaled; and its alpha, of the same size, where it has one."""
        look = key.look
        if key.is_as_it_lies:
            return Picture(*_planes(frame), look.matrix, look.full_range, frame), None
        if key != self._key or self._graph is None:
            self._key, self._graph = key, key.graph(frame)
        self._graph.vpush(_timeless(frame))
        fitted = self._graph.vpull()
        y, cb, cr, *alpha = (_plane(plane) for plane in fitted.planes)
        return Picture(y, cb, cr, look.matrix, look.full_range, fitted), alpha[0].rows if alpha else None


class _Key(NamedTuple):
    """Everything a scaler is made for."""

    size: Size
    format: str
    matrix: str
    is_full_range: bool
    is_interlaced: bool
    quarters: int
    crop: Box
    scaled: Size
    look: Look

    @classmethod
    def of(cls, frame: av.VideoFrame, quarters: int, laid: Plan, look: Look) -> _Key:
        size, name = Size(frame.width, frame.height), frame.format.name
        matrix = _MATRICES.get(int(frame.colorspace)) or Matrix.assumed(size).value
        full_range = name.startswith("yuvj") or frame.color_range == ColorRange.JPEG
        crop = _coded(laid.crop, size, quarters, is_interlaced=frame.interlaced_frame)
        return cls(size, name, matrix, full_range, frame.interlaced_frame, quarters, crop, laid.size, look)

    @property
    def is_as_it_lies(self) -> bool:
        """Whether the frame is already what is asked for."""
        is_same_size = self.crop == Box(0, 0, *self.size) and self.scaled == self.size and not self.quarters
        is_same_color = self.matrix == self.look.matrix.value and self.is_full_range == self.look.full_range
        return is_same_size and is_same_color and self.format in ("yuv420p", "yuvj420p") and not self.is_interlaced

    def graph(self, frame: av.VideoFrame) -> Graph:
        """The filters that do it, in this thread."""
        has_alpha = any(component.is_alpha for component in frame.format.components)
        crop, scaled = self.crop, self.scaled[::-1] if self.quarters % 2 else self.scaled
        colors = f"in_color_matrix={self.matrix}:out_color_matrix={self.look.matrix.value}"
        ranges = f"in_range={_range(self.is_full_range)}:out_range={_range(self.look.full_range)}"
        steps = [
            *([("field", "top")] if self.is_interlaced else []),
            ("crop", f"{crop.width}:{crop.height}:{crop.x}:{crop.y}"),
            ("scale", f"{scaled[0]}:{scaled[1]}:flags=bicubic+accurate_rnd:{colors}:{ranges}"),
            ("format", "yuva420p" if has_alpha else "yuv420p"),
            *_TURNS[self.quarters],
        ]
        graph = Graph()
        graph.threads = 1
        source = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 1000)
        )
        graph.link_nodes(source, *(graph.add(*step) for step in steps), graph.add("buffersink")).configure()
        return graph


def _coded(crop: Box, size: Size, quarters: int, *, is_interlaced: bool) -> Box:
    """A window of the upright frame as one of the frame as it is coded (of its upper field)."""
    width, height = size.width, size.height // 2 if is_interlaced else size.height
    x, y, across, down = crop
    match quarters:
        case 1:
            return Box(width - y - down, x, down, across)
        case 2:
            return Box(width - x - across, height - y - down, across, down)
        case 3:
            return Box(y, height - x - across, down, across)
        case _:
            return crop


def _range(is_full: bool) -> str:
    return "pc" if is_full else "tv"


def _timeless(frame: av.VideoFrame) -> av.VideoFrame:
    """The frame with no time of its own: a graph sees each as its only one."""
    frame.pts = None
    return frame


def _planes(frame: av.VideoFrame) -> tuple[Plane, Plane, Plane]:
    y, cb, cr = (_plane(plane) for plane in frame.planes)
    return y, cb, cr


def _plane(plane: av.video.plane.VideoPlane) -> Plane:
    samples = cast("NDArray[np.uint8]", np.frombuffer(plane, np.uint8))  # type: ignore[call-overload]
    return Plane(samples, plane.line_size, plane.width, plane.height)


def _window(part: Picture, laid: Plan) -> Picture:
    """What of a scaled part shows."""
    size = Size(laid.shown.width, laid.shown.height)
    left, top = laid.skip
    if part.size == size and not left and not top:
        return part
    y = _within(part.y, left, top, size)
    cb, cr = (_within(plane, left // 2, top // 2, size.chroma) for plane in (part.cb, part.cr))
    return Picture(y, cb, cr, part.matrix, part.full_range)


def _within(plane: Plane, left: int, top: int, size: Size) -> Plane:
    """A window of a plane: in place, or in memory of its own where its last row is cut short."""
    samples = plane.samples[top * plane.stride + left :]
    if samples.size >= size.height * plane.stride:
        return Plane(samples, plane.stride, *size)
    rows = plane.rows[top : top + size.height, left : left + size.width]
    return Plane(np.ascontiguousarray(rows).reshape(-1), size.width, *size)


def _skipped(alpha: NDArray[np.uint8], laid: Plan) -> NDArray[np.uint8]:
    left, top = laid.skip
    return alpha[top : top + laid.shown.height, left : left + laid.shown.width]


def _lay(picture: Picture, part: Picture, laid: Plan, alpha: NDArray[np.uint8] | None) -> None:
    """Lay a part over a picture where it belongs, as opaque as `alpha` has it."""
    for index, (target, source) in enumerate(zip(picture.planes, part.planes, strict=True)):
        step = 2 if index else 1
        top, left = laid.shown.y // step, laid.shown.x // step
        place = target.rows[top : top + source.height, left : left + source.width]
        place[:] = source.rows if alpha is None else _mixed(place, source.rows, alpha[::step, ::step])


def _mixed(under: NDArray[np.uint8], over: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    share = alpha.astype(np.uint16)
    return ((over * share + under * (255 - share) + 127) // 255).astype(np.uint8)

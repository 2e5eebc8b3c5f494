"""The person alone, as files with an alpha channel hold them: straight colour beside alpha.

The foreground view is what lies over black, colour times alpha: what a player shows that knows no alpha. An editor
multiplies by itself, so it must be divided again. Alpha times what comes out is what went in, within a level.

Chroma is divided where it is mixed, at half the size; where nothing of the person is there, their colours nearby are
carried outward, for whoever enlarges chroma reads a sample or two beyond the outline and would find grey. Luma needs no
such thing, and is black where alpha is 0: nothing of the room can be found under a file's alpha.
"""

from __future__ import annotations

import av
import numpy as np
from numpy.typing import NDArray

from transforms.compositor import chroma_alpha
from transforms.kernels import foreground as kernels
from transforms.picture import Picture, Plane, Size


def straight(frame: av.VideoFrame, alpha: NDArray[np.uint8], *, full_chroma: bool) -> av.VideoFrame:
    """A new frame with alpha, yuva444p where `full_chroma`, else yuva420p, of the same matrix, range and time.

    `frame`: the foreground view's, yuv420p. `alpha`: (H, W), the one shown. May be called in any thread.

    Raises:
        ValueError: they are of different sizes.
    """
    picture = Picture.of(frame)
    if Size(*alpha.shape[::-1]) != picture.size:
        raise ValueError(f"an alpha of {alpha.shape[1]}x{alpha.shape[0]} does not fit {frame.width}x{frame.height}")
    out = av.VideoFrame(frame.width, frame.height, "yuva444p" if full_chroma else "yuva420p")
    _draw(picture, np.ascontiguousarray(alpha), full_chroma, [_plane(plane) for plane in out.planes])
    out.pts, out.duration = frame.pts, frame.duration
    if frame.time_base is not None:
        out.time_base = frame.time_base
    out.colorspace, out.color_range = frame.colorspace, frame.color_range
    out.color_primaries, out.color_trc = frame.color_primaries, frame.color_trc
    return out


def _draw(picture: Picture, alpha: NDArray[np.uint8], full_chroma: bool, out: list[Plane]) -> None:
    y, size, chroma = picture.y, picture.size, picture.size.chroma
    black = 0.0 if picture.full_range else 16.0
    kernels.divide(y.samples, y.stride, alpha.reshape(-1), *size, black, out[0].samples, out[0].stride)
    out[3].rows[:] = alpha
    beside = chroma_alpha(alpha).reshape(-1)
    for plane, drawn in zip((picture.cb, picture.cr), out[1:3], strict=True):
        if full_chroma:
            kernels.enlarge_chroma(plane.samples, plane.stride, beside, *chroma, drawn.samples, drawn.stride, *size)
        else:
            kernels.divide_chroma(plane.samples, plane.stride, beside, *chroma, drawn.samples, drawn.stride)


def _plane(plane: av.video.plane.VideoPlane) -> Plane:
    samples = np.frombuffer(plane, np.uint8)  # type: ignore[call-overload]
    return Plane(samples, plane.line_size, plane.width, plane.height)

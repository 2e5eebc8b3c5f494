"""A drawn, moving person with hair and exact alpha: for the demo, the tests, the benchmarks.

She is painted once, in layers (hair behind, body, head, hair before it, forearm), and each frame moves the layers and
lays them over one another: 15 ms for 720x1280. A frame depends on its number and the caller's arguments alone.

The mixture is `alpha * person + (1 - alpha) * scene` in the coded levels, alpha rounded to 8 bits beforehand: a perfect
matting of the frames, noise aside, is the alpha that comes with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from transforms.effect import Color
from transforms.kernels.layers import develop, lay_over
from transforms.picture import FramePool, Matrix, Picture, Size
from transforms.rgb import ycbcr_from_rgb
from transforms.sample import arms, body, hair, head
from transforms.sample.look import Look
from transforms.sample.motion import PERIOD, Matrix3, Pose
from transforms.sample.scenery import scene
from transforms.sample.sketch import Canvas, Field

TEAL = Color.parse("2a6a84")
STAGE = (660.0, 800.0)
"""Units of the drawing that always fit into the picture: the waving arm across, the chest down."""
HEADROOM = 0.15
"""Of the picture's height, above the head."""
GRAIN = 1.5
"""Levels: the standard deviation of the camera's noise in luma; half of it in chroma."""
SHUTTER = 0.5
"""The share of a frame's time in which the shutter is open."""
INSTANTS = 4
"""Positions of the waving arm that are averaged while it is."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A painted part: float32 (rows, columns, 4) premultiplied Y, Cb, Cr and coverage, and the units it lies on."""

    canvas: Canvas
    pixels: Field

    @property
    def to_pixels(self) -> Matrix3:
        """From units to (column, row), 0 being the middle of the first pixel."""
        scale = self.canvas.scale
        return np.array(
            ((scale, 0, -self.canvas.left * scale - 0.5), (0, scale, -self.canvas.top * scale - 0.5), (0, 0, 1))
        )


class SampleCaller:
    """A caller before a screen. `screen=None` puts her in a room, which a screen key must refuse.

    `seed`: 0 is the person of the demo, others look different. `uneven` lights the screen as a lamp does, `noise` adds
    a camera's, `markers` draws checks of strong luma in the screen's chroma: outside the person, no trace of them may
    ever be seen in a composite. `matrix`: BT.709 from 720 lines on the short side where not given.
    """

    def __init__(
        self,
        size: Size = Size(720, 1280),  # noqa: B008  (immutable)
        *,
        screen: Color | None = TEAL,
        frames_per_second: int = 30,
        seed: int = 0,
        uneven: bool = True,
        noise: bool = True,
        markers: bool = False,
        matrix: Matrix | None = None,
    ) -> None:
        self.size = size
        self.matrix = matrix or Matrix.assumed(size)
        self.frames_per_second = frames_per_second
        self.period = round(PERIOD * frames_per_second)
        self._stage = _stage(size)
        self._layers = _paint(self._stage, size, Look.of(seed), self.matrix, seed)
        self._seed = seed
        self._scene = scene(size, screen, matrix=self.matrix, uneven=uneven, markers=markers, seed=seed)
        samples = size.width * size.height
        self._grain = np.random.default_rng((seed, 2)).normal(0, GRAIN if noise else 0, 2 * samples).astype(np.float32)
        self._canvas = np.zeros((size.height, size.width, 4), np.float32)

    def frame(self, number: int) -> tuple[av.VideoFrame, NDArray[np.uint8]]:
        """Frame `number`, its pts, and its alpha (H, W), 0 screen .. 255 person; both are the caller's to keep.

        Everything but the noise repeats after `period` frames.
        """
        self._draw(number)
        picture = FramePool(capacity=1).lease(self.size, matrix=self.matrix, full_range=False)
        alpha = self._develop(number, picture)
        frame = picture.frame
        assert frame is not None  # a leased picture's always is one
        frame.pts, frame.time_base = number, Fraction(1, self.frames_per_second)
        return frame, alpha

    def _draw(self, number: int) -> None:
        """Lay the moved layers over one another on the empty canvas."""
        self._canvas.fill(0)
        time = number % self.period / self.frames_per_second
        pose = Pose.at(time)
        shutter = SHUTTER / self.frames_per_second * (np.arange(INSTANTS) / INSTANTS - 0.5)
        forearms = [Pose.at(time + instant).forearm for instant in shutter]
        layers = self._layers
        self._lay(layers.back_hair, [pose.head])
        self._lay(layers.torso, [pose.body])
        self._lay(layers.head, [pose.head])
        if pose.lids is not None:
            self._lay(layers.lids, [pose.lids])
        self._lay(layers.glasses, [pose.head])
        self._lay(layers.front_hair, [pose.head])
        self._lay(layers.forearm, forearms)

    def _lay(self, layer: Layer, poses: list[Matrix3]) -> None:
        moves = [self._stage @ pose @ np.linalg.inv(layer.to_pixels) for pose in poses]
        rows, columns = layer.pixels.shape[:2]
        corners = np.array(((0, columns, 0, columns), (0, 0, rows, rows), (1, 1, 1, 1)), np.float64)
        reached = np.concatenate([(move @ corners)[:2] for move in moves], axis=1)
        left, top = np.floor(reached.min(axis=1)).clip(0).astype(int)
        right, bottom = np.ceil(reached.max(axis=1)).astype(int).clip(0, self.size)
        back = np.array([np.linalg.inv(move)[:2].ravel() for move in moves], np.float32)
        lay_over(self._canvas, layer.pixels, back, top, bottom, left, right)

    def _develop(self, number: int, picture: Picture) -> NDArray[np.uint8]:
        """Mix canvas and scene into the picture's planes; the alpha they were mixed with."""
        samples = self.size.width * self.size.height
        offset = int(np.random.default_rng((self._seed, number)).integers(samples))
        alpha = np.empty(samples, np.uint8)
        y, cb, cr = picture.planes
        develop(
            self._canvas,
            self._scene,
            self._grain,
            offset,
            y.samples,
            y.stride,
            cb.samples,
            cr.samples,
            cb.stride,
            alpha,
        )
        return alpha.reshape(self.size.height, self.size.width)


@dataclass(frozen=True, slots=True)
class _Layers:
    """The person, from the hindmost layer to the foremost."""

    back_hair: Layer
    torso: Layer
    head: Layer
    lids: Layer
    glasses: Layer
    front_hair: Layer
    forearm: Layer


def _stage(size: Size) -> Matrix3:
    """From units to the picture's pixels: centred, as large as `STAGE` allows."""
    scale = min(size.width / STAGE[0], size.height / STAGE[1])
    return np.array(((scale, 0, (size.width - 1) / 2), (0, scale, HEADROOM * size.height - 0.5), (0, 0, 1)))


def _paint(stage: Matrix3, size: Size, look: Look, matrix: Matrix, seed: int) -> _Layers:
    scale = float(stage[0, 0])
    floor = (size.height - stage[1, 2]) / scale + 20

    def canvas(left: float, top: float, right: float, bottom: float) -> Canvas:
        return Canvas(left, top, right, bottom, scale)

    def layer(sheet: Canvas, painted: tuple[Field, Field]) -> Layer:
        rgb, coverage = painted
        return _layer(sheet, rgb * coverage[..., None], coverage, matrix)

    on_head, over_head = canvas(-120, -14, 120, 278), canvas(-240, -60, 240, 490)
    face, worn = head.head(on_head, look), head.glasses(on_head)
    lids, raised, trunk = canvas(-72, 118, 72, 158), canvas(130, 280, 340, 810), canvas(-330, 190, 330, floor)
    return _Layers(
        back_hair=_layer(over_head, *hair.back_hair(over_head, look, seed), matrix),
        torso=layer(trunk, body.torso(trunk, look)),
        head=layer(on_head, face),
        lids=layer(lids, head.lids(lids, look)),
        glasses=layer(on_head, worn),
        front_hair=_layer(over_head, *hair.front_hair(over_head, look, seed), matrix),
        forearm=layer(raised, arms.forearm(raised, look)),
    )


def _layer(canvas: Canvas, premultiplied: Field, coverage: Field, matrix: Matrix) -> Layer:
    """Turn premultiplied R'G'B' into premultiplied Y'CbCr, by way of the true colour where there is any."""
    rgb = (premultiplied / np.maximum(coverage, 1 / 255)[..., None]).astype(np.float32)
    ycbcr = ycbcr_from_rgb(rgb, matrix=matrix, full_range=False)
    return Layer(canvas, np.concatenate((ycbcr, np.ones_like(ycbcr[..., :1])), axis=-1) * coverage[..., None])

"""The person in layers: painted once, moved for each frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transforms.kernels.layers import lay_under
from transforms.picture import Matrix, Size
from transforms.rgb import ycbcr_from_rgb
from transforms.sample import arms, body, hair, head, veil
from transforms.sample.look import Look
from transforms.sample.motion import Matrix3, Pose, moved
from transforms.sample.sketch import Canvas, Field

STAGE = (660.0, 800.0)
"""Units of the drawing that always fit into the picture: the waving arm across, the chest down."""
HEADROOM = 0.15
"""Of the picture's height, above the head."""
SHUTTER = 1 / 60
"""Seconds for which the shutter is open."""
INSTANTS = 4
"""Positions of the waving forearm that are averaged while it is."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A painted part: float32 (rows, columns, 4) premultiplied Y, Cb, Cr and coverage, and the units it lies on."""

    canvas: Canvas
    pixels: NDArray[np.float32]

    @classmethod
    def of(cls, canvas: Canvas, painted: tuple[Field, Field], matrix: Matrix) -> Layer:
        """From R'G'B' 0..255 and coverage."""
        rgb, coverage = painted
        ycbcr = ycbcr_from_rgb(rgb.astype(np.float32), matrix=matrix, full_range=False)
        opaque = np.concatenate((ycbcr, np.ones_like(ycbcr[..., :1])), axis=-1)
        return cls(canvas, np.ascontiguousarray(opaque * coverage[..., None], np.float32))

    @property
    def to_pixels(self) -> Matrix3:
        """From units to (column, row), 0 being the middle of the first pixel."""
        scale = self.canvas.scale
        return moved(-0.5, -0.5) @ np.diag((scale, scale, 1)) @ moved(-self.canvas.left, -self.canvas.top)

    def placed(self, moves: list[Matrix3]) -> Placed:
        """Ready to be drawn, averaged over the moves, each from units to the target's (column, row)."""
        rows, columns = self.pixels.shape[:2]
        to_target = [move @ np.linalg.inv(self.to_pixels) for move in moves]
        corners = np.array(((0, columns, 0, columns), (0, 0, rows, rows), (1, 1, 1, 1)), np.float64)
        reached = np.concatenate([(move @ corners)[:2] for move in to_target], axis=1)
        left, top = np.floor(reached.min(axis=1)).astype(int).tolist()
        right, bottom = np.ceil(reached.max(axis=1)).astype(int).tolist()
        back = np.array([np.linalg.inv(move)[:2].ravel() for move in to_target], np.float32)
        return Placed(self.pixels, back, left, top, right, bottom)


@dataclass(frozen=True, slots=True)
class Placed:
    """A layer's pixels, the way back to them at each instant (k, 6), and what it reaches of the target."""

    pixels: NDArray[np.float32]
    back: NDArray[np.float32]
    left: int
    top: int
    right: int
    bottom: int

    def draw(self, band: NDArray[np.float32], first_row: int) -> None:
        """Draw under `band` (4, rows, columns), which is the target from its row `first_row` on."""
        _, height, width = band.shape
        top, bottom = max(self.top, first_row), min(self.bottom, first_row + height)
        left, right = max(self.left, 0), min(self.right, width)
        rows, columns = self.pixels.shape[:2]
        layer, target = self.pixels.reshape(-1), band.reshape(-1)
        lay_under(target, first_row, height, width, layer, rows, columns, self.back, top, bottom, left, right)


class Figure:
    """The person as seen in pictures of one size and matrix.

    What keyers find hardest comes on demand: `is_veiled` hangs a gauze veil behind the head, `is_windblown` takes
    single dark hairs far off the outline.
    """

    def __init__(
        self,
        size: Size,
        look: Look,
        matrix: Matrix,
        *,
        seed: int,
        is_veiled: bool = False,
        is_windblown: bool = False,
    ) -> None:
        scale = min(size.width / STAGE[0], size.height / STAGE[1])
        origin = moved((size.width - 1) / 2, HEADROOM * size.height - 0.5)
        self._to_picture = origin @ np.diag((scale, scale, 1))
        floor = (1 - HEADROOM) * size.height / scale + 20

        def painted(left: float, top: float, right: float, bottom: float) -> Canvas:
            return Canvas(left, top, right, bottom, scale)

        face, mane, lids = painted(-120, -14, 120, 278), painted(-240, -60, 240, 490), painted(-72, 118, 72, 158)
        trunk, raised = painted(-330, 190, 330, floor), painted(130, 280, 340, 810)
        self._back_hair = [Layer.of(mane, hair.back_hair(mane, look, seed), matrix)]
        if is_windblown:
            self._back_hair.insert(0, Layer.of(mane, hair.loose_hair(mane, look, seed), matrix))
        if is_veiled:
            gauze = painted(-280, -50, 280, 470)
            self._back_hair.append(Layer.of(gauze, veil.veil(gauze), matrix))
        self._torso = Layer.of(trunk, body.torso(trunk, look), matrix)
        self._lids = Layer.of(lids, head.lids(lids, look), matrix)
        self._forearm = Layer.of(raised, arms.forearm(raised, look), matrix)
        self._head = _flattened(
            Layer.of(mane, hair.front_hair(mane, look, seed), matrix),
            Layer.of(face, head.glasses(face), matrix),
            Layer.of(face, head.head(face, look), matrix),
        )

    def at(self, time: float, *, move: Matrix3 | None = None) -> list[Placed]:
        """The figure at `time` seconds, to be drawn in this order: the foremost first.

        `move`: where the whole of her is taken, in the picture's pixels.
        """
        to_picture = self._to_picture if move is None else move @ self._to_picture
        pose = Pose.at(time)
        instants = [time + SHUTTER * (step / INSTANTS - 0.5) for step in range(INSTANTS)]
        moving = [
            (self._forearm, [Pose.at(instant).forearm for instant in instants]),
            (self._lids, [] if pose.lids is None else [pose.lids]),
            (self._head, [pose.head]),
            (self._torso, [pose.body]),
            *((layer, [pose.head]) for layer in self._back_hair),
        ]
        return [layer.placed([to_picture @ pose for pose in poses]) for layer, poses in moving if poses]


def _flattened(*layers: Layer) -> Layer:
    """Layers that move together, the foremost first, as one on the first one's canvas."""
    canvas, pixels = layers[0].canvas, layers[0].pixels
    whole = Layer(canvas, pixels)
    planes = np.zeros((4, *pixels.shape[:2]), np.float32)
    for layer in layers:
        layer.placed([whole.to_pixels]).draw(planes, 0)
    return Layer(canvas, np.ascontiguousarray(planes.transpose(1, 2, 0)))

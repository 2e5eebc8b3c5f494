"""A drawn, moving person with hair and exact alpha: for the demo, the tests, the benchmarks.

She is painted once, in layers (forearm, head, body, hair behind), and each frame moves the layers and lays them under
one another. A frame depends on its number and the caller's arguments alone.

The mixture is `alpha * person + (1 - alpha) * scene` in the coded levels, alpha rounded to 8 bits beforehand: a perfect
matting of the frames, noise aside, is the alpha that comes with them.
"""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from transforms.effect import Color
from transforms.kernels.layers import halve, mix
from transforms.picture import FramePool, Matrix, Picture, Size
from transforms.sample.figure import Figure
from transforms.sample.look import Look
from transforms.sample.motion import PERIOD
from transforms.sample.scenery import EVEN, UNEVEN, scene

PORTRAIT = Size(720, 1280)
TEAL = Color.parse("2a6a84")
GRAIN = 1.5
"""Levels: the standard deviation of the camera's noise in luma; half of it in chroma."""
BAND = 64
"""Rows drawn and mixed at a time, which stay in the processor's cache meanwhile; even, for the chroma."""


class SampleCaller:
    """A caller before a screen. `screen=None` puts her in a room, which a screen key must refuse.

    `seed`: 0 is the person of the demo, others look different. `uneven` lights the screen as a lamp does, `noise` adds
    a camera's, `markers` draws checks of strong luma in the screen's chroma: outside the person, no trace of them may
    ever be seen in a composite. `matrix`: BT.709 from 720 lines on the short side where not given.
    """

    def __init__(
        self,
        size: Size = PORTRAIT,
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
        self._seed = seed
        self._figure = Figure(size, Look.of(seed), self.matrix, seed=seed)
        light = UNEVEN if uneven else EVEN
        behind = scene(size, screen, matrix=self.matrix, light=light, markers=markers, seed=seed)
        self._scene = [
            np.ascontiguousarray(behind[top : top + BAND].transpose(2, 0, 1)) for top in range(0, size.height, BAND)
        ]
        samples = size.width * size.height
        self._noise = np.random.default_rng((seed, 2)).normal(0, GRAIN if noise else 0, 3 * samples).astype(np.float32)

    def frame(self, number: int) -> tuple[av.VideoFrame, NDArray[np.uint8]]:
        """Frame `number`, its pts, and its alpha (H, W), 0 screen .. 255 person; both are the caller's to keep.

        Everything but the noise repeats after `period` frames.
        """
        picture = FramePool(capacity=1).lease(self.size, matrix=self.matrix, full_range=False)
        alpha = np.empty((self.size.height, self.size.width), np.uint8)
        placed = self._figure.at(number % self.period / self.frames_per_second)
        shift = int(np.random.default_rng((self._seed, number)).integers(alpha.size))
        for index, behind in enumerate(self._scene):
            band = np.zeros((4, *behind.shape[1:]), np.float32)
            for layer in placed:
                layer.draw(band, index * BAND)
            self._develop(band, behind, index * BAND, self._noise[shift:], picture, alpha)
        frame = picture.frame
        assert frame is not None  # a leased picture's always is one
        frame.pts, frame.time_base = number, Fraction(1, self.frames_per_second)
        return frame, alpha

    def _develop(
        self,
        band: NDArray[np.float32],
        behind: NDArray[np.float32],
        top: int,
        noise: NDArray[np.float32],
        picture: Picture,
        alpha: NDArray[np.uint8],
    ) -> None:
        """Mix a band with what is behind it into the picture's rows from `top` on; write the alpha of the mixture."""
        _, rows, columns = band.shape
        y, cb, cr = picture.planes
        flat, scene, first = band.reshape(-1), behind.reshape(-1), top * columns
        y_out, alpha_out = y.samples[top * y.stride :], alpha.reshape(-1)[first:]
        mix(flat, scene, rows, columns, noise[first:], y_out, y.stride, alpha_out)
        grain, start = noise[alpha.size + first :], top // 2 * cb.stride
        halve(flat, rows, columns, grain, cb.samples[start:], cr.samples[start:], cb.stride)

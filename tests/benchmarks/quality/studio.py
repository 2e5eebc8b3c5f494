"""Drawn shots with exact truth: what a camera sees of the sample person, and what she is.

A shot is mixed in coded levels, `alpha * person + (1 - alpha) * behind`, with alpha rounded to 8 bits beforehand. What
makes keying hard is added on either side of that sum, so that alpha stays exact: the shadow she casts lies on what is
behind her, the screen's spill on her; the light then drifts over both, and the camera's noise comes last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import sin
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from transforms.effect import Color
from transforms.picture import FramePool, Matrix, Picture, Size
from transforms.rgb import halve_chroma, ycbcr_from_rgb
from transforms.sample.figure import Figure
from transforms.sample.look import Look
from transforms.sample.motion import Matrix3, moved
from transforms.sample.scenery import EVEN, Light, scene
from transforms.sample.sketch import GAMMA, blur, linear

FRAME_RATE = 25
LANDSCAPE, PORTRAIT = Size(960, 540), Size(540, 960)
MATRIX = Matrix.BT601
INSTANTS = 16
"""Pictures averaged while the shutter is open."""
BLACK = np.array((16, 128, 128), np.float32)[:, None, None]
MARGIN = 8
"""Pixels of the scene beyond the picture's edges, for a camera that shakes."""
REACH = 0.03
"""Of the shorter side: how softly a shadow ends, and how far spill reaches into the person."""
CHROMA_NOISE = 0.6
"""Of the luma's noise, after a camera's own 4:2:0."""

Planes = NDArray[np.float32]
"""(3, H, W): Y', Cb, Cr above black, of limited range."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A clip as data. `screen`: the colour a user would type; None is a room.

    `shutter`: the share of a frame's time for which it is open. `sway`: pixels she is carried to and fro, 2 a second.
    `shadow`, `spill`: 0..1 of the screen's light taken away, thrown back. `noise`: levels of luma. `plate`: first
    frames without her, after which she steps in. `drift`: the share by which the light grows until the end, and red
    against blue. `shake`: pixels. `hold`: seconds from and to which she does not move at all.
    """

    name: str
    screen: Color | None = None
    size: Size = LANDSCAPE
    frames: int = 24
    light: Light = EVEN
    seed: int = 0
    jacket: Color | None = None
    is_veiled: bool = False
    is_windblown: bool = False
    shutter: float = 0.0
    sway: float = 0.0
    shadow: float = 0.0
    spill: float = 0.0
    noise: float = 1.5
    bitrate: int = 1_200_000
    plate: int = 0
    drift: float = 0.0
    shake: float = 0.0
    hold: tuple[float, float] | None = None

    @property
    def held(self) -> range:
        """The frames of the hold."""
        start, end = self.hold or (0.0, 0.0)
        return range(round(start * FRAME_RATE), round(end * FRAME_RATE))

    @property
    def chance(self) -> int:
        """A seed of its own."""
        return crc32(self.name.encode())


@dataclass(frozen=True, slots=True)
class Shot:
    """`alpha` (H, W) 0..255; `person`: premultiplied, as she looks without spill; `seen`: the mixture before noise."""

    alpha: NDArray[np.uint8]
    person: Planes
    seen: Planes


class Studio:
    """Draws the shots of a recipe; each depends on its number alone."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self._figure = painted(recipe.size, recipe.seed, recipe.jacket, recipe.is_veiled, recipe.is_windblown)

    def shot(self, number: int) -> Shot:
        """What is before the camera in this frame, and what is seen of it."""
        covered = self._covered(number)
        alpha = np.floor(np.clip(covered[3], 0, 1) * np.float32(255) + np.float32(0.5))
        share = alpha / np.float32(255)
        person = covered[:3] * (share / np.maximum(covered[3], np.float32(1e-6))) - BLACK * share
        seen = self._with_spill(person, share) + (1 - share) * self._behind(number, share)
        light = self._light(number)
        person, seen = (np.einsum("ij,jyx->iyx", light, planes, dtype=np.float32) for planes in (person, seen))
        return Shot(alpha.astype(np.uint8), person, seen)

    def picture(self, number: int, shot: Shot) -> Picture:
        """The shot as a camera gives it: 4:2:0, with noise; a frame of its own."""
        recipe = self.recipe
        picture = FramePool(capacity=1).lease(recipe.size, matrix=MATRIX, full_range=False)
        random = np.random.default_rng((recipe.chance, number))
        for plane, levels, black, noise in zip(
            picture.planes, halved(shot.seen), BLACK.flat, (1, *[CHROMA_NOISE] * 2), strict=True
        ):
            grain = random.standard_normal(levels.shape, np.float32) * np.float32(noise * recipe.noise)
            plane.rows[:] = np.clip(np.rint(levels + black + grain), 0, 255)
        return picture

    def _covered(self, number: int) -> Planes:
        """The person premultiplied, and her coverage: (4, H, W), averaged over the time the shutter is open."""
        recipe = self.recipe
        instants = INSTANTS if recipe.shutter else 1
        shape = (4, recipe.size.height, recipe.size.width)
        total = np.zeros(shape, np.float32)
        if number < recipe.plate:
            return total
        for instant in range(instants):
            band = np.zeros(shape, np.float32)
            time = (number + recipe.shutter * instant / instants) / FRAME_RATE
            for layer in self._figure.at(self._pose_time(time), move=self._move(time, number)):
                layer.draw(band, 0)
            total += band
        return total / np.float32(instants)

    def _pose_time(self, time: float) -> float:
        start, end = self.recipe.hold or (time, time)
        return min(time, start) + max(0.0, time - end)

    def _move(self, time: float, number: int) -> Matrix3:
        """Where the whole of her is taken, in pixels."""
        recipe, pose = self.recipe, self._pose_time(time)
        x = recipe.sway * sin(4 * np.pi * pose)
        if recipe.plate:
            since = time - recipe.plate / FRAME_RATE
            x += 0.85 * recipe.size.width * max(0.0, 1 - since / STEPPING_IN) ** 2
        across, down = self._shaken(number)
        return moved(x + across, down)

    def _shaken(self, number: int) -> tuple[float, float]:
        """Pixels by which a hand-held camera is off."""
        return self.recipe.shake * sin(1.1 * number), 0.7 * self.recipe.shake * sin(0.7 * number + 1)

    def _behind(self, number: int, share: NDArray[np.float32]) -> Planes:
        """The screen or the room, as this frame's camera and her shadow leave it."""
        width, height = self.recipe.size
        across, down = self._shaken(number)
        left, top = MARGIN - across, MARGIN - down
        column, row = int(left), int(top)
        x, y = np.float32(left - column), np.float32(top - row)
        rows = self._scene[:, row : row + height + 1, column : column + width + 1]
        rows = rows[:, :-1] * (1 - y) + rows[:, 1:] * y
        behind = rows[:, :, :-1] * (1 - x) + rows[:, :, 1:] * x
        if self.recipe.shadow:
            reach = round(REACH * min(width, height))
            cast = np.zeros_like(share)
            cast[2 * reach :, reach:] = share[: -2 * reach, :-reach]
            behind *= (1 - self.recipe.shadow * blur(cast, reach)) ** np.float32(1 / GAMMA)
        return np.asarray(behind, np.float32)

    def _with_spill(self, person: Planes, share: NDArray[np.float32]) -> Planes:
        """The person in the light that the screen throws back: most where she is near its edge in the picture."""
        recipe = self.recipe
        if not recipe.spill:
            return person
        light = np.float32(recipe.spill) * blur(1 - share, REACH * min(recipe.size))
        screen = self._scene.mean(axis=(1, 2))[:, None, None]
        return np.asarray(person * (1 - 0.3 * light) + 0.8 * light * share * screen, np.float32)

    @cached_property
    def _scene(self) -> Planes:
        """What is behind, with a margin."""
        recipe = self.recipe
        size = Size(recipe.size.width + 2 * MARGIN + 1, recipe.size.height + 2 * MARGIN + 1)
        levels = scene(size, recipe.screen, matrix=MATRIX, light=recipe.light, markers=False, seed=recipe.seed)
        return np.ascontiguousarray(levels.transpose(2, 0, 1) - BLACK, np.float32)

    def _light(self, number: int) -> NDArray[np.float32]:
        """What exposure and white balance do to Y', Cb, Cr above black: gains of R', G', B', as a matrix."""
        recipe = self.recipe
        far = recipe.drift * max(0, number - recipe.plate) / recipe.frames
        gains = (1 + far) * np.diag((1 + far / 2, 1.0, 1 - far / 2))
        to_ycbcr = (ycbcr_from_rgb(np.eye(3, dtype=np.float32), matrix=MATRIX, full_range=False) - BLACK.ravel()).T
        return np.asarray(to_ycbcr @ gains @ np.linalg.inv(to_ycbcr), np.float32)


STEPPING_IN = 0.8
"""Seconds in which she comes from the right."""


def halved(planes: Planes) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """As 4:2:0: luma as it is, chroma filtered down."""
    y, cb, cr = planes
    return y, halve_chroma(cb), halve_chroma(cr)


@lru_cache(maxsize=4)
def painted(size: Size, seed: int, jacket: Color | None, is_veiled: bool, is_windblown: bool) -> Figure:
    """The person of a recipe; painting takes a second."""
    look = Look.of(seed)
    if jacket is not None:
        look = replace(look, jacket=linear(jacket.red, jacket.green, jacket.blue))
    return Figure(size, look, MATRIX, seed=seed, is_veiled=is_veiled, is_windblown=is_windblown)

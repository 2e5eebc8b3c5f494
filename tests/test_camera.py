"""A shaken camera is found to a tenth of a sample, a moved one noticed, a still one left alone."""

from __future__ import annotations

import numpy as np
import pytest

from tests.footage import Footage, Person, measured
from transforms.camera import AT_REST, Camera, CameraMotion
from transforms.cells import Cells
from transforms.clean_plate import CleanPlate
from transforms.picture import Picture, Size

HALF = Person(width=0.5, top=0.02)
"""Before more than half of the picture."""

SIZES = (Size(320, 240), Size(720, 1280))


class Scene:
    """A camera beside the plate of a place."""

    def __init__(self, size: Size = SIZES[0]) -> None:
        self.footage = Footage(size)
        empty = self.footage.frame()
        self.cells: Cells = measured(empty)
        self.plate = CleanPlate(self.cells, empty)
        self.plate.set(empty, known=255, count=4)
        self.camera = Camera(self.cells)

    def shown(self, picture: Picture, times: int = 1) -> CameraMotion:
        for _ in range(times):
            motion = self.camera.align(picture, measured(picture, self.cells), self.plate)
        return motion


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shift", [(0.3, -0.3), (1.7, 0.6), (-4.0, 2.5)])
@pytest.mark.parametrize("person", [None, HALF])
def test_a_shift_is_found_to_a_tenth_of_a_sample(size: Size, shift: tuple[float, float], person: Person | None) -> None:
    scene = Scene(size)
    motion = scene.shown(scene.footage.frame(person, across=shift[0], down=shift[1], gain=1.1))
    assert motion.across == pytest.approx(shift[0], abs=0.1)
    assert motion.down == pytest.approx(shift[1], abs=0.1)
    assert not motion.is_moved


def test_a_still_camera_stays_still_whoever_moves_before_it() -> None:
    scene = Scene()
    for number in range(40):
        person = Person(x=0.5 + 0.2 * np.sin(number / 5), width=0.4)
        motion = scene.shown(scene.footage.frame(person, gain=1 + 0.05 * np.sin(number)))
        assert motion.is_still
        assert scene.camera.plate is scene.plate.picture


def test_the_plate_is_laid_where_the_picture_is() -> None:
    scene = Scene()
    picture = scene.footage.frame(across=2.4, down=-1.3)
    scene.shown(picture)
    assert scene.camera.plate is not None
    inside = slice(8, -8)
    for laid, seen, unmoved in zip(scene.camera.plate.planes, picture.planes, scene.plate.picture.planes, strict=True):
        error = np.abs(laid.rows[inside, inside].astype(float) - seen.rows[inside, inside]).mean()
        before = np.abs(unmoved.rows[inside, inside].astype(float) - seen.rows[inside, inside]).mean()
        assert error < 2.2
        assert error < before


def test_a_picture_is_moved_back_over_its_plate() -> None:
    scene = Scene()
    picture = scene.footage.frame(across=-3.2, down=1.6)
    back = scene.camera.steadied(picture, scene.shown(picture))
    luma, known = back.y.rows[8:-8, 8:-8].astype(float), scene.plate.picture.y.rows[8:-8, 8:-8]
    assert np.abs(luma - known).mean() < 2.2


@pytest.mark.parametrize("person", [None, Person()])
@pytest.mark.parametrize("jump", [(30.0, 0.0), (0.0, 30.0), (-40.0, 25.0)])
def test_a_moved_camera_is_noticed_with_its_first_picture_and_its_return_soon(
    person: Person | None, jump: tuple[float, float]
) -> None:
    scene = Scene()
    scene.shown(scene.footage.frame(person), 3)
    for _ in range(8):
        assert scene.shown(scene.footage.frame(person, across=jump[0], down=jump[1])).is_moved
    assert scene.shown(scene.footage.frame(person)).is_moved
    assert scene.shown(scene.footage.frame(person), 8).is_still


def test_another_place_is_a_moved_camera() -> None:
    scene = Scene()
    assert scene.shown(scene.footage.frame(seed=7), 4).is_moved


def test_after_a_moment_of_something_else_the_camera_is_back_at_once() -> None:
    scene = Scene()
    scene.shown(scene.footage.frame(), 3)
    assert scene.shown(scene.footage.frame(seed=5)).is_moved
    assert scene.shown(scene.footage.frame()).is_still


def test_of_a_dark_picture_or_a_bare_wall_nothing_is_said() -> None:
    scene = Scene()
    assert scene.shown(scene.footage.frame(gain=0.02), 8).is_still
    bare = scene.footage.frame(gain=0.0)
    scene.plate.set(bare, known=255, count=4)
    scene.camera = Camera(scene.cells)
    assert scene.shown(scene.footage.frame(across=30), 8).is_still


def test_light_that_flickers_is_no_motion() -> None:
    scene = Scene()
    for gain in (1.0, 0.8, 1.2, 0.7, 1.3, 1.0):
        motion = scene.shown(scene.footage.frame(HALF, gain=gain))
        assert motion.is_still
        assert motion.agreed > 0.3


def test_where_the_camera_comes_to_rest_the_plate_is_laid_for_good() -> None:
    scene = Scene()
    assert not scene.shown(scene.footage.frame(HALF, across=1.7, down=-0.8), AT_REST - 5).is_still
    assert scene.shown(scene.footage.frame(HALF, across=1.7, down=-0.8), 10).is_still
    there = Footage(noise=0.0).frame(across=1.7, down=-0.8).y.rows.astype(float)
    assert np.abs(scene.plate.picture.y.rows - there)[4:-4, 4:-4].mean() < 1.6
    back = scene.shown(scene.footage.frame(HALF))
    assert back.across == pytest.approx(-1.7, abs=0.15)
    assert back.down == pytest.approx(0.8, abs=0.15)


def test_a_camera_that_keeps_shaking_leaves_the_plate_where_it_is() -> None:
    scene = Scene()
    before = scene.plate.picture.y.rows.copy()
    frames = [scene.footage.frame(across=1.2 * np.sin(number), down=0.5) for number in range(6)]
    for number in range(2 * AT_REST):
        scene.shown(frames[number % 6])
    assert (scene.plate.picture.y.rows == before).all()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("gain", [0.8, 1.3])
def test_a_plain_coat_before_most_of_the_picture_is_no_moved_camera(seed: int, gain: float) -> None:
    scene = Scene()
    scene.footage = Footage(seed=seed)
    empty = scene.footage.frame()
    scene.plate.set(empty, known=255, count=4)
    for number in range(8):
        picture = scene.footage.frame(gain=gain, across=1.5)
        for plane, level in zip(picture.planes, (90, 120, 140), strict=True):
            plane.rows[plane.height // 4 :, plane.width // 16 :] = level + number % 2
        motion = scene.shown(picture)
    assert motion.across == pytest.approx(1.5, abs=0.15)
    assert not motion.is_moved


@pytest.mark.parametrize("person", [None, Person()])
def test_a_zoom_is_told_before_the_room_falls_apart(person: Person | None) -> None:
    scene = Scene()
    scene.shown(scene.footage.frame(person), 3)
    said = []
    for number in range(1, 41):
        picture = scene.footage.frame(person)
        zoomed(picture, 1 + 0.002 * number)
        said.append(scene.shown(picture).is_moved)
    assert not any(said[:3])
    assert all(said[25:])


def zoomed(picture: Picture, factor: float) -> None:
    """Make everything larger about the centre, between samples by their mean."""
    for plane in picture.planes:
        levels = plane.rows.astype(float)
        y, x = (
            np.clip((np.arange(side) - side / 2) / factor + side / 2, 0, side - 1.001)
            for side in (plane.height, plane.width)
        )
        top, left = y.astype(int), x.astype(int)
        down, across = (y - top)[:, None], (x - left)[None]
        rows = levels[top] * (1 - down) + levels[top + 1] * down
        plane.rows[:] = np.rint(rows[:, left] * (1 - across) + rows[:, left + 1] * across)

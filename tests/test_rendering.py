"""What the worker's thread does around a pipeline: the pace of a network, kept through changes of what is done."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.rendering import Rendering
from tests.frames import drawn_frame
from tests.mattings import BACKDROP, LeftHalf
from transforms.background import color_background
from transforms.matting import SLOWEST_PACE, Matte
from transforms.picture import Picture
from transforms.pipeline import Pipeline

INTERVAL = 1 / 30
DRAWN = drawn_frame(0)


@dataclass
class Machine:
    """One whose time passes where something is done. `now`, `busy`: seconds."""

    now: float = 0.0
    busy: float = 0.0

    def work(self, seconds: float) -> None:
        self.now += seconds
        self.busy += seconds


class Looking(LeftHalf):
    """Takes the left half for the person, and `cost` seconds to see that, at one picture in `every`."""

    def __init__(self, machine: Machine, cost: float) -> None:
        super().__init__()
        self.every, self.looks = 1, 0
        self._machine, self._cost = machine, cost

    def matte(self, picture: Picture, time: float) -> Matte:
        if len(self.times) % self.every == 0:
            self.looks += 1
            self._machine.work(self._cost)
        return super().matte(picture, time)


class Stream:
    """Frames that come 30 a second to a pipeline of that matting."""

    def __init__(self, matting: LeftHalf, machine: Machine) -> None:
        self.machine = machine
        self.rendering = Rendering(
            _pipeline(matting), matrix=None, busy=lambda: machine.busy, clock=lambda: machine.now
        )
        self._due = 0.0

    def show(self, frames: int) -> list[int | None]:
        """The pace at each."""
        return [self._shown() for _ in range(frames)]

    def _shown(self) -> int | None:
        rendered = self.rendering.render(DRAWN)
        self._due = max(self._due + INTERVAL, self.machine.now)
        self.machine.now = self._due
        assert rendered is not None
        return rendered.every


def _pipeline(matting: LeftHalf) -> Pipeline:
    return Pipeline(matting, color_background(BACKDROP))


def test_a_machine_short_of_time_looks_less_often_until_it_is_eased() -> None:
    machine = Machine()
    matting = Looking(machine, cost=0.040)
    paces = Stream(matting, machine).show(90)
    assert (paces[0], paces[-1]) == (1, 2)
    assert matting.looks < 70


def test_a_matting_without_a_network_is_left_alone() -> None:
    machine = Machine()
    stream = Stream(LeftHalf(), machine)
    assert set(stream.show(10)) == {None}


def test_another_pipeline_goes_on_at_the_pace_of_the_one_before() -> None:
    machine = Machine()
    stream = Stream(Looking(machine, cost=0.3), machine)
    assert stream.show(40)[-1] == SLOWEST_PACE
    stream.rendering.replace(_pipeline(Looking(machine, cost=0.3)))
    assert stream.show(1) == [SLOWEST_PACE]

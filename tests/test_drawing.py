"""A pipeline's views: the person alone, the alpha beside a picture, the finish in composites only."""

from __future__ import annotations

import numpy as np
import pytest

from transforms.background import color_background
from transforms.effect import Color, Edge, View
from transforms.matting import Matte, NotReady, ScreenColor
from transforms.picture import Matrix, Picture, Size
from transforms.pipeline import Pipeline

SIZE = Size(64, 48)
SCREEN, PERSON = (90, 160, 100), (150, 120, 150)


class Half:
    """Whoever stands on the left, before a known screen; half of them at the border. May lose its matte."""

    def __init__(self, *, is_half_size: bool = False) -> None:
        self.is_lost = False
        shape = (SIZE.chroma if is_half_size else SIZE)[::-1]
        self.alpha = np.zeros(shape, np.uint8)
        self.alpha[:, : shape[1] // 2] = 255
        self.alpha[:, shape[1] // 2 - 4 : shape[1] // 2] = 128

    def matte(self, picture: Picture, time: float) -> Matte:
        if self.is_lost:
            raise NotReady("the screen is gone")
        return Matte(self.alpha, ScreenColor(np.array(SCREEN, np.float32).reshape(3, 1, 1)))

    def close(self) -> None: ...


class Forbidden:
    """A background that must not be asked."""

    def picture(self, source: Picture, matte: Matte | None, time: float) -> Picture:
        raise AssertionError("asked for a picture")

    def close(self) -> None: ...


def source() -> Picture:
    """Half of a person over half of the screen where alpha says so."""
    picture = Picture.blank(SIZE, matrix=Matrix.BT601, full_range=False)
    for plane, person, screen in zip(picture.planes, PERSON, SCREEN, strict=True):
        width = plane.width
        soft = 4 if width == SIZE.width else 2
        plane.rows[:], plane.rows[:, : width // 2] = screen, person
        plane.rows[:, width // 2 - soft : width // 2] = round((person * 128 + screen * 127) / 255)
    return picture


def test_a_foreground_is_unmixed_colour_over_black_and_asks_no_background() -> None:
    rendered = Pipeline(Half(), Forbidden(), view="foreground")(source(), 0.0)
    assert (rendered.shown, rendered.background_failed) == ("composite", None)
    y, cb, cr = (plane.rows for plane in rendered.picture.planes)
    assert [int(plane[20, 4]) for plane in (y, cb, cr)] == list(PERSON)
    assert [int(plane[20, -4]) for plane in (y, cb, cr)] == [16, 128, 128]
    assert abs(int(y[20, 30]) - (PERSON[0] + 16) / 2) <= 1.5, "nothing of the screen is left in it"


def test_a_foreground_that_cannot_be_trusted_is_held_and_then_black() -> None:
    matting = Half()
    effect = Pipeline(matting, Forbidden(), view="foreground")
    shown = effect(source(), 0.0).picture
    matting.is_lost = True
    held, covered = effect(source(), 1.0), effect(source(), 4.0)
    assert (held.shown, covered.shown) == ("held", "cover")
    assert (held.picture.y.rows == shown.y.rows).all()
    assert (covered.picture.y.rows == 16).all()


@pytest.mark.parametrize("is_half_size", [False, True])
def test_alpha_comes_beside_each_picture_in_memory_of_its_own(is_half_size: bool) -> None:
    matting = Half(is_half_size=is_half_size)
    effect = Pipeline(matting, color_background(Color(0, 0, 0)), view="foreground")
    effect.keeps_alpha = True
    first = effect(source(), 0.0)
    seen = Pipeline(matting, color_background(Color(0, 0, 0)), view="alpha")(source(), 0.0).picture.y.rows
    assert first.alpha is not None
    assert (first.alpha == seen).all()
    matting.alpha[:] = 0
    second = effect(source(), 0.1)
    assert second.alpha is not None
    assert not second.alpha.any()
    assert (first.alpha == seen).all()
    matting.is_lost = True
    assert effect(source(), 0.2).alpha is second.alpha
    for nobody in (effect(source(), 9.0), effect.cover(source(), 9.1)):
        assert nobody.shown == "cover"
        assert nobody.alpha is not None
        assert nobody.alpha.shape == (SIZE.height, SIZE.width)
        assert not nobody.alpha.any()


def test_alpha_is_the_edges_where_there_is_one() -> None:
    effect = Pipeline(Half(), Forbidden(), view="foreground", edge=Edge(shrink=6))
    effect.keeps_alpha = True
    alpha = effect(source(), 0.0).alpha
    assert alpha is not None
    assert not alpha[:, SIZE.width // 2 - 6 :].any()


def test_no_alpha_is_kept_for_nobody() -> None:
    assert Pipeline(Half(), color_background(Color(0, 0, 0)))(source(), 0.0).alpha is None


@pytest.mark.parametrize("view", ["foreground", "composite"])
def test_a_snapshot_of_one_view_is_what_a_pipeline_of_that_view_shows(view: View) -> None:
    edge = Edge(light_wrap=1.0, color_match=1.0)
    behind = Color(255, 255, 255)
    asked = Pipeline(Half(), color_background(behind), view="alpha", edge=edge)
    asked(source(), 0.0)
    effect = Pipeline(Half(), color_background(behind), view=view, edge=edge)
    shown, snapshot = (
        effect(source(), 0.0).picture,
        asked.snapshot(view),
    )
    assert snapshot is not None
    for one, other in zip(shown.planes, snapshot.planes, strict=True):
        assert (one.rows == other.rows).all()


def test_only_a_composite_is_finished() -> None:
    plain, finished = (
        {
            view: Pipeline(Half(), color_background(Color(255, 255, 255)), view=view, edge=edge)(source(), 0.0)
            for view in ("composite", "foreground", "alpha")
        }
        for edge in (Edge(despill=1.0), Edge(despill=1.0, light_wrap=1.0, color_match=1.0))
    )
    same = {view: bool((plain[view].picture.y.rows == finished[view].picture.y.rows).all()) for view in plain}
    assert same == {"composite": False, "foreground": True, "alpha": True}
    assert "finish" in finished["composite"].timings

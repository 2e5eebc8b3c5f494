"""A running pipeline becomes another one, part by part, and nobody sees a seam."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from transforms import catalog
from transforms.change import StaleChange
from transforms.effect import (
    Color,
    ColorBackground,
    Edge,
    Effect,
    EffectError,
    FfmpegKey,
    FirstFrames,
    ImageBackground,
    Learned,
    Matting,
    NoMatting,
    Placement,
    PlateImage,
    PlateKey,
    Quality,
    ScreenKey,
)
from transforms.picture import Matrix, Picture, Size
from transforms.pipeline import Pipeline, Rendered
from transforms.plate import PlateKeyer
from transforms.relative_key import RelativeKeyer
from transforms.sample import SampleCaller
from transforms.screen import ScreenKeyer

SIZE = Size(320, 240)
TEAL = Color.parse("2a6a84")
RED, NAVY = Color.parse("a03030"), Color.parse("102040")
BT601 = Matrix.BT601
KEYED = Effect(ScreenKey(None), ColorBackground(NAVY))


@cache
def _caller(size: Size, screen: Color | None) -> SampleCaller:
    return SampleCaller(size, screen=screen, markers=screen is not None)


class Show:
    """The sample caller before a pipeline: `marked` shows strong checks of luma on the screen, which are never seen."""

    def __init__(self, effect: Effect, *, screen: Color | None = TEAL, size: Size = SIZE) -> None:
        self.caller = _caller(size, screen)
        self.pipeline = catalog.pipeline(effect)
        self.number = 0
        self.source: av.VideoFrame | None = None
        self.alpha: NDArray[np.uint8] = np.empty((0, 0), np.uint8)

    def next(self) -> Rendered:
        self.source, self.alpha = self.caller.frame(self.number)
        self.number += 1
        return self.pipeline(Picture.of(self.source), self.number / 30)

    def change(self, **changes: object) -> None:
        assert self.pipeline.effect is not None
        self.become(replace(self.pipeline.effect, **changes))  # type: ignore[arg-type]

    def become(self, effect: Effect, *, fresh_plate: bool = False) -> None:
        self.pipeline.take(catalog.with_changes(self.pipeline, effect, fresh_plate=fresh_plate))

    def is_composite(self, rendered: Rendered, background: Color) -> bool:
        """The person as they are, the new background everywhere else, and nothing of the screen's checks."""
        assert self.source is not None
        source, shown = Picture.of(self.source), rendered.picture
        levels = shown.matrix.to_ycbcr(background, full_range=shown.full_range)
        inside, outside = _far_inside(self.alpha), _far_inside(255 - self.alpha)
        person = np.abs(shown.y.rows.astype(int) - source.y.rows)[inside]
        behind = np.abs(shown.y.rows.astype(int) - levels[0])[outside]
        return rendered.shown == "composite" and bool(np.mean(person > 2) < 0.02 and np.mean(behind > 2) < 0.01)


def _far_inside(alpha: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where it is full all around within three samples."""
    full: NDArray[np.bool_] = alpha == 255
    for axis in (0, 1):
        full = np.all([np.roll(full, step, axis) for step in range(-3, 4)], axis=0)
    return full


@pytest.fixture
def show() -> Iterator[Show]:
    show = Show(KEYED)
    yield show
    show.pipeline.close()


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    path = tmp_path / "red.png"
    Image.new("RGB", (64, 48), (RED.red, RED.green, RED.blue)).save(path)
    return path


def test_what_does_not_change_is_the_very_object_it_was(show: Show) -> None:
    show.next()
    matting, background = show.pipeline.matting, show.pipeline.background
    show.change(edge=Edge(shrink=1))
    show.change(on_unsure="cover")
    show.change(view="alpha")
    assert (show.pipeline.matting, show.pipeline.background) == (matting, background)
    show.change(background=ColorBackground(RED), view="composite")
    assert show.pipeline.matting is matting
    assert show.pipeline.background is not background


def test_the_first_picture_after_a_change_shows_it(show: Show, photograph: Path) -> None:
    assert show.is_composite(show.next(), NAVY)
    show.change(background=ImageBackground(photograph))
    assert show.is_composite(show.next(), RED)
    show.change(background=ColorBackground(NAVY), matting=ScreenKey(TEAL))
    assert show.is_composite(show.next(), NAVY)


def test_a_new_background_is_fitted_before_it_is_needed(show: Show, photograph: Path) -> None:
    show.next()
    change = catalog.with_changes(show.pipeline, replace(KEYED, background=ImageBackground(photograph)))
    assert change.background is not None
    assert show.source is not None
    photograph.unlink()
    show.pipeline.take(change)
    assert show.is_composite(show.next(), RED)


def test_a_new_background_fades_in(show: Show) -> None:
    """From the picture after the change on, which takes the person along at once."""
    show.next()
    show.change(background=ColorBackground(RED), fade=1.0)
    shown, levels = show.next(), [BT601.to_ycbcr(color, full_range=False)[0] for color in (NAVY, RED)]
    corner = shown.picture.y.rows[:8, :8].astype(float).mean()
    assert corner == pytest.approx(levels[0] + (levels[1] - levels[0]) / 30, abs=1)
    for _ in range(30):
        shown = show.next()
    assert show.is_composite(shown, RED)


def test_an_image_laid_otherwise_is_not_read_again(show: Show, photograph: Path) -> None:
    show.change(background=ImageBackground(photograph))
    show.next()
    photograph.unlink()
    show.change(background=ImageBackground(photograph, Placement(offset=(0, 5000)), NAVY))
    assert show.is_composite(show.next(), NAVY)
    show.change(background=ImageBackground(photograph, Placement("fill"), NAVY), fade=0.5)
    for _ in range(16):
        shown = show.next()
    assert show.is_composite(shown, RED)


def test_a_longer_fade_alone_touches_nothing(show: Show) -> None:
    show.next()
    background = show.pipeline.background
    show.change(fade=5.0)
    assert show.pipeline.background is background
    assert show.is_composite(show.next(), NAVY)


def test_what_cannot_be_made_changes_nothing(show: Show, tmp_path: Path) -> None:
    show.next()
    with pytest.raises(EffectError, match=r"nowhere\.png is not there"):
        show.change(background=ImageBackground(tmp_path / "nowhere.png"))
    with pytest.raises(EffectError, match="too grey"):
        show.change(matting=ScreenKey(Color.parse("808080")))
    assert show.pipeline.effect == KEYED
    assert show.is_composite(show.next(), NAVY)


def test_a_change_made_for_what_the_pipeline_was_is_refused(show: Show) -> None:
    early = catalog.with_changes(show.pipeline, replace(KEYED, view="alpha"))
    show.change(background=ColorBackground(RED))
    with pytest.raises(StaleChange):
        show.pipeline.take(early)
    assert show.pipeline.view == "composite"
    assert show.is_composite(show.next(), RED)


@pytest.mark.parametrize("quality", ["fast", "balanced"])
def test_the_key_lock_survives_what_is_not_its_colour(quality: Quality) -> None:
    """Found once: a hand before the lens does not lose it to a search from the beginning."""
    show = Show(replace(KEYED, quality=quality))
    found = show.next()
    assert found.note is not None
    show.change(matting=ScreenKey(None, shadow="keep"))
    show.change(quality="best")
    show.change(quality="fast", matting=ScreenKey(None))
    assert isinstance(show.pipeline.matting, RelativeKeyer)
    shown = show.next()
    assert show.is_composite(shown, NAVY)
    assert shown.note is None
    show.change(quality="balanced")
    assert isinstance(show.pipeline.matting, ScreenKeyer)
    shown = show.next()
    assert show.is_composite(shown, NAVY)
    assert shown.note is None
    assert show.pipeline.key_color is not None
    assert show.pipeline.key_color.accepted
    show.pipeline.close()


def test_a_typed_colour_is_sought_anew(show: Show) -> None:
    show.next()
    show.change(matting=ScreenKey(TEAL))
    assert show.next().note is not None
    show.change(matting=ScreenKey(Color.parse("00b140")))
    refused = show.next()
    assert (refused.shown, refused.confidence) == ("held", 0)
    show.change(matting=ScreenKey(None))
    assert show.is_composite(show.next(), NAVY)


def test_the_plate_survives_a_change_of_shadow_and_is_taken_again_when_asked() -> None:
    effect = replace(KEYED, matting=PlateKey(FirstFrames(2)))
    show = Show(effect, screen=None)
    for _ in range(3):
        show.next()
    plated = show.pipeline.matting
    assert isinstance(plated, PlateKeyer)
    show.change(matting=PlateKey(FirstFrames(2), shadow="keep"))
    assert isinstance(show.pipeline.matting, PlateKeyer)
    assert show.pipeline.matting is not plated
    assert show.pipeline.matting.plate is plated.plate
    assert show.next().reason != "learning the plate: 50 %"
    show.become(replace(effect, matting=PlateKey(FirstFrames(2), shadow="keep")), fresh_plate=True)
    assert show.next().reason == "learning the plate: 50 %"
    show.pipeline.close()


def test_a_plate_is_taken_behind_the_last_composite_and_then_behind_the_cover(show: Show) -> None:
    last = show.next().picture.y.rows.copy()
    show.change(matting=PlateKey(FirstFrames(90)))
    for _ in range(59):
        waiting = show.next()
        assert waiting.shown == "held"
        assert (waiting.picture.y.rows == last).all()
    for _ in range(3):
        covered = show.next()
    assert covered.shown == "cover"


def test_what_passed_through_is_not_held_when_matting_begins() -> None:
    """The last picture that left showed the room: it does not do so again."""
    show = Show(replace(KEYED, matting=NoMatting()))
    assert show.next().shown == "passthrough"
    show.change(matting=PlateKey(FirstFrames(100)))
    begun = show.next()
    assert begun.shown == "cover"
    assert (begun.picture.y.rows == begun.picture.matrix.to_ycbcr(NAVY, full_range=False)[0]).all()
    show.pipeline.close()


@pytest.mark.parametrize("changes", [{"view": "alpha"}, {"on_unsure": "cover"}])
def test_a_held_picture_does_not_outlive_what_it_shows(show: Show, changes: dict[str, object]) -> None:
    show.next()
    show.change(matting=PlateKey(FirstFrames(100)), **changes)
    assert show.next().shown == "cover"


def test_parts_nobody_took_are_closed(show: Show, tmp_path: Path) -> None:
    path = tmp_path / "plate.png"
    Image.new("RGB", (64, 48)).save(path)
    change = catalog.with_changes(show.pipeline, replace(KEYED, matting=PlateKey(PlateImage(path))))
    change.close()
    assert show.is_composite(show.next(), NAVY)


def test_a_pipeline_made_by_hand_is_changed_whole(photograph: Path) -> None:
    made = Pipeline(ScreenKeyer(TEAL), catalog.background(KEYED))
    change = catalog.with_changes(made, replace(KEYED, background=ImageBackground(photograph)))
    assert change.matting is not None
    assert change.background is not None
    made.take(change)
    assert made.effect == change.effect
    made.close()


def test_a_hundred_changes_leave_every_picture_a_composite(photograph: Path) -> None:
    chance, show = random.Random(4), Show(KEYED)
    backgrounds = ((ColorBackground(NAVY), NAVY), (ColorBackground(RED), RED), (ImageBackground(photograph), RED))
    behind, changed = NAVY, 0
    for number in range(300):
        if number % 3 == 2:
            background, behind = chance.choice(backgrounds)
            show.change(
                background=background,
                matting=ScreenKey(chance.choice((None, TEAL, Color.parse("2f7090"))), shadow="remove"),
                edge=chance.choice((Edge(), Edge(shrink=0.5), Edge(feather=1.0), Edge(clip=(0.1, 0.9)))),
                quality=chance.choice(("fast", "balanced", "best")),
                on_unsure=chance.choice(("hold", "cover")),
            )
            changed += 1
        rendered = show.next()
        assert show.is_composite(rendered, behind), (number, rendered.shown, rendered.reason, show.pipeline.effect)
    assert changed == 100
    show.pipeline.close()


def any_effect(chance: random.Random) -> Effect:
    """Of any kind. None that keeps a shadow: the checks on the screen are shades of it."""
    mattings: tuple[Matting, ...] = (
        ScreenKey(None),
        ScreenKey(TEAL),
        ScreenKey(TEAL, exact=True),
        FfmpegKey(TEAL, similarity=0.12, blend=0.02),
        PlateKey(FirstFrames(3)),
        PlateKey(Learned()),
        NoMatting(),
    )
    return Effect(
        chance.choice(mattings),
        ColorBackground(chance.choice((NAVY, RED))),
        quality=chance.choice(("fast", "balanced", "best")),
        view=chance.choice(("composite", "composite", "alpha")),
        on_unsure=chance.choice(("hold", "cover")),
        edge=Edge(shrink=chance.choice((0.0, 1.0))),
    )


def shows_only(shown: Picture, effect: Effect, where: NDArray[np.bool_]) -> bool:
    """Whether there is nothing but a background, or nothing at all where alpha is shown."""
    if effect.view == "alpha":
        return bool(np.mean(shown.y.rows[where] > 0) < 0.05)
    backgrounds = [shown.matrix.to_ycbcr(color, full_range=shown.full_range)[0] for color in (NAVY, RED)]
    off = np.min([np.abs(shown.y.rows.astype(int) - level) for level in backgrounds], axis=0)
    return bool(np.mean(off[where] > 3) < 0.05)


@pytest.mark.parametrize("seed", range(5))
def test_no_picture_shows_the_room_whatever_is_changed(seed: int) -> None:
    """The matting's kind, the view, the picture's size: only where the picture is to pass through does it."""
    chance = random.Random(seed)
    show = Show(any_effect(chance))
    for number in range(60):
        if chance.random() < 0.3:
            show.become(any_effect(chance), fresh_plate=chance.random() < 0.5)
        if chance.random() < 0.1:
            show.caller = _caller(chance.choice((SIZE, Size(240, 180), Size(240, 320))), TEAL)
        rendered, effect = show.next(), show.pipeline.effect
        assert effect is not None
        # Of a plate taken with the checks on the screen, and the person before it, nothing is known beforehand.
        is_plate = isinstance(effect.matting, PlateKey) and rendered.shown == "composite"
        if isinstance(effect.matting, NoMatting) or is_plate:
            continue
        behind = show.alpha == 0 if rendered.shown == "cover" else _far_inside(255 - show.alpha)
        assert shows_only(rendered.picture, effect, behind), (number, rendered.shown, effect)
        for view in ("composite", "alpha"):
            copy = show.pipeline.snapshot(view)
            assert copy is not None
            assert rendered.shown == "held" or shows_only(copy, replace(effect, view=view), behind)
    show.pipeline.close()


def test_a_snapshot_is_the_last_picture_in_each_of_its_views(show: Show) -> None:
    assert show.pipeline.snapshot("composite") is None
    rendered = show.next()
    composite, alpha, source = (show.pipeline.snapshot(view) for view in ("composite", "alpha", "input"))
    assert composite is not None
    assert alpha is not None
    assert source is not None
    assert (composite.y.rows == rendered.picture.y.rows).all()
    assert composite.frame is not rendered.picture.frame
    assert np.abs(alpha.y.rows.astype(int) - show.alpha).mean() < 4
    assert alpha.full_range
    assert show.source is not None
    assert (source.y.rows == Picture.of(show.source).y.rows).all()
    kept = composite.y.rows.copy()
    show.next()
    assert (composite.y.rows == kept).all()


def test_a_snapshot_of_what_is_covered_is_covered(show: Show) -> None:
    show.change(matting=PlateKey(FirstFrames(100)))
    show.next()
    composite, alpha = show.pipeline.snapshot("composite"), show.pipeline.snapshot("alpha")
    assert composite is not None
    assert alpha is not None
    assert (composite.y.rows == Matrix.BT601.to_ycbcr(NAVY, full_range=False)[0]).all()
    assert not alpha.y.rows.any()


def test_a_snapshot_of_the_composite_while_alpha_is_shown(show: Show) -> None:
    show.change(view="alpha")
    show.next()
    composite = show.pipeline.snapshot("composite")
    assert composite is not None
    shown = Rendered(composite, "composite", None, 1.0, {})
    assert show.is_composite(shown, NAVY)

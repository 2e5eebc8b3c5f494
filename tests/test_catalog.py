"""From an effect to its pipeline, and what importing the catalog must not cost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.screens import SKIN, TEAL, bust, drawn
from transforms import catalog
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
    NoMatting,
    PlateImage,
    PlateKey,
    Quality,
    ScreenKey,
)
from transforms.picture import Matrix, Picture, Size
from transforms.rgb import picture_from_rgb
from transforms.still import load_image

GREEN = Color.parse("00b140")
PLAIN = ColorBackground(Color.parse("204060"))
BT601 = Matrix.BT601


def green_picture() -> Picture:
    picture = Picture.blank(Size(64, 48), matrix=BT601, full_range=False)
    for plane, level in zip(picture.planes, BT601.to_ycbcr(GREEN, full_range=False), strict=True):
        plane.rows[:] = level
    return picture


@pytest.mark.parametrize("matting", [ScreenKey(GREEN), FfmpegKey(GREEN, 0.1, 0.05)])
def test_a_keyed_screen_is_all_background(matting: ScreenKey | FfmpegKey) -> None:
    rendered = catalog.pipeline(Effect(matting, PLAIN))(green_picture(), 0.0)
    assert rendered.shown == "composite"
    assert (rendered.picture.y.rows == BT601.to_ycbcr(PLAIN.color, full_range=False)[0]).all()


@pytest.mark.parametrize("quality", ["fast", "balanced", "best"])
@pytest.mark.parametrize("key", [ScreenKey(), ScreenKey(GREEN, exact=True), ScreenKey(shadow="keep")])
def test_a_screen_is_keyed_at_every_quality(key: ScreenKey, quality: Quality) -> None:
    made = catalog.pipeline(Effect(key, PLAIN, quality=quality))
    rendered = made(drawn(GREEN, SKIN, bust(), noise=1.0), 0.0)
    assert (rendered.shown, rendered.reason) == ("composite", None)
    shown = rendered.picture.y.rows.astype(np.float32)
    levels = [BT601.to_ycbcr(color, full_range=False)[0] for color in (PLAIN.color, SKIN)]
    assert (shown[0, 0], shown[60, 80]) == pytest.approx(levels, abs=6)


@pytest.mark.parametrize("plate", [FirstFrames(3), Learned()])
def test_a_plate_that_is_not_known_yet_lets_nothing_through(plate: FirstFrames | Learned) -> None:
    rendered = catalog.pipeline(Effect(PlateKey(plate), PLAIN))(drawn(TEAL, SKIN, bust(), noise=1.0), 0.0)
    assert rendered.shown == "cover"
    assert rendered.reason is not None
    assert rendered.reason.startswith("learning the plate")


def test_a_plate_from_a_file_is_the_background(tmp_path: Path) -> None:
    room = np.random.default_rng(5).integers(40, 200, (15, 20, 3)).astype(np.uint8)
    Image.fromarray(room).resize((160, 120), Image.Resampling.BICUBIC).save(tmp_path / "room.png")
    levels = load_image(tmp_path / "room.png")
    picture = picture_from_rgb(levels, matrix=BT601, full_range=False)
    made = catalog.pipeline(Effect(PlateKey(PlateImage(tmp_path / "room.png")), PLAIN))
    before = [plane.rows.copy() for plane in picture.planes]
    for time in range(3):
        rendered = made(picture, time / 30)
    assert rendered.shown == "composite"
    assert np.median(rendered.picture.y.rows) == BT601.to_ycbcr(PLAIN.color, full_range=False)[0]
    assert all((plane.rows == rows).all() for plane, rows in zip(picture.planes, before, strict=True))


def test_no_matting_passes_the_picture_through() -> None:
    picture = green_picture()
    rendered = catalog.pipeline(Effect(NoMatting(), PLAIN))(picture, 0.0)
    assert rendered.shown == "passthrough"
    assert (rendered.picture.y.rows == picture.y.rows).all()


def test_a_garbage_mask_hides_even_where_nothing_is_matted(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 255]], np.uint8).repeat(16, axis=0).repeat(16, axis=1)).save(tmp_path / "right.png")
    picture = green_picture()
    rendered = catalog.pipeline(Effect(NoMatting(), PLAIN, edge=Edge(garbage=tmp_path / "right.png")))(picture, 0.0)
    assert (rendered.picture.y.rows[:, :30] == picture.y.rows[:, :30]).all()
    assert (rendered.picture.y.rows[:, 34:] == BT601.to_ycbcr(PLAIN.color, full_range=False)[0]).all()


def test_the_effects_own_settings_reach_the_pipeline() -> None:
    edge = Edge(clip=(0.1, 0.9), shrink=1)
    made = catalog.pipeline(Effect(ScreenKey(GREEN), PLAIN, view="alpha", on_unsure="cover", edge=edge))
    assert (made.view, made.on_unsure, made.edge) == ("alpha", "cover", edge)


def test_what_cannot_work_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(EffectError, match=r"nothing\.png"):
        catalog.pipeline(Effect(ScreenKey(GREEN), ImageBackground(tmp_path / "nothing.png")))
    with pytest.raises(EffectError, match=r"plate .*nothing\.png is not there"):
        catalog.pipeline(Effect(PlateKey(PlateImage(tmp_path / "nothing.png")), PLAIN))
    with pytest.raises(EffectError, match=r"garbage mask .*nothing\.png is not there"):
        catalog.pipeline(Effect(ScreenKey(GREEN), PLAIN, edge=Edge(garbage=tmp_path / "nothing.png")))
    with pytest.raises(EffectError, match="808080 is too grey"):
        catalog.pipeline(Effect(ScreenKey(Color.parse("808080")), PLAIN))


@pytest.mark.parametrize(
    "effect", [None, Effect(NoMatting(), PLAIN), Effect(FfmpegKey(GREEN), PLAIN), Effect(PlateKey(Learned()), PLAIN)]
)
def test_warming_up_leaves_nothing_behind(effect: Effect | None) -> None:
    catalog.warm_up(effect)


def test_importing_the_catalog_loads_nothing_heavy() -> None:
    script = "import sys, transforms.effect, transforms.catalog; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numba", "numpy", "av", "PIL"} & set(loaded)


def test_after_warming_up_the_first_picture_loads_nothing() -> None:
    script = (
        "import sys; from transforms import catalog; from transforms.effect import *\n"
        "effect = Effect(ScreenKey(Color(0, 177, 64)), ColorBackground(Color(1, 2, 3)))\n"
        "catalog.warm_up(effect); before = set(sys.modules)\n"
        "from transforms.picture import *\n"
        "made = catalog.pipeline(effect)\n"
        "made(Picture.blank(Size(64, 48), matrix=Matrix.BT601, full_range=False), 0.0)\n"
        "print(*(set(sys.modules) - before))"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert loaded == []

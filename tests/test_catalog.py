"""From an effect to its pipeline, and what importing the catalog must not cost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from transforms import catalog
from transforms.effect import (
    Color,
    ColorBackground,
    Effect,
    EffectError,
    FfmpegKey,
    ImageBackground,
    NoMatting,
    ScreenKey,
)
from transforms.picture import Matrix, Picture, Size

GREEN = Color.parse("00b140")
PLAIN = ColorBackground(Color.parse("204060"))


def green_picture() -> Picture:
    picture = Picture.blank(Size(64, 48), matrix=Matrix.BT601, full_range=False)
    for plane, level in zip(picture.planes, Matrix.BT601.to_ycbcr(GREEN, full_range=False), strict=True):
        plane.rows[:] = level
    return picture


@pytest.mark.parametrize("matting", [ScreenKey(GREEN), FfmpegKey(GREEN, 0.1, 0.05)])
def test_a_keyed_screen_is_all_background(matting: ScreenKey | FfmpegKey) -> None:
    rendered = catalog.pipeline(Effect(matting, PLAIN))(green_picture(), 0.0)
    assert rendered.shown == "composite"
    assert (rendered.picture.y.rows == Matrix.BT601.to_ycbcr(PLAIN.color, full_range=False)[0]).all()


def test_no_matting_passes_the_picture_through() -> None:
    picture = green_picture()
    rendered = catalog.pipeline(Effect(NoMatting(), PLAIN))(picture, 0.0)
    assert rendered.shown == "passthrough"
    assert (rendered.picture.y.rows == picture.y.rows).all()


def test_the_effects_own_settings_reach_the_pipeline() -> None:
    made = catalog.pipeline(Effect(ScreenKey(GREEN), PLAIN, view="alpha", on_unsure="cover"))
    assert (made.view, made.on_unsure) == ("alpha", "cover")


def test_what_cannot_work_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(EffectError, match=r"nothing\.png"):
        catalog.pipeline(Effect(ScreenKey(GREEN), ImageBackground(tmp_path / "nothing.png")))
    with pytest.raises(EffectError, match="808080 is too grey"):
        catalog.pipeline(Effect(ScreenKey(Color.parse("808080")), PLAIN))


@pytest.mark.parametrize("effect", [None, Effect(NoMatting(), PLAIN), Effect(FfmpegKey(GREEN), PLAIN)])
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

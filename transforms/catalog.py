"""From an `Effect` to the pipeline that does it. Whatever is heavy is imported inside the functions that need it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from transforms import effect as effects

if TYPE_CHECKING:
    from transforms.background import Background
    from transforms.effect import Color, Effect, Quality, ScreenKey
    from transforms.key_color import KeyColor
    from transforms.matting import Matting
    from transforms.picture import Picture
    from transforms.pipeline import Pipeline

_WARM_UP = effects.Effect(effects.ScreenKey(effects.Color(0, 255, 0)), effects.ColorBackground(effects.Color(0, 0, 0)))
"""An effect that uses every kernel of a call but those of the other keyers."""


CONFIRMED = 5
"""Pictures after the first that confirm a colour or withdraw it."""


def pipeline(effect: Effect) -> Pipeline:
    """A pipeline for one stream; the caller closes it.

    Raises:
        EffectError: the key colour cannot be keyed, or the background cannot be read.
    """
    from transforms.pipeline import Pipeline

    return Pipeline(
        matting(effect),
        background(effect),
        view=effect.view,
        on_unsure=effect.on_unsure,
        shown="passthrough" if isinstance(effect.matting, effects.NoMatting) else "composite",
    )


def matting(effect: Effect) -> Matting:
    """The matting of an effect.

    Raises:
        EffectError: the key colour cannot be keyed, or the plate cannot be read.
    """
    match effect.matting:
        case effects.ScreenKey():
            return _screen_keyer(effect.matting, effect.quality)
        case effects.FfmpegKey(color, similarity, blend):
            from transforms.ffmpeg_key import FfmpegKeyer

            return FfmpegKeyer(color, similarity=similarity, blend=blend)
        case effects.PlateKey():
            raise effects.EffectError("a clean plate: not built yet in this version")
        case effects.NoMatting():
            from transforms.matting import Opaque

            return Opaque()


def _screen_keyer(key: ScreenKey, quality: Quality) -> Matting:
    """The estimate at full resolution; where speed is asked for, the relative key at a quarter of the time."""
    if quality == "fast" and key.color is not None:
        from transforms.relative_key import RelativeKeyer

        return RelativeKeyer(key.color)
    from transforms.screen import ScreenKeyer

    return ScreenKeyer(key.color)


def key_color(pictures: Iterable[Picture], *, seed: Color | None = None) -> KeyColor | None:
    """The key colour of a stream's screen as a call would find it by its first pictures; None where there is none.

    `seed`: where the search begins; None searches every hue.

    Raises:
        EffectError: the seed is too near to grey.
    """
    from transforms.cells import Cells, look
    from transforms.key_color import find_key_color, require_strong

    if seed is not None:
        require_strong(seed)
    cells, found = None, None
    for picture in islice(pictures, CONFIRMED + 1):
        if cells is None or cells.look != look(picture):
            cells = Cells(picture)
        cells.measure(picture)
        found, _ = find_key_color(cells, picture, seed=seed)
    return found


def background(effect: Effect) -> Background:
    """The background of an effect.

    Raises:
        EffectError: it cannot be read.
    """
    from transforms.background import color_background, image_background

    match effect.background:
        case effects.ImageBackground(path):
            return image_background(path)
        case effects.ColorBackground(color):
            return color_background(color)


def warm_up(effect: Effect | None = None) -> None:
    """Import, compile and load what an effect uses, or all there is, so that the first picture waits for nothing.

    Raises:
        EffectError: as `pipeline`.
    """
    from transforms.picture import Matrix, Picture, Size

    if effect is None:
        warm_up(_WARM_UP)
        from transforms import ffmpeg_key, relative_key  # noqa: F401

        return
    warmed = pipeline(effect)
    picture = Picture.blank(Size(64, 64), matrix=Matrix.BT601, full_range=False)
    warmed(picture, 0.0)
    warmed.cover(picture, 1.0)
    warmed.close()

"""From an `Effect` to the pipeline that does it. Whatever is heavy is imported inside the functions that need it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transforms import effect as effects

if TYPE_CHECKING:
    from transforms.background import Background
    from transforms.effect import Effect, Quality, ScreenKey
    from transforms.matting import Matting
    from transforms.pipeline import Pipeline

_WARM_UP = effects.Effect(effects.ScreenKey(effects.Color(0, 255, 0)), effects.ColorBackground(effects.Color(0, 0, 0)))
"""An effect that uses every kernel of a call but those of the other keyers."""


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

"""What a command line says about the picture, as the `Effect` that `transforms.catalog` builds."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from gateway.errors import ArgumentError
from gateway.options.configuration import not_built, shortened
from gateway.options.settings import Settings
from gateway.options.values import at_home
from transforms.effect import (
    Background,
    Color,
    ColorBackground,
    Edge,
    Effect,
    EffectError,
    FfmpegKey,
    ImageBackground,
    Learned,
    Matting,
    NoMatting,
    PlateKey,
    ScreenKey,
)

VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mpg")
"""What a moving background would be called; still to come."""

AUTO = ", or auto"
"""What a key colour may also be."""


def effect(settings: Settings, *, background: str, color: str | None, color_name: str = "COLOR") -> Effect:
    """The effect of `settings`, background and key colour as typed; `color_name` is how the user calls the latter.

    Raises:
        ArgumentError: one of them is wrong, or asks for what is not built yet.
    """
    return Effect(
        matting(settings, color, color_name),
        backdrop(background),
        quality=settings.quality,
        view=settings.view,
        on_unsure=settings.on_unsure,
        matrix=settings.matrix,
        edge=Edge(
            clip=settings.clip,
            shrink=settings.shrink,
            feather=settings.feather,
            despill=settings.despill,
            garbage=settings.garbage,
            holdout=settings.holdout,
        ),
    )


def matting(settings: Settings, color: str | None, color_name: str) -> Matting:
    """What `--matting` says; without it chroma where a colour is given, `auto` included, and plate where a plate is.

    Raises:
        ArgumentError: they contradict each other, or say nothing.
    """
    typed = None if color == "-" else color
    key = None if typed in (None, "auto") else parse_color(typed or "", color_name, otherwise=AUTO)
    kind = settings.matting or _implied(settings, typed, color_name)
    if kind == "none":
        return NoMatting()
    _check_belonging(settings, kind)
    if kind == "plate":
        return PlateKey(settings.plate or Learned(), settings.shadow or "remove")
    return _key(settings, key, color_name)


def _implied(settings: Settings, typed: str | None, color_name: str) -> Literal["chroma", "plate"]:
    """The matting that a colour or a plate means where no other word is said."""
    if settings.plate is None and typed is None:
        what = not_built(f"no {color_name}, which means a matting chosen by itself")
        raise ArgumentError(f"{what}: give auto, a colour such as 2a6a84, or --matting plate")
    if settings.plate is not None and typed is not None:
        raise ArgumentError(f"--plate beside {color_name} {typed}: expected one of the two, or --matting plate")
    return "chroma" if settings.plate is None else "plate"


def _check_belonging(settings: Settings, kind: str) -> None:
    """Refuse what would play no part."""
    owners = {"keyer": "chroma", "similarity": "chroma", "blend": "chroma", "exact_color": "chroma", "plate": "plate"}
    for name, owner in owners.items():
        value = getattr(settings, name)
        if owner != kind and value is not None and value is not False:  # 0 is given, too
            raise ArgumentError(f"--{name.replace('_', '-')} belongs to --matting {owner}, not to --matting {kind}")


def backdrop(typed: str) -> Background:
    """`color:RRGGBB` or an image file; whether that can be read is for `transforms.catalog` to say."""
    kind, _, value = typed.partition(":")
    if kind == "color":
        return ColorBackground(parse_color(value, "BACKGROUND color:"))
    if kind == "blur":
        raise ArgumentError(not_built(f"BACKGROUND {shortened(typed)}"))
    if Path(typed).suffix.lower() in VIDEO_SUFFIXES:
        raise ArgumentError(f"{not_built(f'BACKGROUND {shortened(typed)}, a video')}: give an image or color:RRGGBB")
    return ImageBackground(at_home(typed))


def parse_color(typed: str, name: str, *, otherwise: str = "") -> Color:
    """A colour in hexadecimal digits; `name` is how the user calls it, `otherwise` what else might have stood there.

    Raises:
        ArgumentError: it is none.
    """
    try:
        return Color.parse(typed)
    except EffectError as error:
        raise ArgumentError(f"{name} {error}{otherwise}") from error


def _key(settings: Settings, color: Color | None, color_name: str) -> ScreenKey | FfmpegKey:
    asked = {"similarity": settings.similarity, "blend": settings.blend}
    given = {name: value for name, value in asked.items() if value is not None}
    if settings.keyer == "ffmpeg" or (settings.keyer is None and given):
        return _ffmpeg_key(settings, color, given, color_name)
    if given:
        raise ArgumentError(f"--{next(iter(given))} belongs to --keyer ffmpeg, not to --keyer {settings.keyer}")
    if settings.exact_color and color is None:
        raise ArgumentError(f"--exact-color: expected a typed {color_name} such as 2a6a84 beside it")
    return ScreenKey(color, settings.exact_color, settings.shadow or "remove")


def _ffmpeg_key(settings: Settings, color: Color | None, given: dict[str, float], color_name: str) -> FfmpegKey:
    if color is None:
        raise ArgumentError(f"{color_name} auto: --keyer ffmpeg needs a typed one; changebg keycolor finds it")
    if settings.shadow is not None:
        raise ArgumentError("--shadow belongs to --keyer unmix, not to --keyer ffmpeg")
    return FfmpegKey(color, **given)
